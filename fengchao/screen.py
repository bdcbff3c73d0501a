"""The public data screen: counts and trends on a wall, never a person."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from fengchao import figures
from fengchao.core import clock
from gifts.models import Redemption
from stations import opening
from stations.models import Station

DAYS = 14
KEPT_FOR = 60  # seconds, on the server and by whoever asks
BEST_GIFTS = 4
KEY = "screen"
_writing = threading.Lock()


@dataclass(frozen=True)
class Bar:
    """A day of a chart 700 wide and 240 high."""

    day: date
    count: int
    x: float
    height: float
    is_today: bool

    @property
    def top(self) -> float:
        return 240 - self.height

    @property
    def middle(self) -> float:
        return self.x + 20

    @property
    def above(self) -> float:
        return self.top - 8


@dataclass(frozen=True)
class Mark:
    """A station on the sketch, which is 100 wide and 100 high."""

    x: float
    y: float
    is_open: bool | None


@require_safe
def screen(request: HttpRequest) -> HttpResponse:
    """Written once a minute in each process, however many look: nobody's session is read, and one asks the database
    while the others wait for what he finds."""
    answer = HttpResponse(_written())
    answer["Cache-Control"] = f"public, max-age={KEPT_FOR}"
    return answer


def facts(at: datetime | None = None) -> dict[str, Any]:
    at = at or clock.now()
    days = [clock.shanghai_day(at) - timedelta(days=back) for back in reversed(range(DAYS))]
    start, end = clock.day_bounds(days[0])[0], clock.day_bounds(days[-1])[1]
    live = Redemption.objects.live()
    best = live.filter(at__gte=start).order_by().values("gift__name").annotate(count=Count("pk"))
    gifts, visits = (figures.DAILY[name](start, end) for name in ("gifts", "visits"))
    return {
        "at": at,
        "figures": figures.figures(at),
        "gifts_total": live.count(),
        "gifts": _bars(days, gifts),
        "visits": _bars(days, visits) if visits else [],
        "best": _shares(best.order_by("-count", "gift__name")[:BEST_GIFTS].values_list("gift__name", "count")),
        "marks": _marks(at),
    }


def _written() -> str:
    page: str | None = cache.get(KEY)
    if page is None:
        with _writing:
            page = cache.get(KEY)
            if page is None:
                names = {"site_name": settings.SITE_NAME, "district_name": settings.DISTRICT_NAME}
                page = render_to_string("screen.html", {**names, **facts()})
                cache.set(KEY, page, KEPT_FOR)
    return page


def _bars(days: list[date], counts: dict[date, int]) -> list[Bar]:
    most = max([*counts.values(), 1])
    return [
        Bar(day, counts.get(day, 0), place * 50 + 5, counts.get(day, 0) / most * 190, place == len(days) - 1)
        for place, day in enumerate(days)
    ]


def _shares(best: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """`best` begins with the most."""
    rows = list(best)
    return [{"name": name, "count": count, "width": 100 * count / rows[0][1]} for name, count in rows]


def _marks(at: datetime) -> list[Mark]:
    """Where stations lie to each other: a sketch, not a map."""
    rows = list(opening.with_overrides(Station.objects.active().order_by("code"), at))
    if not rows:
        return []
    lats, lngs = [row.lat for row in rows], [row.lng for row in rows]
    tall, broad = (max(lats) - min(lats)) or 1, (max(lngs) - min(lngs)) or 1
    return [
        Mark(
            x=round(8 + 84 * (row.lng - min(lngs)) / broad, 2),
            y=round(92 - 84 * (row.lat - min(lats)) / tall, 2),
            is_open=opening.state(row, at).is_open,
        )
        for row in rows
    ]
