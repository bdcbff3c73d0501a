"""The courier's page of gifts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.rules import courier_of
from fengchao.core import photos
from fengchao.core.errors import RuleBroken
from gifts.forms import SuggestForm
from gifts.models import Gift
from gifts.services.catalogue import suggest
from points.services import Standing, standing
from stations.models import Station

SUGGESTIONS_SHOWN = 20


@require_safe
def gifts(request: HttpRequest) -> HttpResponse:
    stations = list(Station.objects.active().order_by("code"))
    station = next((station for station in stations if station.code == request.GET.get("station")), None)
    courier = courier_of(request.user)
    mine = standing(courier) if courier else None
    return render(
        request,
        "gifts/gifts.html",
        {"stations": stations, "station": station, "standing": mine, "gifts": _gifts(station, mine)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def suggestions(request: CourierRequest) -> HttpResponse:
    form = SuggestForm(request.POST or None)
    if form.is_valid():
        try:
            suggest(request.courier, form.cleaned_data["text"])
        except RuleBroken as refusal:
            form.add_error("text", refusal.message)
        else:
            messages.success(request, "收到了，回复会显示在这里。")
            return redirect("gift_suggestions")
    mine = request.courier.suggestions.order_by("-at", "-pk")[:SUGGESTIONS_SHOWN]
    return render(request, "gifts/suggestions.html", {"form": form, "suggestions": mine})


def _gifts(station: Station | None, mine: Standing | None) -> list[dict[str, Any]]:
    gifts = Gift.objects.on_sale().select_related("photo").order_by("points", "pk")
    if station is not None:
        gifts = gifts.with_stock(station.pk)
    points = mine.available if mine else 0
    return [
        {
            "name": gift.name,
            "points": gift.points,
            "icon": gift.icon,
            "photo_url": photos.address(gift.photo, "thumb") if gift.photo else "",
            "available": gift.on_hand - gift.reserved if station is not None else None,
            "missing": max(0, gift.points - points),
            "can_afford": gift.points <= points,
        }
        for gift in gifts
    ]
