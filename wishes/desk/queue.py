"""What can be claimed, and what the organisation stands for: the most urgent first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from fengchao.core import clock, notices
from wishes import rules
from wishes.desk.forms import FilterForm
from wishes.guards import claimer_page
from wishes.models import Claim, Wish
from wishes.querysets import ClaimQuerySet, WishQuerySet
from wishes.services.claims import ends_at, is_ending
from wishes.services.streets import Streets
from wishes.services.telling import RELEASED, WARNING
from wishes.states import WARNED_AFTER, WishState

A_PAGE = 20
TOLD = (WARNING, RELEASED)
MOST_TOLD = 20
S = WishState


@dataclass(frozen=True)
class Counts:
    """Heaps of who claims; `ending` is a part of `claimed`."""

    open: int
    claimed: int
    ending: int
    delivered: int


def counts(worker: User, at: datetime) -> Counts:
    """Two queries, over what is not finished only, and one for the organisations of `worker`."""
    running = Q(wish__state=S.CLAIMED)
    ours = (
        Claim.objects.of_claimers(worker)
        .live()
        .filter(wish__state__in=(S.CLAIMED, S.DELIVERED))
        .aggregate(
            claimed=Count("pk", filter=running),
            ending=Count("pk", filter=running & Q(improvement=None, progress_at__lte=at - WARNED_AFTER)),
            delivered=Count("pk", filter=Q(wish__state=S.DELIVERED)),
        )
    )
    return Counts(open=claimable(worker).count(), **ours)


def claimable(worker: User) -> WishQuerySet:
    """What `worker` may claim: in reach, and not his own."""
    found: WishQuerySet = Wish.objects.waiting().in_reach(rules.reaches(worker)).exclude(courier=worker.pk)
    return found


@dataclass(frozen=True)
class Row:
    """A line of a list: the wish as the claimant sees it, and the claim with its clock where there is one."""

    wish: Wish
    street: str
    claim: Claim | None = None
    days_left: int | None = None
    is_ending: bool = False


TABS = (
    ("", "可认领", "open"),
    ("claimed", "我们认领的", "claimed"),
    ("ending", "快到期", "ending"),
    ("delivered", "已送达", "delivered"),
    ("lit", "已点亮", None),
    ("past", "历史", None),
)
"""(word in the address, label, name of its count)."""

EMPTY = {
    "": "现在没有可以认领的心愿，有新的会出现在这里。",
    "claimed": "还没有正在办的心愿，去“可认领”里挑一个吧。",
    "ending": "没有快到期的，辛苦了。",
    "delivered": "没有等许愿人确认的心愿。",
    "lit": "还没有点亮的心愿，第一个就在“可认领”里。",
    "past": "还没有认领过心愿。",
}


def ours(worker: User, name: str, at: datetime) -> ClaimQuerySet:
    """The claims of a tab in its order."""
    found: ClaimQuerySet = Claim.objects.of_claimers(worker).select_related("wish__station__organisation")
    match name:
        case "claimed":
            # Improvements have no clock: they come after what can lapse.
            urgent = (F("improvement_id").asc(nulls_first=True), "progress_at", "pk")
            return found.live().filter(wish__state=S.CLAIMED).order_by(*urgent)
        case "ending":
            return found.ending(at).order_by("progress_at", "pk")
        case "delivered":
            return found.live().filter(wish__state=S.DELIVERED).order_by("wish__delivered_at", "pk")
        case "lit":
            return found.live().filter(wish__state=S.FULFILLED).order_by("-wish__lit_at", "-pk")
    return found.order_by("-at", "-pk")


@require_safe
@claimer_page
def wishes(request: HttpRequest, worker: User) -> HttpResponse:
    at, streets = clock.now(), Streets()
    name = request.GET.get("show", "")
    name = name if name in {word for word, _, _ in TABS} else ""
    form = FilterForm(request.GET, streets=_reached(worker, streets)) if not name else None
    rows: Any = ours(worker, name, at) if form is None else form.narrow(_open(worker))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    told = list(notices.unread(worker, *TOLD)[:MOST_TOLD])
    heaps = counts(worker, at)
    context = {
        "rows": [row_of(one, streets, at) for one in page],
        "page": page,
        "following": _other_page(request, page.next_page_number()) if page.has_next() else "",
        "earlier": _other_page(request, page.previous_page_number()) if page.has_previous() else "",
        "tabs": [
            {"word": word, "label": label, "count": getattr(heaps, heap) if heap else None, "is_here": word == name}
            for word, label, heap in TABS
        ],
        "show": name,
        "form": form,
        "is_filtered": form is not None and form.is_filtered,
        "empty": EMPTY[name],
        "told": told,
        "newest": told[0].pk if told else 0,
    }
    return render(request, "desk/wishes.html", context)


@require_POST
@claimer_page
def read_notices(request: HttpRequest, worker: User) -> HttpResponse:
    """What the page showed of claims that end; what came since stays unread."""
    newest = request.POST.get("up_to", "")
    if newest.isascii() and newest.isdecimal() and len(newest) < 19:
        notices.read_all(worker, up_to=int(newest), kinds=TOLD)
    return redirect("desk_wishes")


def row_of(one: Wish | Claim, streets: Streets, at: datetime) -> Row:
    wish, claim = (one, None) if isinstance(one, Wish) else (one.wish, one)
    street = streets.name(wish.station.organisation.path)
    if claim is None or claim.released_at or claim.improvement_id or wish.state != S.CLAIMED:
        return Row(wish, street, claim)
    return Row(wish, street, claim, days_left(claim, at), is_ending(claim, at))


def days_left(claim: Claim, at: datetime) -> int:
    """Days of the calendar until the clock releases it; 0 today."""
    return max(0, (clock.shanghai_day(ends_at(claim)) - clock.shanghai_day(at)).days)


def _open(worker: User) -> WishQuerySet:
    found: WishQuerySet = claimable(worker).select_related("station__organisation").order_by("opened_at", "pk")
    return found


def _reached(worker: User, streets: Streets) -> list[Any]:
    reaches = rules.reaches(worker)
    return [
        street
        for street in streets.all
        if any(street.path.startswith(reach) or reach.startswith(street.path) for reach in reaches)
    ]


def _other_page(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
