"""What a form offers who works on a report: ready sentences, and earlier reports it may repeat."""

from datetime import timedelta

from django.db.models import Q

from fengchao.core import clock
from reports.models import Report, TextTemplate
from reports.states import ReportState

NEARBY_M = 300
REMEMBERED = timedelta(days=90)
OFFERED = 10
MOST_TEXTS = 30


def texts(move: str, category_ids: set[int | None]) -> list[TextTemplate]:
    """Sentences for `move`: those of every category, and those of these categories or of what they belong to."""
    fitting = Q(category=None) | Q(category__in=category_ids) | Q(category__children__in=category_ids)
    return list(TextTemplate.objects.filter(fitting, move=move).distinct().order_by("order", "pk")[:MOST_TEXTS])


def earlier(report: Report) -> list[Report]:
    """Reports of the same staff that told of the same place before and may be the first of it: nearest first within
    300 m, each with `distance_m`; of one without a position the newest of its category."""
    if report.category.is_confidential:
        return []
    others = (
        Report.objects.shown()
        .filter(area=report.area_id, category__is_confidential=False, duplicate_of=None, pk__lt=report.pk)
        .filter(filed_at__gt=clock.now() - REMEMBERED)
        .exclude(state=ReportState.REJECTED)
    )
    if report.lat is None or report.lng is None:
        return list(others.filter(category=report.category_id).order_by("-pk")[:OFFERED])
    return list(others.near(report.lat, report.lng, within_m=NEARBY_M)[:OFFERED])
