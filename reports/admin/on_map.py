"""The map of open reports, which without a script is a list."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from fengchao.core import clock
from reports.models import Report
from stations.views.on_map import outline_layer

MOST = 1_000
"""More would be a heavy page and a map nobody can read."""

AGES = ((timedelta(days=1), "new", "1 天内"), (timedelta(days=3), "days", "3 天内"))


def page(request: HttpRequest, found: QuerySet, context: dict[str, Any]) -> HttpResponse:
    """Of the open reports in `found` (the person's scope), the oldest first, since those are the ones to see to."""
    at = clock.now()
    placed = found.open().filter(lat__isnull=False).select_related("category__parent", "assigned_to", "area")  # type: ignore[attr-defined]
    rows = list(placed.order_by("filed_at", "pk")[: MOST + 1])
    context |= {
        "title": "未办结的随手拍",
        "pins": [{"report": report, **coloured(report, at)} for report in rows[:MOST]],
        "is_cut": len(rows) > MOST,
        "most": MOST,
        "key": [("new", "1 天内"), ("days", "3 天内"), ("old", "更早"), ("late", "超期")],
        "tiles": " ".join(settings.MAP_TILES),
        "tiles_attribution": settings.MAP_TILES_ATTRIBUTION,
        "tiles_subdomains": settings.MAP_TILES_SUBDOMAINS,
        **outline_layer(),
    }
    return TemplateResponse(request, "admin/reports/map.html", context)


def coloured(report: Report, at: Any) -> dict[str, str]:
    """The colour of a pin and what it says: overdue before age."""
    if report.is_with_unit and report.due_on is not None and report.due_on < clock.shanghai_day(at):
        return {"colour": "late", "age": "超期"}
    for age, colour, words in AGES:
        if at - report.filed_at <= age:
            return {"colour": colour, "age": words}
    return {"colour": "old", "age": f"{(at - report.filed_at).days} 天前"}
