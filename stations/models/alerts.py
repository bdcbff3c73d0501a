"""What the weather asks of couriers: staff say it, home shows it."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from accounts.roles import READERS
from accounts.scope import within

if TYPE_CHECKING:
    from accounts.models import User


class AlertQuerySet(models.QuerySet):
    def live(self, at: datetime) -> Self:
        """Shown at this moment, the newest first."""
        return self.filter(starts_at__lte=at, ends_at__gt=at).order_by("-starts_at", "-pk")

    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *READERS))


class Alert(models.Model):
    """A notice of heat or cold to the couriers of an organisation and all below it, for a span of time."""

    class Kind(models.TextChoices):
        HEAT = "heat", "高温"
        COLD = "cold", "低温"

    kind = models.CharField("类型", max_length=8, choices=Kind)
    text = models.CharField("内容", max_length=80, help_text="一句话，如：今天最高 39℃，多喝水，来蜂巢凉快一会儿。")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="alerts", verbose_name="范围")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = "天气提醒"
        verbose_name_plural = "天气提醒"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["heat", "cold"]), name="alert_kind_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="alert_ends_after_start"),
            models.CheckConstraint(condition=~Q(text=""), name="alert_says_something"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="alert_ends")]  # read by live(), at every home page

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text}"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "结束要晚于开始。"})
