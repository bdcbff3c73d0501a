"""Words for sets of entries, rules and grants."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connection, models
from django.db.models import Case, Exists, OuterRef, Q, When

from accounts.roles import MANAGERS, READERS
from accounts.scope import within

if TYPE_CHECKING:
    from accounts.models import Courier, User


class EntryQuerySet(models.QuerySet):
    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(account__kind="courier", account__owner_id=courier.pk)


class HoldQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(resolved_at=None)

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(account__kind="courier", account__owner_id=courier.pk)


class RefusedAwardQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(_courier_within(user, *READERS))


class RuleQuerySet(models.QuerySet):
    def valid(self, at: datetime) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)

    def unpaid(self, at: datetime, events: Iterable[str]) -> list[str]:
        """Those of `events` by which nothing is earned at `at`, in their order: no rule of theirs is valid."""
        paid = set(self.valid(at).order_by().values_list("event", flat=True))
        return [event for event in events if event not in paid]

    def with_running(self, at: datetime) -> Self:
        """Each valid one with `is_running`: whether it is the newest valid version, by which its event earns."""
        valid = type(self)(self.model, using=self.db).valid(at)
        newer = valid.filter(event=OuterRef("event"), version__gt=OuterRef("version"))
        return self.annotate(is_running=~Exists(newer))


class GrantQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(_courier_within(user, *READERS))

    def decidable_by(self, user: "User") -> Self:
        """What waits for exactly this person: in the scope where he manages, neither written by him nor to him."""
        return self.filter(_decidable(user))

    def for_reader(self, user: "User") -> Self:
        """In scope, with `decidable`: may `user` approve or reject it now? And with all that showing one asks for."""
        found = self.in_scope(user).select_related("courier__user", "by", "decided_by", "taken_back_by")
        return found.annotate(decidable=Case(When(_decidable(user), then=True), default=False))

    def counted(self, by: "User", start: datetime, end: datetime) -> Self:
        """What a clerk gave in a span of time, posted or waiting."""
        return self.filter(by=by, at__gte=start, at__lt=end, state__in=["posted", "pending"])

    def total(self) -> int:
        return self.aggregate(points=models.Sum("points"))["points"] or 0

    def reserve_id(self) -> int:
        """The next id, known before the row is written: the transfer names it, and the row names the transfer."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('points_grant', 'id'))")
            reserved: int = cursor.fetchone()[0]
        return reserved


def _courier_within(user: "User", *roles: str) -> Q:
    """Rows of couriers of outlets in the subtree; without an outlet the street of registration counts."""
    return within(user, "courier__outlet__organisation", *roles) | (
        Q(courier__outlet=None) & within(user, "courier__street", *roles)
    )


def _decidable(user: "User") -> Q:
    return _courier_within(user, *MANAGERS) & Q(state="pending") & ~Q(by=user) & ~Q(courier=user.pk)
