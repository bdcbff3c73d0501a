"""Words for sets of gifts and redemptions."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from accounts.roles import COUNTER_STAFF, Role
from accounts.scope import within
from fengchao.core import clock
from gifts.states import LIVE
from points.models import Account, Balance, Entry

if TYPE_CHECKING:
    from accounts.models import User


class GiftQuerySet(models.QuerySet):
    def on_sale(self, at: datetime | None = None) -> Self:
        at = at or clock.now()
        return self.filter(
            Q(on_sale_from=None) | Q(on_sale_from__lte=at),
            Q(on_sale_until=None) | Q(on_sale_until__gt=at),
            is_active=True,
        )

    def with_stock(self, station_id: int) -> Self:
        """Each with `on_hand` and `reserved` at the station; 0 where the gift never came."""
        balance = Balance.objects.filter(
            account__kind=Account.Kind.STOCK, account__unit=Concat(Value("gift:"), OuterRef("code")),
            account__owner_id=station_id, account__period=0,
        )  # fmt: skip
        return self.annotate(
            on_hand=Coalesce(Subquery(balance.values("posted")), 0),
            reserved=Coalesce(Subquery(balance.values("held")), 0),
        )


class AtStation(models.QuerySet):
    """Rows that belong to a station and are seen by its staff and its auditors."""

    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "station__organisation", *COUNTER_STAFF, Role.AUDITOR))

    def on_day(self, at: datetime) -> Self:
        start, end = clock.day_bounds(clock.shanghai_day(at))
        return self.filter(at__gte=start, at__lt=end)


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


LOW_STOCK = 5
"""Pieces free to hand over at a station from which it is time to bring more."""


def stock_at(stations: models.QuerySet) -> models.QuerySet:
    """A row for every gift that ever came to one of `stations`, with `free` pieces."""
    rows = Balance.objects.filter(account__kind=Account.Kind.STOCK, account__owner_id__in=stations.values("pk"))
    return rows.annotate(free=F("posted") - F("held"))


def running_low(stock: models.QuerySet) -> models.QuerySet:
    return stock.filter(free__lte=LOW_STOCK)
