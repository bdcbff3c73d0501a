"""What is on, soonest first, for everybody; above it what a courier has said yes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from activities.models import Activity, Enrolment
from activities.querysets import ActivityQuerySet
from activities.states import PHOTO, ActivityKind, EnrolmentState
from fengchao.core import clock
from fengchao.core.models import Photo

A_PAGE = 20
MOST_AHEAD = 30


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty says everything that is to come."""

    kind: str = ""
    past: bool = False

    def address(self, page: int = 1) -> str:
        said = {"kind": self.kind, "show": "past" if self.past else "", "page": page if page > 1 else ""}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{reverse('activities')}?{query}" if query else reverse("activities")

    def wanted(self, at: datetime) -> ActivityQuerySet:
        found: ActivityQuerySet = Activity.objects.over() if self.past else Activity.objects.coming(at)
        return found.filter(kind=self.kind) if self.kind else found


@dataclass(frozen=True)
class Row:
    """An activity, his part in it, and a picture of how it was."""

    activity: Activity
    part: Enrolment | None
    picture: Photo | None = None


@never_cache
@require_safe
def activities(request: HttpRequest) -> HttpResponse:
    at, asked, page = clock.now(), _asked(request), _number(request.GET.get("page", ""))
    start = (page - 1) * A_PAGE
    # Looking one further is cheaper than counting them all.
    found = list(asked.wanted(at).select_related("station", "organisation")[start : start + A_PAGE + 1])
    shown = found[:A_PAGE]
    context: dict[str, Any] = {
        "asked": asked,
        "rows": _rows(request, shown, asked),
        "schedule": _schedule(request, at) if not asked.past and not asked.kind and page == 1 else [],
        "chips": [
            (label, Asked(word, asked.past).address(), asked.kind == word)
            for word, label in [("", "全部"), *ActivityKind.choices]
        ],
        "next_url": asked.address(page + 1) if len(found) > A_PAGE else None,
        "other_url": Asked(asked.kind, not asked.past).address(),
        "all_url": Asked(past=asked.past).address(),
    }
    return render(request, "activities/list.html", context)


def _rows(request: HttpRequest, shown: Sequence[Activity], asked: Asked) -> list[Row]:
    parts: dict[int, Enrolment] = {}
    if request.user.is_authenticated:
        mine = Enrolment.objects.filter(courier=request.user.pk, activity__in=shown)
        parts = {part.activity_id: part for part in mine.exclude(state=EnrolmentState.LEFT)}
    pictures = _first_pictures(shown) if asked.past else {}
    return [Row(each, parts.get(each.pk), pictures.get(str(each.pk))) for each in shown]


def _first_pictures(shown: Sequence[Activity]) -> dict[str, Photo]:
    keys = [str(each.pk) for each in shown]
    first = Photo.objects.filter(kind=PHOTO, subject_key__in=keys).order_by("subject_key", "pk")
    return {photo.subject_key: photo for photo in first.distinct("subject_key")}


def _schedule(request: HttpRequest, at: datetime) -> list[tuple[date, list[Enrolment]]]:
    """Where he has a place or waits for one, by day."""
    if not request.user.is_authenticated:
        return []
    ahead = Enrolment.objects.filter(courier=request.user.pk).ahead(at).with_turn()
    rows = ahead.select_related("activity__station").order_by("activity__starts_at", "pk")[:MOST_AHEAD]
    days = groupby(rows, key=lambda part: clock.shanghai_day(part.activity.starts_at))
    return [(day, list(parts)) for day, parts in days]


def _asked(request: HttpRequest) -> Asked:
    """A filter that cannot be understood is left out."""
    kind = request.GET.get("kind", "")
    return Asked(kind if kind in ActivityKind.values else "", request.GET.get("show") == "past")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) else 1
