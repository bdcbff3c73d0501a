"""What is dispatched to the unit: the most urgent first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from fengchao.core import clock
from reports.guards import handler_page
from reports.models import Report
from reports.querysets import ReportQuerySet
from reports.states import DONE, OPEN, WAITING_FOR_STAFF, WITH_UNIT, ReportState

SHOWN = 100
LONGEST_SEARCH = 60
S = ReportState


@dataclass(frozen=True)
class Counts:
    """Heaps of a unit; `triage` waits for its own decision, which happens with confidential reports alone."""

    triage: int
    new: int
    working: int
    asked: int
    overdue: int


def counts(worker: User, at: datetime) -> Counts:
    """One query, over open reports only."""
    today = clock.shanghai_day(at)
    with_unit = Q(assigned_to__isnull=False, state__in=WITH_UNIT)
    found = (
        Report.objects.for_desk(worker)
        .open()
        .aggregate(
            triage=Count("pk", filter=Q(state__in=WAITING_FOR_STAFF)),
            new=Count("pk", filter=Q(state=S.ASSIGNED)),
            working=Count("pk", filter=Q(state=S.IN_PROGRESS)),
            asked=Count("pk", filter=Q(state=S.WAITING_FOR_REPORTER)),
            overdue=Count("pk", filter=with_unit & Q(due_on__lt=today)),
        )
    )
    return Counts(**found)


FILTERS = (
    ("", "全部未办结", None),
    ("triage", "待受理", "triage"),
    ("new", "待接单", "new"),
    ("working", "办理中", "working"),
    ("asked", "待补充", "asked"),
    ("overdue", "超期", "overdue"),
    ("done", "已办结", None),
)
"""(word in the address, label, name of its count)."""


def chosen(found: ReportQuerySet, name: str, at: datetime) -> ReportQuerySet:
    match name:
        case "triage":
            return found.filter(state__in=WAITING_FOR_STAFF)
        case "new":
            return found.filter(state=S.ASSIGNED)
        case "working":
            return found.filter(state=S.IN_PROGRESS)
        case "asked":
            return found.filter(state=S.WAITING_FOR_REPORTER)
        case "overdue":
            return found.overdue(at)
        case "done":
            return found.filter(state__in=DONE)
    return found.filter(state__in=OPEN)


@require_safe
@handler_page
def reports(request: HttpRequest, worker: User) -> HttpResponse:
    at = clock.now()
    name = request.GET.get("show", "")
    if name not in {word for word, _, _ in FILTERS}:
        name = ""
    text = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH]
    found = chosen(Report.objects.for_desk(worker), name, at)
    if text:
        found = found.filter(Q(number=text.upper()) | Q(place__icontains=text) | Q(text__icontains=text))
    order = ("-resolved_at", "-pk") if name == "done" else (F("due_on").asc(nulls_last=True), "filed_at", "pk")
    rows = list(found.select_related("category__parent", "assigned_to").order_by(*order)[: SHOWN + 1])
    heaps = counts(worker, at)
    context = {
        "reports": rows[:SHOWN],
        "is_cut": len(rows) > SHOWN,
        "most": SHOWN,
        "filters": [_tab(word, label, heap, heaps, name, text) for word, label, heap in FILTERS],
        "show": name,
        "q": text,
        "today": clock.shanghai_day(at),
    }
    return render(request, "desk/reports.html", context)


def _tab(word: str, label: str, heap: str | None, heaps: Counts, name: str, text: str) -> dict[str, Any]:
    return {
        "word": word,
        "label": label,
        "count": getattr(heaps, heap) if heap else None,
        "is_here": word == name,
        # Only a unit with confidential reports decides about any.
        "is_shown": word != "triage" or heaps.triage > 0 or name == "triage",
        "keeps": text,
    }
