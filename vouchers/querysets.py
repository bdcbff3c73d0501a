"""Words for sets of programmes, vouchers and bookings."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.roles import Role
from accounts.scope import within
from fengchao.core import clock
from vouchers.states import LAPSING_BEFORE, LIVE, REMINDED_BEFORE, SERVED, Outcome, VoucherState

if TYPE_CHECKING:
    from accounts.models import Courier, User

DISTRICT = (Role.DISTRICT_ADMIN, Role.AUDITOR)


def _reached(user: "User") -> Q:
    return within(user, "programme__organisation", *DISTRICT) | _of_his_riders(user)


def _of_his_riders(user: "User") -> Q:
    return within(user, "courier__outlet__organisation", Role.OUTLET_MANAGER) | within(
        user, "courier__outlet__enterprise__organisation", Role.OUTLET_MANAGER
    )


def _fits(courier: "Courier") -> Q:
    """Programmes that `services.issuing.refuse_ineligible` would not refuse him; places are not counted."""
    place = courier.outlet.organisation if courier.outlet else courier.street
    path, step = (place.path, type(place).steplen) if place else ("", 1)
    above = [path[:end] for end in range(step, len(path) + 1, step)]
    verified = Q() if courier.is_verified else Q(needs_verified=False)
    honoured = Q(needs_honour="") | Q(needs_honour__in=courier.honours.values("title"))
    served = courier.vouchers.filter(state__in=SERVED).exclude(programme=OuterRef("pk"))
    places = Q(allotments=None) | (Q(allotments__enterprise=courier.outlet.enterprise_id) if courier.outlet else Q())
    return (
        Q(organisation__path__in=above) & verified & honoured & places & (Q(excludes_served=False) | ~Q(Exists(served)))
    )


class ProgrammeQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """What the district and its auditors read, and what a centre gives."""
        return self.filter(within(user, "organisation", *DISTRICT) | within(user, "centre", Role.CLINIC))

    def managed_by(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", Role.DISTRICT_ADMIN))

    def running(self, at: datetime) -> Self:
        today = clock.shanghai_day(at)
        return self.filter(is_active=True, valid_from__lte=today, valid_until__gte=today)

    def for_courier(self, courier: "Courier", at: datetime) -> Self:
        """The running ones of his district that he has a card of, or that ask nothing he does not fulfil."""
        return self.running(at).filter(Q(pk__in=courier.vouchers.values("programme")) | _fits(courier))

    def with_slots_for(self, user: "User") -> Self:
        """Whose times he may read: the district, the centre, and who has a card."""
        mine = self.filter(vouchers__courier=user.pk).values("pk")
        return self.filter(
            within(user, "organisation", *DISTRICT) | within(user, "centre", Role.CLINIC) | Q(pk__in=mine)
        )


class WaitingQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "programme__organisation", *DISTRICT))

    def in_turn(self) -> Self:
        return self.order_by("at", "pk")


class VoucherQuerySet(models.QuerySet):
    def shown(self) -> Self:
        """With what every page and rule asks of a voucher."""
        return self.select_related("programme__centre", "programme__organisation", "courier__user", "enterprise")

    def with_bookings(self) -> Self:
        """For lists in which each row says when it is booked and what its reader may do."""
        return self.prefetch_related("bookings__slot")

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def usable(self, at: datetime) -> Self:
        """Live, and not past its last day before the clock has said so."""
        return self.live().filter(valid_until__gte=clock.shanghai_day(at))

    def in_scope(self, user: "User") -> Self:
        """What the district and its auditors read; an outlet manager those of his couriers. The centre's are
        `at_centre`."""
        return self.filter(_reached(user))

    def of_riders_of(self, user: "User") -> Self:
        """Those of the couriers whose outlets `user` manages."""
        return self.filter(_of_his_riders(user))

    def managed_by(self, user: "User") -> Self:
        """What `user` issues and voids."""
        return self.filter(within(user, "programme__organisation", Role.DISTRICT_ADMIN))

    def at_centre(self, user: "User") -> Self:
        """What can be shown at a centre of `user`."""
        return self.filter(within(user, "programme__centre", Role.CLINIC))

    def booked_on(self, day: date) -> Self:
        """With a place on that day, used or still to be used."""
        start, end = clock.day_bounds(day)
        return self.filter(
            bookings__slot__starts_at__gte=start, bookings__slot__starts_at__lt=end,
            bookings__outcome__in=["", Outcome.KEPT], state__in=[VoucherState.BOOKED, VoucherState.CHECKED_IN, *SERVED],
        )  # fmt: skip

    def listed_for(self, user: "User", day: date) -> Self:
        """His own, what is in scope, and what his centre expects on `day`."""
        expected = self.at_centre(user).booked_on(day).values("pk")
        return self.filter(Q(courier=user.pk) | _reached(user) | Q(pk__in=expected))

    def readable_by(self, user: "User") -> Self:
        """His own, what is in scope, and what can be shown at his centre."""
        return self.filter(Q(courier=user.pk) | _reached(user) | within(user, "programme__centre", Role.CLINIC))

    def to_expire(self, at: datetime) -> Self:
        return self.filter(state=VoucherState.ISSUED, valid_until__lt=clock.shanghai_day(at))

    def lapsing(self, at: datetime) -> Self:
        """Not booked yet, and worth nothing in a fortnight."""
        today = clock.shanghai_day(at)
        soon = {"valid_until__gte": today, "valid_until__lt": today + LAPSING_BEFORE}
        return self.filter(state=VoucherState.ISSUED, **soon)

    def to_complete(self, at: datetime) -> Self:
        """Checked in on a day that is over."""
        today, _ = clock.day_bounds(clock.shanghai_day(at))
        return self.filter(state=VoucherState.CHECKED_IN, checked_in_at__lt=today)


class SlotQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "programme__organisation", *DISTRICT))

    def bookable(self, at: datetime) -> Self:
        """Not begun, not closed; full ones too, for those who want to wait."""
        return self.filter(starts_at__gt=at, is_closed=False).order_by("starts_at")

    def with_room(self) -> Self:
        return self.filter(booked__lt=F("capacity"))


class BookingQuerySet(models.QuerySet):
    def live(self) -> Self:
        return self.filter(outcome="")

    def at_centre(self, user: "User") -> Self:
        return self.filter(within(user, "voucher__programme__centre", Role.CLINIC))

    def expected_on(self, day: date) -> Self:
        """Who was booked for this day, whether he came or not."""
        start, end = clock.day_bounds(day)
        return self.exclude(outcome=Outcome.CANCELLED).filter(slot__starts_at__gte=start, slot__starts_at__lt=end)

    def to_miss(self, at: datetime) -> Self:
        """Whose day is over and nobody came."""
        today, _ = clock.day_bounds(clock.shanghai_day(at))
        return self.live().filter(voucher__state=VoucherState.BOOKED, slot__starts_at__lt=today)

    def to_remind(self, at: datetime) -> Self:
        return self.live().filter(reminded_at=None, slot__starts_at__gt=at, slot__starts_at__lte=at + REMINDED_BEFORE)
