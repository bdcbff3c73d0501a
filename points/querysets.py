"""Words for sets of entries, rules and grants."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connection, models
from django.db.models import Q

from accounts.roles import READERS
from accounts.scope import within

if TYPE_CHECKING:
    from accounts.models import Courier, User


class EntryQuerySet(models.QuerySet):
    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(account__kind="courier", account__owner_id=courier.pk)


class HoldQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(resolved_at=None)


class RuleQuerySet(models.QuerySet):
    def valid(self, at: datetime) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)


class GrantQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """Grants to couriers of outlets in the subtree; without an outlet the street of registration counts."""
        return self.filter(
            within(user, "courier__outlet__organisation", *READERS)
            | (Q(courier__outlet=None) & within(user, "courier__street", *READERS))
        )

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
