"""What organisations do with couriers, and who takes part."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Courier, Organisation
from activities.querysets import ActivityQuerySet, EnrolmentQuerySet
from activities.states import PLACED, ActivityKind, ActivityState, Came, EnrolmentState
from stations.models import Station

MOST_POINTS = 500
MOST_PLACES = 2000

_PLACED = ", ".join(f"'{state.value}'" for state in PLACED)

# Whoever writes an enrolment: the count of its activity follows, and its constraint refuses what would be one too many.
_COUNT = f"""
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IN ({_PLACED}) THEN
            UPDATE activities_activity SET taken = taken + 1 WHERE id = NEW.activity_id;
        END IF;
    ELSIF (OLD.state IN ({_PLACED})) <> (NEW.state IN ({_PLACED})) THEN
        UPDATE activities_activity SET taken = taken + (CASE WHEN NEW.state IN ({_PLACED}) THEN 1 ELSE -1 END)
        WHERE id = NEW.activity_id;
    END IF;
    RETURN NEW;
"""


class Activity(models.Model):
    """A deed task or an event. `organisation` publishes it, `hosts` do it with it. `taken` is kept by a trigger of the
    enrolments."""

    kind = models.CharField("类别", max_length=8, choices=ActivityKind)
    state = models.CharField("状态", max_length=10, choices=ActivityState, default=ActivityState.DRAFT, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="activities", verbose_name="主办")
    hosts = models.ManyToManyField(Organisation, related_name="+", blank=True, verbose_name="共办单位")
    title = models.CharField("名称", max_length=40)
    text = models.TextField("说明", max_length=1000, blank=True)
    station = models.ForeignKey(
        Station,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="蜂巢",
        help_text="在蜂巢里办就选它",
    )
    place = models.CharField("地点", max_length=120, blank=True)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    capacity = models.PositiveSmallIntegerField("名额")
    taken = models.PositiveSmallIntegerField("已报名", default=0, editable=False)
    points = models.PositiveSmallIntegerField("积分", default=0)
    contact = models.CharField("联系方式", max_length=60, blank=True)
    reason = models.CharField("取消原因", max_length=200, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)  # raised by each change a calendar must hear of
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name="创建人"
    )
    created_at = models.DateTimeField("创建时间", editable=False)
    updated_at = models.DateTimeField("更新时间", editable=False)
    is_example = models.BooleanField("示例", default=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "活动"
        verbose_name_plural = "活动"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="activity_has_a_title"),
            models.CheckConstraint(condition=Q(kind__in=ActivityKind.values), name="activity_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ActivityState.values), name="activity_state_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="activity_ends_after_start"),
            models.CheckConstraint(condition=Q(capacity__range=(1, MOST_PLACES)), name="activity_capacity_plausible"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="activity_taken_within_capacity"),
            models.CheckConstraint(
                condition=Q(points=0) | Q(kind=ActivityKind.DEED, points__lte=MOST_POINTS),
                name="activity_points_for_deeds",
            ),
            models.CheckConstraint(condition=Q(station__isnull=False) | ~Q(place=""), name="activity_is_somewhere"),
            models.CheckConstraint(
                condition=~Q(state=ActivityState.CANCELLED) | ~Q(reason=""), name="activity_cancelled_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["starts_at", "id"], name="activity_by_time")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activity", args=[self.pk])

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.taken)

    @property
    def minutes(self) -> int:
        """Of service, to whoever was there."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def where(self) -> str:
        return self.place or (self.station.name if self.station else "")


class Enrolment(models.Model):
    """A courier's part in an activity: one row for both, whatever he does. Attendance is confirmed by somebody else."""

    activity = models.ForeignKey(
        Activity, models.PROTECT, related_name="enrolments", verbose_name="活动", db_index=False
    )
    courier = models.ForeignKey(Courier, models.PROTECT, related_name="enrolments", verbose_name="快递小哥")
    state = models.CharField("状态", max_length=8, choices=EnrolmentState)
    at = models.DateTimeField("报名时间")  # of the last time he enrolled: his turn among those who wait
    came_at = models.DateTimeField("到场时间", null=True, blank=True)
    came_by = models.CharField("怎样签到", max_length=8, choices=Came, blank=True)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    points = models.PositiveSmallIntegerField("所得积分", default=0)
    reminded_at = models.DateTimeField("提醒时间", null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "报名"
        verbose_name_plural = "报名"
        constraints = [
            models.UniqueConstraint(fields=["activity", "courier"], name="enrolment_once"),
            models.CheckConstraint(condition=Q(state__in=EnrolmentState.values), name="enrolment_state_known"),
            models.CheckConstraint(
                condition=Q(state=EnrolmentState.ATTENDED, came_at__isnull=False) & ~Q(came_by="")
                | ~Q(state=EnrolmentState.ATTENDED) & Q(came_at=None, came_by=""),
                name="enrolment_attended_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(state=EnrolmentState.ATTENDED, confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="enrolment_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("courier")), name="enrolment_not_by_himself"
            ),
            models.CheckConstraint(
                condition=Q(points=0) | Q(confirmed_at__isnull=False), name="enrolment_points_when_confirmed"
            ),
        ]
        indexes = [models.Index(fields=["activity", "state", "at", "id"], name="enrolment_in_turn")]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["activity", "courier"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="counted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_COUNT,
            ),
            # Points and hours rest on it.
            pgtrigger.Protect(
                name="confirmed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False)
                & (
                    pgtrigger.Q(new__confirmed_at__df=pgtrigger.F("old__confirmed_at"))
                    | pgtrigger.Q(new__state__df=pgtrigger.F("old__state"))
                    | pgtrigger.Q(new__confirmed_by__df=pgtrigger.F("old__confirmed_by"))
                    | pgtrigger.Q(new__points__df=pgtrigger.F("old__points"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.courier}"

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None
