"""Days on which stations keep other hours than usual."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import COUNTER_STAFF, Role
from accounts.scope import within
from stations.models.places import Station

if TYPE_CHECKING:
    from django.db.models import QuerySet


class HoursOverrideQuerySet(models.QuerySet):
    def standing(self, day: date) -> Self:
        """Not withdrawn and not over before `day`, newest first."""
        return self.filter(withdrawn_at=None, last_day__gte=day).order_by("-pk")

    def in_scope(self, user: User) -> Self:
        """Those that concern a station whose staff `user` is, or which he audits."""
        through = HoursOverride.stations.through.objects.filter(hoursoverride=OuterRef("pk"))
        mine: QuerySet = through.filter(within(user, "station__organisation", *COUNTER_STAFF, Role.AUDITOR))
        return self.filter(Exists(mine))


class HoursOverride(models.Model):
    """Other hours for some stations, from a first day to a last, with the reason that couriers read.

    The newest that stands holds for a day, alone. A station closed for today is one with one station and one day.
    """

    class Kind(models.TextChoices):
        EXTENDED = "extended", "延长（在平时之外再开）"
        CHANGED = "changed", "调整（只按下面的时间）"
        CLOSED = "closed", "不开放"

    stations = models.ManyToManyField(Station, related_name="hours_overrides", verbose_name="蜂巢")
    kind = models.CharField("怎么调整", max_length=10, choices=Kind)
    hours = models.CharField("时间", max_length=200, blank=True, help_text="OSM 写法，如 18:00-22:00；不开放的留空")
    first_day = models.DateField("从")
    last_day = models.DateField("到", help_text="含这一天")
    reason = models.CharField("原因", max_length=60, help_text="快递小哥会看到，如：高温期间延长至 22:00")
    at = models.DateTimeField("登记时间")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name="撤销人", null=True, blank=True
    )

    objects = HoursOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = "临时开放时间"
        verbose_name_plural = "临时开放时间"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="closed", hours="") | (Q(kind__in=["extended", "changed"]) & ~Q(hours="")),
                name="hours_override_says_when",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")), name="hours_override_days_ordered"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hours_override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="hours_override_withdrawn_by_somebody",
            ),
        ]
        indexes = [
            # Read by every list of stations.
            models.Index(fields=["last_day"], name="hours_override_standing", condition=Q(withdrawn_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%m-%d} 至 {self.last_day:%m-%d} {self.reason}"
