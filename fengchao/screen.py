"""The public data screen: counts and trends on a wall, never a person."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from fengchao import charts, figures
from fengchao.core import clock
from gifts.models import Redemption
from stations import opening
from stations.models import Station

DAYS = 14
KEPT_FOR = 60  # seconds, on the server and by whoever asks
BEST_GIFTS = 4
KEY = "screen"
PICTURE = charts.Picture(base=240, width=40, highest=190, gap=8)
_writing = threading.Lock()


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
        "gifts": charts.bars(days, gifts, PICTURE),
        "visits": charts.bars(days, visits, PICTURE) if visits else [],
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
