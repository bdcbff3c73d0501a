"""The courier's pages of gifts, and of what he has set aside."""

import hashlib
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.models import Courier
from accounts.rules import courier_of
from fengchao.core import clock, codes, idempotency, photos
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.idempotency import Key, KeyMismatch
from gifts.forms import ReserveForm, SuggestForm
from gifts.models import Gift, Reservation
from gifts.problems import NotOnSale
from gifts.rules import allowed_to_courier
from gifts.services import cancel, options, reserve
from gifts.services.catalogue import suggest
from points.services import Standing, standing
from stations import opening
from stations.models import Station

SUGGESTIONS_SHOWN = 20
PAST_SHOWN = 20


@require_safe
def gifts(request: HttpRequest) -> HttpResponse:
    stations = list(Station.objects.active().order_by("code"))
    station = next((station for station in stations if station.code == request.GET.get("station")), None)
    courier = courier_of(request.user)
    mine = standing(courier) if courier else None
    shown = _on_offer(courier, station) if courier and station else _gifts(station, mine)
    return render(
        request,
        "gifts/gifts.html",
        {"stations": stations, "station": station, "standing": mine, "gifts": shown},
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def reserve_gift(request: CourierRequest) -> HttpResponse:
    """What will be set aside, and where; the button does it, once for every time this page was opened."""
    form = ReserveForm(request.POST if request.method == "POST" else request.GET)
    understood = form.is_valid()
    gift = Gift.objects.select_related("photo").filter(code=form.cleaned_data.get("gift", "")).first()
    station = Station.objects.active().filter(code=form.cleaned_data.get("station", "")).first()
    if gift is None or station is None:
        raise NotThere
    refusal: RuleBroken | None = None
    if request.method == "POST":
        try:
            if not understood:
                raise RuleBroken("这一页已失效，请再按一次。")
            return redirect("reservation", _reserved(request, gift, station, form.cleaned_data["key"]))
        except KeyMismatch:
            refusal = KeyMismatch("这一页已经预约过别的礼品，请再按一次。")
        except RuleBroken as broken:
            refusal = broken
    mine = standing(request.courier)
    context = {
        "gift": gift,
        "photo_url": photos.address(gift.photo, "thumb") if gift.photo else "",
        "station": station,
        "open_state": opening.state(station, clock.now()),
        "standing": mine,
        "left_after": mine.available - gift.points,
        "reason": _why_not(request.courier, gift, station),
        "refusal": refusal.message if refusal else "",
        "key": uuid.uuid4(),
    }
    return render(request, "gifts/reserve.html", context, status=refusal.status if refusal else 200)


@never_cache
@require_safe
@courier_page
def reservations(request: CourierRequest) -> HttpResponse:
    mine = Reservation.objects.of_courier(request.courier).shown()
    live = list(mine.live().order_by("expires_at", "pk"))
    past = mine.ended().order_by("-at", "-pk")[:PAST_SHOWN]
    return render(request, "gifts/reservations.html", {"live": live, "past": past})


@never_cache
@require_safe
@courier_page
def reservation(request: CourierRequest, pickup_code: str) -> HttpResponse:
    found, now = _mine(request, pickup_code), clock.now()
    waits = found.waits(now)
    context = {
        "reservation": found,
        "waits": waits,
        "qr": codes.qr_code(found.pickup_code) if waits else "",
        "open_state": opening.state(found.station, now),
        "may_cancel": "cancel" in allowed_to_courier(found),
    }
    return render(request, "gifts/reservation.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def cancel_reservation(request: CourierRequest, pickup_code: str) -> HttpResponse:
    found = _mine(request, pickup_code)
    if request.method == "POST":
        try:
            cancel(found, by=request.user)
        except RuleBroken as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, f"已取消，{found.points:,} 分退回来了。")
        return redirect("reservation", found.pickup_code)
    if "cancel" not in allowed_to_courier(found):
        return redirect("reservation", found.pickup_code)
    return render(request, "gifts/reservation_cancel.html", {"reservation": found})


def _mine(request: CourierRequest, pickup_code: str) -> Reservation:
    mine = Reservation.objects.of_courier(request.courier).shown()
    found: Reservation | None = mine.filter(pickup_code=codes.as_meant(pickup_code)).first()
    if found is None:
        raise NotThere
    return found


def _reserved(request: CourierRequest, gift: Gift, station: Station, key: str) -> str:
    """The pickup code of what this submit, or the first with its key, has set aside."""
    digest = hashlib.sha256(f"{gift.code}\n{station.code}".encode()).hexdigest()
    answer = idempotency.once(
        Key(request.user.pk, key, "POST", request.path, digest),
        lambda: reserve(request.courier, gift, station=station),
        lambda made: (201, {"pickup_code": made.pickup_code}),
    )
    code: str = answer.body["pickup_code"]
    return code


def _why_not(courier: Courier, gift: Gift, station: Station) -> str:
    for option in options(courier, station):
        if option.gift == gift:
            return option.reason
    return NotOnSale(gift=gift.name).message


def _on_offer(courier: Courier, station: Station) -> list[dict[str, Any]]:
    """The gifts on sale as this courier could have them at `station`, with the way to set each aside."""
    shown = []
    for option in options(courier, station):
        query = urlencode({"station": station.code, "gift": option.gift.code})
        shown.append(
            {
                **_card(option.gift),
                "available": option.available,
                "missing": option.missing,
                "can_afford": not option.missing,
                "reason": option.reason,
                "reserve_url": "" if option.reason else f"{reverse('reserve')}?{query}",
            }
        )
    return shown


def _gifts(station: Station | None, mine: Standing | None) -> list[dict[str, Any]]:
    gifts = Gift.objects.on_sale().select_related("photo").order_by("points", "pk")
    if station is not None:
        gifts = gifts.with_stock(station.pk)
    points = mine.available if mine else 0
    return [
        {
            **_card(gift),
            "available": gift.on_hand - gift.reserved if station is not None else None,
            "missing": max(0, gift.points - points),
            "can_afford": gift.points <= points,
        }
        for gift in gifts
    ]


def _card(gift: Gift) -> dict[str, Any]:
    return {
        "name": gift.name,
        "points": gift.points,
        "icon": gift.icon,
        "photo_url": photos.address(gift.photo, "thumb") if gift.photo else "",
    }
