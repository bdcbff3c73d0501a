"""A visit to an outlet, what was needed there, and the outlets as the board of visits sees them."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Courier, Organisation, Outlet
from activities.care_querysets import CareVisitQuerySet, NeedQuerySet, VisitedOutletQuerySet
from activities.care_states import (
    BECAME,
    CARE_TONES,
    MOST_REACHED,
    NEED_TONES,
    CareState,
    Contact,
    NeedState,
)


class CareVisit(models.Model):
    """Somebody of an organisation goes to an outlet: planned, then done or cancelled. `activities.services.care` alone
    changes it."""

    outlet = models.ForeignKey(
        Outlet, models.PROTECT, related_name="care_visits", verbose_name="网点", db_index=False
    )  # fmt: skip
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="走访单位", db_index=False
    )
    planned_on = models.DateField("计划日期")
    route = models.CharField("路线", max_length=30, blank=True)
    position = models.PositiveSmallIntegerField("路线中的次序", default=0)
    visitors = models.CharField("走访人员", max_length=100, blank=True)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="安排人", db_index=False
    )
    planned_at = models.DateTimeField("安排时间")
    state = models.CharField("状态", max_length=10, choices=CareState, default=CareState.PLANNED)
    visited_at = models.DateTimeField("到访时间", null=True, blank=True)
    contact = models.CharField("见到了吗", max_length=10, choices=Contact, blank=True)
    couriers_reached = models.PositiveSmallIntegerField("慰问人数", default=0)
    notes = models.TextField("情况", max_length=1000, blank=True)
    cancel_reason = models.CharField("取消原因", max_length=200, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="登记人", db_index=False,
    )  # fmt: skip
    ended_at = models.DateTimeField("登记时间", null=True, blank=True)

    objects = CareVisitQuerySet.as_manager()

    class Meta:
        verbose_name = "走访"
        verbose_name_plural = "走访"
        constraints = [
            models.UniqueConstraint(
                fields=["outlet", "organisation", "planned_on"], condition=Q(state=CareState.PLANNED),
                name="care_one_plan_a_day",
            ),
            models.CheckConstraint(condition=Q(state__in=CareState.values), name="care_state_known"),
            models.CheckConstraint(condition=Q(contact__in=["", *Contact.values]), name="care_contact_known"),
            models.CheckConstraint(
                condition=Q(state=CareState.DONE, visited_at__isnull=False, visited_at__lte=F("ended_at"))
                & ~Q(contact="")
                | ~Q(state=CareState.DONE) & Q(visited_at=None, contact="", couriers_reached=0, notes=""),
                name="care_done_has_its_time_and_contact",
            ),
            models.CheckConstraint(
                condition=Q(state=CareState.PLANNED, ended_at=None, ended_by=None)
                | ~Q(state=CareState.PLANNED) & Q(ended_at__isnull=False, ended_by__isnull=False),
                name="care_over_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state=CareState.CANCELLED) & ~Q(cancel_reason="")
                | ~Q(state=CareState.CANCELLED) & Q(cancel_reason=""),
                name="care_cancelled_says_why",
            ),
            models.CheckConstraint(
                condition=Q(contact=Contact.MET) | Q(couriers_reached=0), name="care_nobody_met_nobody_reached"
            ),
            models.CheckConstraint(condition=Q(couriers_reached__lte=MOST_REACHED), name="care_reached_plausible"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["organisation", "state", "planned_on"], name="care_of_organisation"),  # the desk
            models.Index(fields=["outlet", "-planned_on"], name="care_of_outlet"),
            # The board: who was met where and when.
            models.Index(
                fields=["outlet", "visited_at"], condition=Q(state="done", contact="met"), name="care_met",
                include=["couriers_reached"],
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.ReadOnly(
                name="plan_stays", fields=["outlet", "organisation", "planned_on", "planned_by", "planned_at"]
            ),
            pgtrigger.Protect(
                name="over_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="planned"),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.planned_on} {self.outlet}"

    def get_absolute_url(self) -> str:
        return reverse("desk_care_visit", args=[self.pk])

    @property
    def tone(self) -> str:
        return CARE_TONES[CareState(self.state)]

    @property
    def is_planned(self) -> bool:
        return self.state == CareState.PLANNED

    @property
    def is_done(self) -> bool:
        return self.state == CareState.DONE

    @property
    def met_somebody(self) -> bool:
        return self.contact == Contact.MET


class Need(models.Model):
    """Something that was needed where visitors came. It becomes a wish or a report, or is settled in words; its courier
    is one who showed his code."""

    visit = models.ForeignKey(CareVisit, models.PROTECT, related_name="needs", verbose_name="走访")
    text = models.CharField("需要什么", max_length=300, blank=True)
    courier = models.ForeignKey(
        Courier, models.PROTECT, null=True, blank=True, related_name="needs", verbose_name="快递小哥"
    )
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False
    )
    raised_at = models.DateTimeField("登记时间")
    state = models.CharField("状态", max_length=10, choices=NeedState, default=NeedState.OPEN)
    became_key = models.CharField("转成了哪一个", max_length=20, blank=True)
    outcome = models.CharField("怎么解决的", max_length=300, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="办理人", db_index=False,
    )  # fmt: skip
    ended_at = models.DateTimeField("办理时间", null=True, blank=True)
    erased_at = models.DateTimeField("文字已删除", null=True, blank=True)

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = "走访中的需要"
        verbose_name_plural = "走访中的需要"
        constraints = [
            models.UniqueConstraint(
                fields=["state", "became_key"], condition=~Q(became_key=""), name="need_became_one_thing_once"
            ),
            models.CheckConstraint(condition=Q(state__in=NeedState.values), name="need_state_known"),
            models.CheckConstraint(condition=~Q(text="") | Q(erased_at__isnull=False), name="need_says_what"),
            models.CheckConstraint(
                condition=Q(state__in=BECAME) & ~Q(became_key="") | ~Q(state__in=BECAME) & Q(became_key=""),
                name="need_became_something",
            ),
            models.CheckConstraint(
                condition=Q(state=NeedState.OPEN, ended_at=None, ended_by=None)
                | ~Q(state=NeedState.OPEN) & Q(ended_at__isnull=False, ended_by__isnull=False),
                name="need_over_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state=NeedState.SETTLED) & (~Q(outcome="") | Q(erased_at__isnull=False))
                | ~Q(state=NeedState.SETTLED) & Q(outcome=""),
                name="need_settled_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["raised_at"], condition=Q(state="open"), name="need_open"),  # what waits
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["visit", "raised_by", "raised_at"]),
            pgtrigger.Protect(
                name="over_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="open")
                & (
                    ~pgtrigger.Q(new__state=pgtrigger.F("old__state"))
                    | ~pgtrigger.Q(new__became_key=pgtrigger.F("old__became_key"))
                ),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.text or f"需要 {self.pk}"

    @property
    def tone(self) -> str:
        return NEED_TONES[NeedState(self.state)]

    @property
    def is_open(self) -> bool:
        return self.state == NeedState.OPEN


class VisitedOutlet(Outlet):
    """An outlet on the board of visits."""

    objects: ClassVar[Any] = VisitedOutletQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = "走访进度"
        verbose_name_plural = "走访进度"
