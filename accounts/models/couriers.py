"""Couriers, and the titles they are given."""

from django.conf import settings
from django.db import models

from accounts.models.organisations import Organisation
from accounts.models.outlets import Outlet
from accounts.querysets import CourierQuerySet


class Courier(models.Model):
    """The courier side of a user: where he rides, whether he is registered, verified, frozen.

    He has the id of his user: a program that learnt one of the two from the API can use it for both.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="courier", verbose_name="用户"
    )
    outlet = models.ForeignKey(
        Outlet, models.PROTECT, null=True, blank=True, related_name="couriers", verbose_name="网点"
    )
    street = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记街道"
    )
    registered_at = models.DateTimeField("登记时间", null=True, blank=True, editable=False)
    consent_version = models.CharField("已同意的隐私说明", max_length=16, blank=True, editable=False)
    consent_at = models.DateTimeField("同意时间", null=True, blank=True, editable=False)
    verified_at = models.DateTimeField("核验时间", null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name="核验人",
    )
    frozen_at = models.DateTimeField("冻结时间", null=True, blank=True, editable=False)

    objects = CourierQuerySet.as_manager()

    class Meta:
        verbose_name = "快递小哥"
        verbose_name_plural = "快递小哥"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(registered_at=None) | ~models.Q(consent_version=""),
                name="courier_registered_with_consent",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None) | models.Q(registered_at__isnull=False),
                name="courier_verified_after_registration",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def id(self) -> int:
        return self.user_id

    @property
    def is_registered(self) -> bool:
        return self.registered_at is not None

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    @property
    def state(self) -> str:
        if self.is_frozen:
            return "frozen"
        if self.is_verified:
            return "verified"
        return "registered" if self.is_registered else "unregistered"


class Honour(models.Model):
    """A title that a courier was given for a year, such as 优秀快递员."""

    courier = models.ForeignKey(Courier, models.CASCADE, related_name="honours", verbose_name="快递小哥")
    title = models.CharField("荣誉", max_length=30)
    year = models.PositiveSmallIntegerField("年度")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name="登记人"
    )
    at = models.DateTimeField("登记时间", editable=False)

    class Meta:
        verbose_name = "荣誉"
        verbose_name_plural = "荣誉"
        constraints = [
            models.UniqueConstraint(fields=["courier", "title", "year"], name="honour_once_a_year"),
            models.CheckConstraint(condition=~models.Q(title=""), name="honour_has_a_title"),
            models.CheckConstraint(condition=models.Q(year__range=(2000, 2100)), name="honour_year_plausible"),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.title}"
