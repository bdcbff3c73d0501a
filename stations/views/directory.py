"""The courier's pages of stations."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from fengchao.core import clock
from fengchao.core.errors import NotThere
from stations import opening
from stations.models import Station
from stations.services.observations import mark

A_PAGE = 30


@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:50]
    found = Station.objects.active().search(words).prefetch_related("facilities").order_by("code")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    at = clock.now()
    mark(page, at)
    following = {"q": words, "page": page.next_page_number()} if page.has_next() else None
    context = {
        "stations": [_card(station, opening.state(station, at)) for station in page],
        "q": words,
        "next_url": f"{reverse('stations')}?{urlencode(following)}" if following else None,
    }
    return render(request, "stations/list.html", context)


@require_safe
def station(request: HttpRequest, code: str) -> HttpResponse:
    found = Station.objects.active().prefetch_related("facilities").filter(code=code).first()
    if found is None:
        raise NotThere
    mark([found], clock.now())
    context = {
        "station": found,
        "open_state": opening.state(found, clock.now()),
        "hours": opening.in_words(found.opening_hours),
    }
    return render(request, "stations/detail.html", context)


def _card(station: Station, open_state: opening.OpenState) -> Any:
    station.open_state = open_state  # type: ignore[attr-defined]  # for the card alone
    return station
