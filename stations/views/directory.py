"""The courier's pages of stations: the list with its filters, and one station."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from fengchao.core import clock
from fengchao.core.errors import NotThere
from stations import finding, navigation, opening
from stations.models import Facility, Station
from stations.services import alerts
from stations.services.observations import mark

A_PAGE = 30


@dataclass(frozen=True)
class Chip:
    """A filter to tap: a link to the list with it, or without it when it is on."""

    name: str
    url: str
    is_on: bool
    icon: str = ""


@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    at = clock.now()
    found, refused = finding.understood(request.GET, at=at)
    kept = kept_filters(request.GET, refused)
    rows, next_page = _page(found if kept.get("near") else found.order_by("code"), request.GET.get("page", ""), at)
    mark(rows, at)
    context = {
        "stations": [with_state(station, opening.state(station, at)) for station in rows],
        "q": kept.get("q", ""),
        "next_url": _address(kept, page=next_page) if next_page else None,
        "is_filtered": any(name != "near" for name in kept),
        "loosened_url": _address(kept, q=None, street=None, grade=None, facility=None, open=None),
        "map_url": f"{reverse('stations_map')}?{kept.urlencode()}",
        "faults": [refusal.message for refusal in refused.values()],
        "alert": alerts.for_everybody(rows),
        **_choices(kept),
    }
    return render(request, "stations/list.html", context)


@require_safe
def station(request: HttpRequest, code: str) -> HttpResponse:
    at = clock.now()
    shown = Station.objects.active().prefetch_related("facilities").filter(code=code)
    found = opening.with_overrides(shown, at).first()
    if found is None:
        raise NotThere
    mark([found], clock.now())
    context = {
        "station": found,
        "open_state": opening.state(found, at),
        "hours": opening.in_words(found.opening_hours),
        "maps": navigation.links(found),
        "holiday_hours": opening.in_words(found.holiday_hours),
        "week": opening.days(found, clock.shanghai_day(at), 8),
    }
    return render(request, "stations/detail.html", context)


def with_state(station: Station, open_state: opening.OpenState) -> Any:
    """What the card shows beside the row itself."""
    station.open_state = open_state  # type: ignore[attr-defined]  # for the card alone
    station.navigate_url = navigation.amap(station)  # type: ignore[attr-defined]  # for the card alone
    return station


def kept_filters(wanted: QueryDict, refused: Any) -> QueryDict:
    """The filters that were understood, for the links of the page."""
    kept = QueryDict(mutable=True)
    for name in finding.FILTERS:
        if name not in refused and (texts := finding.asked(wanted, name)):
            kept.setlist(name, texts if name == "facility" else texts[-1:])
    return kept


def _page(found: Any, text: str, at: datetime) -> tuple[list[Station], int | None]:
    """The page's stations and the number of the next one: looking one further is cheaper than counting them all."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) else 1
    start = (number - 1) * A_PAGE
    cards = alerts.with_alerts(opening.with_overrides(found.prefetch_related("facilities"), at), at)
    rows = list(cards[start : start + A_PAGE + 1])
    return rows[:A_PAGE], number + 1 if len(rows) > A_PAGE else None


def _choices(kept: QueryDict) -> dict[str, Any]:
    """Chips and streets. The position is a chip only where there is one: asking for it needs a script."""
    facilities = [_facility_chip(kept, facility) for facility in Facility.objects.order_by("pk")]
    grades = [_chip(kept, label, "grade", str(grade)) for grade, label in Station.Grade.choices]
    return {
        "open_chip": _chip(kept, "现在开放", "open", "true", "door-open"),
        "near_chip": Chip("离我最近", _address(kept, near=None), True, "locate-fixed") if kept.get("near") else None,
        "more_chips": [*facilities, *grades],
        "chosen": sum(chip.is_on for chip in (*facilities, *grades)),
        "streets": finding.streets(),
        "street": int(str(kept["street"])) if "street" in kept else None,
        "hidden": [(name, text) for name in kept if name not in ("q", "street") for text in kept.getlist(name)],
    }


def _chip(kept: QueryDict, label: str, name: str, value: str, icon: str = "") -> Chip:
    is_on = kept.get(name) == value
    return Chip(label, _address(kept, **{name: None if is_on else value}), is_on, icon)


def _facility_chip(kept: QueryDict, facility: Facility) -> Chip:
    chosen = kept.getlist("facility")
    is_on = facility.code in chosen
    rest = [code for code in chosen if code != facility.code] if is_on else [*chosen, facility.code]
    return Chip(facility.name, _address(kept, facility=rest), is_on, facility.icon)


def _address(kept: QueryDict, **changes: Any) -> str:
    """The list with these filters put in place of their own; None and an empty list take one away."""
    changed = kept.copy()
    for name, value in changes.items():
        changed.setlist(name, value if isinstance(value, list) else [] if value is None else [str(value)])
    query = changed.urlencode()
    return f"{reverse('stations')}?{query}" if query else reverse("stations")
