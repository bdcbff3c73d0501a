"""What signing in leaves in the database: SMS challenges, tokens, the codes that couriers show."""

from django.db import models
from knox.models import AbstractAuthToken

from accounts.models.couriers import Courier


class SmsChallenge(models.Model):
    """The state of SMS sign-in for one number, kept whether or not the number has an account: both look alike.

    One row per number and always read under its lock, so every limit is exact however many requests arrive at once.
    """

    phone_hash = models.CharField(max_length=64, primary_key=True)
    code_hash = models.CharField(max_length=64, blank=True)  # empty: used, or never sent
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    guesses = models.PositiveSmallIntegerField(default=0)  # of the present code
    unanswered = models.PositiveSmallIntegerField(default=0)  # codes sent since the last sign-in: the pause grows
    day = models.DateField(null=True)  # the Shanghai day that the next two count
    sent_today = models.PositiveSmallIntegerField(default=0)
    guessed_today = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "短信验证"
        verbose_name_plural = "短信验证"
        indexes = [models.Index(fields=["sent_at"], name="smschallenge_sent_at")]  # read by services.signin.forget

    def __str__(self) -> str:
        return self.phone_hash[:8]


class Token(AbstractAuthToken):
    """A bearer token. `staff` says that a second factor was given for it; without it no role counts."""

    staff = models.BooleanField(default=False)

    class Meta:
        verbose_name = "访问令牌"
        verbose_name_plural = "访问令牌"


class CourierCode(models.Model):
    """Six digits on a courier's screen. The digits are the key, so two live codes can never be the same."""

    digits = models.CharField(max_length=6, primary_key=True)
    courier = models.ForeignKey(Courier, models.CASCADE, related_name="codes")
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "动态码"
        verbose_name_plural = "动态码"
        # read by services.codes.current, and by forget
        indexes = [
            models.Index(fields=["courier", "-issued_at"], name="couriercode_newest"),
            models.Index(fields=["issued_at"], name="couriercode_issued_at"),
        ]

    def __str__(self) -> str:
        return self.digits
