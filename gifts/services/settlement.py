"""What each station handed out in a month, and what came and went on its shelves, from the entries themselves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from fengchao.core import clock
from gifts.models import Gift
from points.ledger import gift_unit
from stations.models import Station

_STANDS = """
    SELECT a.owner_id, a.unit, coalesce(opening.balance_after, 0), coalesce(closing.balance_after, 0)
    FROM points_account a
    LEFT JOIN LATERAL (SELECT e.balance_after FROM points_entry e JOIN points_transfer t ON t.id = e.transfer_id
                       WHERE e.account_id = a.id AND t.created_at < %(start)s ORDER BY e.version DESC LIMIT 1
                      ) opening ON TRUE
    LEFT JOIN LATERAL (SELECT e.balance_after FROM points_entry e JOIN points_transfer t ON t.id = e.transfer_id
                       WHERE e.account_id = a.id AND t.created_at < %(end)s ORDER BY e.version DESC LIMIT 1
                      ) closing ON TRUE
    WHERE a.kind = 'stock' AND a.owner_id = ANY(%(stations)s)
"""
_MOVED = """
    SELECT a.owner_id, a.unit,
           CASE WHEN m.kind = 'transferred' AND e.amount > 0 THEN 'transferred_in' ELSE coalesce(m.kind, t.kind) END,
           sum(e.amount)::bigint
    FROM points_transfer t
    JOIN points_entry e ON e.transfer_id = t.id AND e.version IS NOT NULL
    JOIN points_account a ON a.id = e.account_id AND a.kind = 'stock' AND a.owner_id = ANY(%(stations)s)
    LEFT JOIN gifts_movement m ON m.transfer_id = t.id
    WHERE t.created_at >= %(start)s AND t.created_at < %(end)s
    GROUP BY 1, 2, 3
"""
_POINTS = """
    SELECT r.station_id, 'gift:' || g.code, -sum(e.amount)::bigint
    FROM points_transfer t
    JOIN points_entry e ON e.transfer_id = t.id AND e.unit = 'points' AND e.version IS NOT NULL
    JOIN gifts_redemption r ON r.transfer_id = t.id OR r.annul_transfer_id = t.id
    JOIN gifts_gift g ON g.id = r.gift_id
    WHERE t.created_at >= %(start)s AND t.created_at < %(end)s AND r.station_id = ANY(%(stations)s)
    GROUP BY 1, 2
"""


@dataclass
class StationMonth:
    """A gift at a station: pieces at the month's ends and what moved between them (leaving is negative), and the points
    that couriers paid for it less those given back."""

    station: Station
    gift: Gift
    opening: int
    closing: int
    points: int
    moved: dict[str, int] = field(default_factory=dict)

    @property
    def handed_out(self) -> int:
        """Pieces that stayed with couriers."""
        return -(self.moved.get("redemption", 0) + self.moved.get("redemption_reversed", 0))

    @property
    def cost(self) -> Decimal | None:
        """Yuan for the pieces that stayed; None while nobody has said what one costs."""
        return None if self.gift.unit_cost is None else self.gift.unit_cost * self.handed_out


def station_months(month: date, stations: QuerySet[Station]) -> Iterator[StationMonth]:
    """A row for every gift that ever came to one of `stations`, by station and price, of the Shanghai month."""
    places = {station.pk: station for station in stations}
    start, end = clock.month_bounds(datetime.combine(month, datetime.min.time(), tzinfo=clock.SHANGHAI))
    facts: dict[str, Any] = {"start": start, "end": end, "stations": list(places)}
    moved: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, facts)
        for station, unit, what, pieces in cursor.fetchall():
            moved[station, unit][what] = pieces
        cursor.execute(_POINTS, facts)
        points = {(station, unit): paid for station, unit, paid in cursor.fetchall()}
        cursor.execute(_STANDS, facts)
        stands = {(station, unit): (opening, closing) for station, unit, opening, closing in cursor.fetchall()}
    gifts = list(Gift.objects.order_by("points", "pk"))
    for place in sorted(places.values(), key=lambda place: place.code):
        for gift in gifts:
            key = (place.pk, gift_unit(gift.code))
            if key in stands:
                yield StationMonth(place, gift, *stands[key], points.get(key, 0), moved[key])
