"""One wish: for everybody, and with its way and his moves for its courier."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.models import User
from fengchao.core import clock, photos
from fengchao.core.errors import NotThere, RuleBroken
from stations import navigation, opening
from stations.models import Station
from wishes import rules, services
from wishes.forms import ThankForm
from wishes.models import Wish
from wishes.services import history
from wishes.states import CONFIRMED_AFTER, DELIVERY_PHOTO, PHOTO, WishState

DONE = {
    "withdraw": "已撤回。想好了可以再挂一个。",
    "confirm": "收到就好，心愿点亮了。",
    "thank": "谢谢你，这句话会挂在树上。",
}
"""What he is told of his moves."""


@never_cache
@require_safe
def wish(request: HttpRequest, key: int) -> HttpResponse:
    """What is on the tree, to everybody. His own in every state; another's that is not there is not there."""
    reader = request.user if isinstance(request.user, User) else None
    found = Wish.objects.shown_to(reader).shown().filter(pk=key).first()
    if found is None:
        raise NotThere
    return _page(request, found, reader)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def move(request: CourierRequest, key: int, name: str) -> HttpResponse:
    """One of the forms of his wish's page, to which it leads back. `thank` without words confirms."""
    found = Wish.objects.of_courier(request.courier).shown().filter(pk=key).first()
    if found is None or name not in DONE:
        raise NotThere
    if request.method != "POST":
        return redirect(found)
    form = ThankForm(request.POST)
    if name == "thank" and not form.is_valid():
        return _page(request, found, request.user, form, status=400)
    text = form.cleaned_data["text"] if name == "thank" else ""
    name = "confirm" if name == "thank" and not text.strip() else name
    if _is_done(found, name, text):
        return redirect(found)
    try:
        _make(found, name, text, request.user)
    except RuleBroken as refusal:
        if refusal.field == "text":
            form.add_error("text", refusal.message)
            return _page(request, found, request.user, form, status=refusal.status)
        messages.warning(request, refusal.message)
    else:
        messages.success(request, DONE[name])
    return redirect(found)


def _make(found: Wish, name: str, text: str, by: User) -> None:
    match name:
        case "withdraw":
            services.withdraw(found, by=by)
        case "confirm":
            services.confirm(found, by=by)
        case _:
            services.thank(found, text=text, by=by)


def _is_done(found: Wish, name: str, text: str) -> bool:
    """Sent twice: what he wants is so already, and there is nothing to complain of."""
    match name:
        case "withdraw":
            return found.state == WishState.WITHDRAWN
        case "confirm":
            return found.is_lit
    return found.thanked_at is not None and found.thanks == " ".join(text.split())


def _page(
    request: HttpRequest, found: Wish, reader: User | None, tried: ThankForm | None = None, status: int = 200
) -> HttpResponse:
    is_mine = reader is not None and rules.is_own(reader, found)
    may = rules.allowed(found, reader) if reader else []
    pictures = photos.of(str(found.pk), PHOTO, DELIVERY_PHOTO)
    context: dict[str, Any] = {
        "wish": found,
        "is_mine": is_mine,
        "may_claim": "claim" in may,
        "photos": [photo for photo in pictures if photo.kind == PHOTO],
    }
    if reader and is_mine:
        context |= _for_its_courier(found, may, tried)
        context["brought"] = [photo for photo in pictures if photo.kind == DELIVERY_PHOTO]
    return render(request, "wishes/wish.html", context, status=status)


def _for_its_courier(found: Wish, may: list[str], tried: ThankForm | None) -> dict[str, Any]:
    steps = history.in_words(found, as_courier=True)
    told = next((step.text for step in reversed(steps) if step.state == found.state), "")
    return {
        "steps": list(reversed(steps)),
        "told": told,
        "may_withdraw": "withdraw" in may,
        "may_thank": "thank" in may,
        "form": tried or ThankForm(),
        "confirmed_at": found.delivered_at + CONFIRMED_AFTER if found.delivered_at else None,
        "fetch": _where(found) if found.state == WishState.DELIVERED else None,
    }


def _where(found: Wish) -> dict[str, Any]:
    """Where it is fetched, and whether somebody is there now."""
    at = clock.now()
    station = opening.with_overrides(Station.objects.filter(pk=found.station_id), at).get()
    return {
        "station": station,
        "open_state": opening.state(station, at),
        "hours": opening.in_words(station.opening_hours),
        "navigate_url": navigation.amap(station),
    }
