"""Words for sets of gifts and redemptions."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Substr

from accounts.roles import COUNTER_STAFF, MANAGERS, READERS, Role
from accounts.scope import within
from fengchao.core import clock
from gifts.states import (
    AT_COUNTER,
    LIVE,
    LIVE_STOCK_TAKES,
    ReservationState,
    SlipState,
    StockTakeState,
    SuggestionState,
)
from points.models import Account, Balance, Entry

if TYPE_CHECKING:
    from accounts.models import Courier, User


class GiftQuerySet(models.QuerySet):
    def on_sale(self, at: datetime | None = None) -> Self:
        at = at or clock.now()
        return self.filter(
            Q(on_sale_from=None) | Q(on_sale_from__lte=at),
            Q(on_sale_until=None) | Q(on_sale_until__gt=at),
            is_active=True,
        )

    def with_stock(self, station_id: int) -> Self:
        """Each with `on_hand` and `reserved` at the station, and whether it ever `came`: 0 and 0 where it did not."""
        balance = Balance.objects.filter(
            account__kind=Account.Kind.STOCK, account__unit=Concat(Value("gift:"), OuterRef("code")),
            account__owner_id=station_id, account__period=0,
        )  # fmt: skip
        return self.annotate(
            on_hand=Coalesce(Subquery(balance.values("posted")), 0),
            reserved=Coalesce(Subquery(balance.values("held")), 0),
            came=Exists(balance),
        )

    def running_low(self, stock: models.QuerySet) -> models.QuerySet:
        """Of `stock_at` the rows that have no more free pieces left than their gift asks to be told of."""
        gift = self.filter(code=Substr(OuterRef("account__unit"), len("gift:") + 1))
        return stock.filter(free__lte=Subquery(gift.values("low_stock")))


class AtStation(models.QuerySet):
    """Rows that belong to a station and are seen by its staff and its auditors."""

    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "station__organisation", *COUNTER_STAFF, Role.AUDITOR))

    def on_day(self, at: datetime) -> Self:
        start, end = clock.day_bounds(clock.shanghai_day(at))
        return self.filter(at__gte=start, at__lt=end)


class RefusedAttemptQuerySet(AtStation):
    def at_counter(self) -> Self:
        return self.filter(attempt__in=AT_COUNTER)


class RedemptionQuerySet(AtStation):
    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def with_balance(self) -> Self:
        """With what the courier had after the last transfer of each, and all else that showing one asks for."""
        entry = Entry.objects.filter(
            transfer=Coalesce(OuterRef("annul_transfer"), OuterRef("transfer")), account__kind=Account.Kind.COURIER
        )
        return self.select_related("gift", "station__organisation", "courier__user").annotate(
            balance_after=Subquery(entry.values("balance_after")[:1])
        )

    def in_month(self, at: datetime) -> Self:
        start, end = clock.month_bounds(at)
        return self.filter(at__gte=start, at__lt=end)


class ReservationQuerySet(AtStation):
    def live(self) -> Self:
        return self.filter(state=ReservationState.RESERVED)

    def ended(self) -> Self:
        return self.exclude(state=ReservationState.RESERVED)

    def due(self, at: datetime) -> Self:
        return self.live().filter(expires_at__lte=at)

    def waiting(self, at: datetime) -> Self:
        """Live and in time, the soonest over first: what is due may still stand until the next round of the worker."""
        return self.live().filter(expires_at__gt=at).order_by("expires_at", "pk")

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def shown(self) -> Self:
        """With all that showing one asks for."""
        return self.select_related("gift__photo", "station", "courier__user")


class MovementQuerySet(AtStation):
    def touching(self, station_id: int) -> Self:
        """What came to the station's shelves or left them, from another station too."""
        return self.filter(Q(station=station_id) | Q(to_station=station_id))


class StockTakeQuerySet(AtStation):
    def live(self) -> Self:
        return self.filter(state__in=LIVE_STOCK_TAKES)

    def confirmed(self) -> Self:
        return self.filter(state=StockTakeState.CONFIRMED)

    def decidable_by(self, user: "User") -> Self:
        return self.confirmed().filter(within(user, "station__organisation", *MANAGERS)).exclude(confirmed_by=user)


class PaperSlipQuerySet(AtStation):
    def pending(self) -> Self:
        return self.filter(state=SlipState.PENDING)

    def decidable_by(self, user: "User") -> Self:
        """What waits for `user`: of a station he manages, neither written by him nor about him."""
        mine = self.pending().filter(within(user, "station__organisation", *MANAGERS))
        return mine.exclude(by=user).exclude(courier=user.pk)


class SuggestionQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """Suggestions of couriers of outlets in the subtree; without an outlet the street of registration counts."""
        return self.filter(
            within(user, "courier__outlet__organisation", *READERS)
            | (Q(courier__outlet=None) & within(user, "courier__street", *READERS))
        )

    def unanswered(self) -> Self:
        return self.filter(state=SuggestionState.NEW)


def stock_at(stations: models.QuerySet) -> models.QuerySet:
    """A row for every gift that ever came to one of `stations`, with `free` pieces."""
    rows = Balance.objects.filter(account__kind=Account.Kind.STOCK, account__owner_id__in=stations.values("pk"))
    return rows.annotate(free=F("posted") - F("held"))
