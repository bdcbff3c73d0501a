"""Words for sets of activities, enrolments and deeds."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When

from accounts.roles import COUNTER_STAFF, Role
from accounts.scope import within
from activities.states import (
    ACTIVE,
    FINISHED_AFTER,
    PUBLIC,
    REMINDED_BEFORE,
    ActivityState,
    DeedState,
    EnrolmentState,
)
from fengchao.core import clock

if TYPE_CHECKING:
    from accounts.models import Courier, User

READING = (*COUNTER_STAFF, Role.AUDITOR)


class ActivityQuerySet(models.QuerySet):
    def shown(self) -> Self:
        """With what every page and rule asks of an activity."""
        return self.select_related("organisation", "station", "by")

    def public(self) -> Self:
        return self.filter(state__in=PUBLIC)

    def in_scope(self, user: "User") -> Self:
        """What its organisers and their auditors read, those who only help included."""
        own = self.filter(within(user, "organisation", *READING)).values("pk")
        helped = self.filter(within(user, "hosts", *READING)).exclude(state=ActivityState.DRAFT).values("pk")
        return self.filter(Q(pk__in=own) | Q(pk__in=helped))

    def organised_by(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *COUNTER_STAFF))

    def readable_by(self, user: "User | None") -> Self:
        """What is public; to a courier also what he had a part in; to organisers their own."""
        if user is None:
            return self.public()
        mine = self.exclude(state=ActivityState.DRAFT).filter(enrolments__courier=user.pk).values("pk")
        own = self.in_scope(user).values("pk")
        return self.filter(Q(state__in=PUBLIC) | Q(pk__in=mine) | Q(pk__in=own))

    def coming(self, at: datetime) -> Self:
        """Published or under way, soonest first."""
        return self.filter(state__in=ACTIVE, ends_at__gt=at).order_by("starts_at", "pk")

    def over(self) -> Self:
        return self.filter(state=ActivityState.DONE).order_by("-starts_at", "-pk")

    def with_room(self) -> Self:
        return self.filter(taken__lt=F("capacity"))

    def to_start(self, at: datetime) -> Self:
        return self.filter(state=ActivityState.PUBLISHED, starts_at__lte=at)

    def to_finish(self, at: datetime) -> Self:
        return self.filter(state=ActivityState.RUNNING, ends_at__lte=at - FINISHED_AFTER)


class EnrolmentQuerySet(models.QuerySet):
    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "activity__organisation", *READING))

    def waiting_in_turn(self) -> Self:
        return self.filter(state=EnrolmentState.WAITING).order_by("at", "pk")

    def with_turn(self) -> Self:
        """Each with `turn`: which he is among those who wait, from 1; None for one who has a place."""
        before = Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lte=OuterRef("pk"))
        waiting = self.model._default_manager.filter(
            before, activity=OuterRef("activity"), state=EnrolmentState.WAITING
        )
        counted = waiting.order_by().values("activity").annotate(n=Count("pk")).values("n")
        return self.annotate(turn=Case(When(state=EnrolmentState.WAITING, then=Subquery(counted))))

    def confirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=False)

    def to_confirm(self) -> Self:
        """Was there, and nobody has said so yet."""
        return self.filter(state=EnrolmentState.ATTENDED, confirmed_at=None)

    def ahead(self, at: datetime) -> Self:
        """He has a place or waits for one in what is not over."""
        return self.filter(
            state__in=[EnrolmentState.ENROLLED, EnrolmentState.WAITING],
            activity__state__in=ACTIVE, activity__ends_at__gt=at,
        )  # fmt: skip

    def to_remind(self, at: datetime) -> Self:
        return self.filter(
            state=EnrolmentState.ENROLLED, reminded_at=None, activity__state=ActivityState.PUBLISHED,
            activity__starts_at__gt=at, activity__starts_at__lte=at + REMINDED_BEFORE,
        )  # fmt: skip


class DeedQuerySet(models.QuerySet):
    def shown(self) -> Self:
        return self.select_related("courier__user", "courier__outlet__enterprise", "organisation")

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *READING))

    def readable_by(self, user: "User") -> Self:
        """His own, and what he may review or audit."""
        return self.filter(Q(courier=user.pk) | within(user, "organisation", *READING))

    def reviewed_by(self, user: "User") -> Self:
        """What is `user`'s to review: never his own."""
        return self.filter(within(user, "organisation", *COUNTER_STAFF)).exclude(courier=user.pk)

    def to_review(self) -> Self:
        return self.filter(state=DeedState.SUBMITTED).order_by("told_at", "pk")

    def approved(self) -> Self:
        return self.filter(state=DeedState.APPROVED)

    def told_on(self, day: date) -> Self:
        start, end = clock.day_bounds(day)
        return self.filter(told_at__gte=start, told_at__lt=end)
