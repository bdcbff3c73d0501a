"""The tree of wishes, for everybody: six of them as lights, all of them below, with filters."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from fengchao.core.errors import NotThere
from stations import finding
from stations.models import Station
from wishes.models import Improvement, Wish
from wishes.querysets import WishQuerySet
from wishes.states import UNDER_WAY, WishCategory, WishState

A_PAGE = 20
ON_TREE = "LWWWLW"
"""From the top of the comb downwards: a lit wish (L) or one that waits (W), while there are any."""
IMPROVEMENTS = 3
STATES = {"open": "待认领", "claimed": "已认领", "lit": "已点亮"}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty says everything."""

    state: str = ""
    category: str = ""
    street: Organisation | None = None
    station: Station | None = None

    @property
    def is_filtered(self) -> bool:
        return bool(self.state or self.category or self.street)

    def address(self, page: int = 1) -> str:
        said = {
            "station": self.station.code if self.station else "", "street": self.street.pk if self.street else "",
            "category": self.category, "state": self.state, "page": page if page > 1 else "",
        }  # fmt: skip
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{reverse('wishes')}?{query}" if query else reverse("wishes")

    def around(self) -> WishQuerySet:
        """What hangs in the area, whatever its state and category."""
        found: WishQuerySet = Wish.objects.public()
        if self.station:
            found = found.filter(station=self.station)
        return found.within_area(self.street) if self.street else found

    def wanted(self) -> WishQuerySet:
        found = self.around()
        if self.category:
            found = found.filter(category=self.category)
        match self.state:
            case "open":
                return found.waiting()
            case "claimed":
                return found.taken_up()
            case "lit":
                return found.lit()
        return found


@never_cache
@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    streets = finding.streets()
    asked = _asked(request.GET, streets)
    rows, more = _page(asked, page := _number(request.GET.get("page", "")))
    context = {
        "asked": asked,
        "counts": {"lit": asked.around().lit().count(), "waiting": asked.around().waiting().count()},
        "lights": lights(asked.around()),
        "improvements": _improvements(asked),
        "wishes": rows,
        "chips": [(name, replace(asked, state=state).address(), asked.state == state) for state, name in _STATES],
        "categories": WishCategory.choices,
        "streets": [] if asked.station else streets,
        "next_url": asked.address(page + 1) if more else None,
        "all_url": Asked(station=asked.station).address(),
        "mine": _live_one(request),
    }
    return render(request, "wishes/tree.html", context)


_STATES = [("", "全部"), *STATES.items()]


def lights(hanging: WishQuerySet) -> list[Wish]:
    """Up to six for the picture: the newest lit ones among those that wait, else whichever there are."""
    newest = hanging.filter(state__in=(WishState.OPEN, *UNDER_WAY)).order_by(
        Case(When(state=WishState.OPEN, then=0), default=1), "-opened_at", "-pk"
    )
    heaps = {
        "L": list(hanging.lit().order_by("-lit_at", "-pk")[: len(ON_TREE)]),
        "W": list(newest[: len(ON_TREE)]),
    }
    found = []
    for kind in ON_TREE:
        heap = heaps[kind] or heaps["L" if kind == "W" else "W"]
        if heap:
            found.append(heap.pop(0))
    return found


def _improvements(asked: Asked) -> list[Improvement]:
    done = Improvement.objects.done().select_related("station")
    if asked.station:
        return list(done.filter(station=asked.station))
    if asked.street:
        done = done.filter(station__organisation__path__startswith=asked.street.path)
    return list(done[:IMPROVEMENTS])


def _live_one(request: HttpRequest) -> Wish | None:
    """His own that is under way: there is nothing to hang while it is."""
    if not request.user.is_authenticated:
        return None
    found: Wish | None = Wish.objects.filter(courier=request.user.pk).live().first()
    return found


def _page(asked: Asked, page: int) -> tuple[list[Any], bool]:
    """The cards, and whether there are more: looking one further is cheaper than counting them all."""
    order = "-lit_at" if asked.state == "lit" else "-opened_at"
    start = (page - 1) * A_PAGE
    rows = list(asked.wanted().select_related("station").order_by(order, "-pk")[start : start + A_PAGE + 1])
    return rows[:A_PAGE], len(rows) > A_PAGE


def _asked(wanted: QueryDict, streets: list[Organisation]) -> Asked:
    """A filter that cannot be understood is left out; a station that is not there is not there."""
    station = None
    if code := wanted.get("station"):
        station = Station.objects.active().filter(code=code).first()
        if station is None:
            raise NotThere
    state, category = wanted.get("state", ""), wanted.get("category", "")
    street = next((one for one in streets if str(one.pk) == wanted.get("street")), None)
    return Asked(
        state if state in STATES else "", category if category in WishCategory.values else "",
        None if station else street, station,
    )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) else 1
