"""Who came to a station, what was refused there, and which of its posters counts."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import Courier
from points.models import Transfer
from stations.models.places import Station
from stations.querysets import CheckInsQuerySet, VisitQuerySet

SAME_VISIT = timedelta(minutes=30)
"""A check-in so soon after the first one at the same station belongs to that visit."""


class Way(models.TextChoices):
    POSTER = "poster", "海报"
    COUNTER = "counter", "柜台"


class Near(models.TextChoices):
    """Whether the courier was within 300 m: all that is ever kept of a position."""

    YES = "yes", "在站"
    NO = "no", "不在附近"
    UNKNOWN = "unknown", "未定位"


def only(column: str) -> Func:
    """A number as a range of itself, since GiST compares ranges without an extension and numbers only with one."""
    return Func(F(column), F(column), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


class Visit(models.Model):
    """One courier at one station, from his first check-in there until 30 minutes later.

    Of a visit whose courier has closed his account only station, day and hour are left (`services.visits.forget`).
    """

    station = models.ForeignKey(Station, models.PROTECT, related_name="visits", verbose_name="蜂巢")
    courier = models.ForeignKey(Courier, models.PROTECT, null=True, related_name="visits", verbose_name="快递小哥")
    at = models.DateTimeField("时间")
    until = models.DateTimeField("同一次到站截至")
    day = models.DateField("日期")
    way = models.CharField("方式", max_length=8, choices=Way)
    near = models.CharField("定位", max_length=8, choices=Near)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    points = models.PositiveIntegerField("积分", default=0)
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, null=True, blank=True, related_name="visit", verbose_name="记账流水"
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = "到站记录"
        verbose_name_plural = "到站记录"
        constraints = [
            models.CheckConstraint(condition=Q(way__in=Way.values), name="visit_way_known"),
            models.CheckConstraint(condition=Q(near__in=Near.values), name="visit_near_known"),
            models.CheckConstraint(condition=Q(until=F("at") + SAME_VISIT), name="visit_lasts_half_an_hour"),
            models.CheckConstraint(
                condition=Q(way=Way.COUNTER, by__isnull=False) | Q(way=Way.POSTER, by=None),
                name="visit_by_whom_at_counter",
            ),
            models.CheckConstraint(
                condition=Q(by=None) | Q(courier=None) | ~Q(by=F("courier")), name="visit_by_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(courier=None, transfer=None)
                | Q(points=0, transfer=None)
                | Q(near=Near.YES, points__gt=0, transfer__isnull=False),
                name="visit_earns_when_near",
            ),
            ExclusionConstraint(
                name="visit_once_in_half_an_hour",
                expressions=[
                    (only("courier"), RangeOperators.OVERLAPS),
                    (only("station"), RangeOperators.OVERLAPS),
                    (Func("at", "until", function="tstzrange", output_field=DateTimeRangeField()),
                     RangeOperators.OVERLAPS),
                ],
                condition=Q(courier__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["day", "station"], name="visit_footfall"),
            models.Index(fields=["courier", "-at"], name="visit_of_courier"),
            models.Index(fields=["-at"], name="visit_newest"),  # the staff's list
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"到站 {self.pk}"


class RefusedCheckIn(models.Model):
    """A check-in that a rule refused: a forged, foreign or outdated poster, a frozen account, a worker for himself."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="+", verbose_name="蜂巢")
    courier = models.ForeignKey(Courier, models.PROTECT, null=True, related_name="+", verbose_name="快递小哥")
    at = models.DateTimeField("时间")
    way = models.CharField("方式", max_length=8, choices=Way)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    code = models.CharField("原因代码", max_length=40)
    detail = models.CharField("说明", max_length=200)

    objects = CheckInsQuerySet.as_manager()

    class Meta:
        verbose_name = "未成功的签到"
        verbose_name_plural = "未成功的签到"
        indexes = [models.Index(fields=["station", "-at"], name="refused_check_in_of_day")]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="only_the_person_goes", exclude=["courier"]),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"


class PosterRenewal(models.Model):
    """Since `at` only posters of `version` count at the station. Without a row those of version 1 do."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="poster_renewals", verbose_name="蜂巢")
    version = models.PositiveIntegerField("版本")
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = "海报更换"
        verbose_name_plural = "海报更换"
        constraints = [
            models.UniqueConstraint(fields=["station", "version"], name="poster_version_once"),
            models.CheckConstraint(condition=Q(version__gt=1), name="poster_version_after_the_first"),
            models.CheckConstraint(condition=~Q(reason=""), name="poster_renewed_for_a_reason"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.station_id} v{self.version}"
