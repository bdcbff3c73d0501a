"""What an organiser has on hand: drafts, what is coming, what runs, who waits to be confirmed, what is over."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.scope import within
from activities.guards import organiser_page
from activities.models import Activity, Deed, Enrolment
from activities.organisers import ORGANISERS
from activities.states import ACTIVITY_TONES, ActivityState

A_PAGE = 20
A = ActivityState
TABS = (
    ("", "报名中", "coming"), ("running", "进行中", "running"), ("confirm", "待确认", "waiting"),
    ("draft", "草稿", "drafts"), ("over", "已结束", "over"),
)  # fmt: skip
"""(word in the address, label, name of its count)."""

STATES = {"": (A.PUBLISHED,), "running": (A.RUNNING,), "draft": (A.DRAFT,), "over": (A.DONE, A.CANCELLED)}
ORDER = {"over": ("-starts_at", "-pk"), "confirm": ("ends_at", "pk")}
EMPTY = {
    "": "没有正在报名的活动，办一个吧。",
    "running": "现在没有正在进行的活动。",
    "confirm": "没有等着确认的到场，辛苦了。",
    "draft": "没有草稿。",
    "over": "还没有办过活动。",
}


@dataclass(frozen=True)
class Counts:
    """Heaps of who organises: people to confirm, deeds to review."""

    coming: int
    running: int
    to_confirm: int
    to_review: int

    @property
    def pending(self) -> int:
        return self.to_confirm + self.to_review


def counts(worker: User) -> Counts:
    """Three queries."""
    active = Activity.objects.organised_by(worker).aggregate(
        coming=Count("pk", filter=Q(state=A.PUBLISHED)), running=Count("pk", filter=Q(state=A.RUNNING))
    )
    return Counts(
        **active,
        to_confirm=_to_confirm(worker).count(),
        to_review=Deed.objects.reviewed_by(worker).to_review().count(),
    )


def _to_confirm(worker: User) -> Any:
    """Who was ticked present and is nobody's yet; his own is his colleague's."""
    mine = Enrolment.objects.to_confirm().exclude(courier=worker.pk)
    return mine.filter(within(worker, "activity__organisation", *ORGANISERS))


@require_safe
@organiser_page
def activities(request: HttpRequest, worker: User) -> HttpResponse:
    word = request.GET.get("show", "")
    word = word if word in {each for each, _, _ in TABS} else ""
    mine = Activity.objects.organised_by(worker)
    waiting = Q(pk__in=_to_confirm(worker).values("activity"))
    heaps = mine.aggregate(
        waiting=Count("pk", filter=waiting),
        **{name: Count("pk", filter=Q(state__in=STATES[each])) for each, _, name in TABS if each in STATES},
    )
    rows = mine.filter(waiting if word == "confirm" else Q(state__in=STATES[word]))
    to_confirm = Count("enrolments", filter=Q(enrolments__state="attended", enrolments__confirmed_at=None))
    rows = rows.select_related("organisation", "station").annotate(to_confirm=to_confirm)
    page = Paginator(rows.order_by(*ORDER.get(word, ("starts_at", "pk"))), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(each, ACTIVITY_TONES[A(each.state)]) for each in page],
        "tabs": [(each, label, heaps[name], each == word) for each, label, name in TABS],
        "show": word,
        "empty": EMPTY[word],
        "to_review": Deed.objects.reviewed_by(worker).to_review().count(),
        "earlier": _address(word, page.previous_page_number()) if page.has_previous() else "",
        "following": _address(word, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "activities/desk/list.html", context)


def _address(word: str, page: int) -> str:
    return f"{reverse('desk_activities')}?{urlencode([('show', word), ('page', page)])}"
