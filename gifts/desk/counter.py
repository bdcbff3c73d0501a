"""The counter's pages: identify, pick, confirm, undo. Each view asks a service and shows its answer."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Courier, User
from accounts.services.registration import verify
from fengchao.core import clock, idempotency, photos
from fengchao.core.errors import NotAllowed, NotThere, RuleBroken
from fengchao.core.idempotency import Key, KeyMismatch
from fengchao.core.masking import mask_name
from gifts.forms import AnnulForm, IdentifyForm, RedeemForm, TicketForm
from gifts.guards import counter_page, desk_page
from gifts.models import Gift, Redemption, RefusedAttempt
from gifts.rules import may_verify_at_counter, undo_minutes_left
from gifts.services import annul, options, redeem_with_ticket
from gifts.services.refusals import taken_this_month
from gifts.states import RedemptionState
from points.services import standing
from stations import counter
from stations.models import Station

SHOWN_TODAY = 20
REFUSED_SHOWN = 5


@require_safe
@desk_page
def stations(request: HttpRequest, worker: User) -> HttpResponse:
    served = list(Station.objects.served_by(worker).order_by("code"))
    if len(served) == 1:
        return redirect("counter", served[0].code)
    return render(request, "desk/stations.html", {"stations": served})


@require_safe
@counter_page
def start(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    done = Redemption.objects.with_balance().filter(
        number=request.GET.get("done", ""), station=station, by=worker, state=RedemptionState.HANDED_OVER
    )
    return _counter(request, worker, station, outcome=_done(done.first()))


@require_http_methods(["GET", "POST"])
@counter_page
def identify(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    if request.method == "GET":
        return redirect("counter", station.code)
    form = IdentifyForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            seen = counter.identify(station, by=worker, **form.way())
        except RuleBroken as refusal:
            form.add_error("image" if form.cleaned_data.get("image") else "code", refusal.message)
            return _counter(request, worker, station, form=form, status=refusal.status)
        return _counter(request, worker, station, ticket=seen.ticket, courier=seen.courier)
    return _counter(request, worker, station, form=form)


@require_http_methods(["GET", "POST"])
@counter_page
def redeem(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    form = RedeemForm(request.POST)
    if request.method == "GET" or not form.is_valid():
        return _not_understood(request, worker, station, form)
    wanted = form.cleaned_data
    gift = Gift.objects.filter(code=wanted["gift"]).first()
    if gift is None:
        return _refused(request, worker, station, wanted["ticket"], NotThere("没有这种礼品。"))
    digest = hashlib.sha256(f"{wanted['ticket']}\n{gift.code}".encode()).hexdigest()
    try:
        answer = idempotency.once(
            Key(worker.pk, wanted["key"], "POST", request.path, digest),
            lambda: redeem_with_ticket(wanted["ticket"], gift, station=station, by=worker),
            lambda redemption: (201, {"number": redemption.number}),
        )
    except KeyMismatch:
        return _refused(request, worker, station, "", KeyMismatch("这一页已经兑换过，请重新识别骑手。"))
    except RuleBroken as refusal:
        return _refused(request, worker, station, wanted["ticket"], refusal, selected=gift.code)
    return redirect(f"{reverse('counter', args=[station.code])}?done={answer.body['number']}")


@require_http_methods(["GET", "POST"])
@counter_page
def verify_courier(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    form = TicketForm(request.POST)
    if request.method == "GET" or not form.is_valid():
        return redirect("counter", station.code)
    ticket = form.cleaned_data["ticket"]
    try:
        courier = counter.read_ticket(ticket, station=station, by=worker)
        if not may_verify_at_counter(worker, courier):
            raise NotAllowed
        verify(courier, by=worker)
    except RuleBroken as refusal:
        return _refused(request, worker, station, ticket, refusal)
    messages.success(request, "已核验，可以换礼品了。")
    return _counter(request, worker, station, ticket=ticket, courier=_known(ticket, station, worker))


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def annul_redemption(request: HttpRequest, worker: User, station: Station, number: str) -> HttpResponse:
    redemption = Redemption.objects.with_balance().filter(station=station, number=number).first()
    if redemption is None:
        raise NotThere
    form = AnnulForm(request.POST or None)
    if form.is_valid():
        try:
            annul(redemption, reason=form.cleaned_data["reason"], by=worker)
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, f"已撤销 {number}，积分和库存都退回了。")
            return redirect("counter", station.code)
    context = {
        "station": station,
        "redemption": {**_row(redemption, clock.now()), "at": redemption.at},
        "form": form,
        "undo_left": undo_minutes_left(redemption, clock.now()),
    }
    return render(request, "desk/annul.html", context)


def _not_understood(request: HttpRequest, worker: User, station: Station, form: RedeemForm) -> HttpResponse:
    if request.method == "GET":
        return redirect("counter", station.code)
    message = "请先选一件礼品。" if "gift" in form.errors else "这一页已失效，请重新识别骑手。"
    return _refused(request, worker, station, form.cleaned_data.get("ticket", ""), RuleBroken(message))


def _refused(
    request: HttpRequest, worker: User, station: Station, ticket: str, refusal: RuleBroken, *, selected: str = ""
) -> HttpResponse:
    """The refusal above the page, with the courier still before the worker while his ticket lasts."""
    courier = _known(ticket, station, worker)
    outcome = {"kind": "refused", "message": refusal.message}
    return _counter(
        request, worker, station, ticket=ticket if courier else None, courier=courier, outcome=outcome,
        selected=selected, status=refusal.status,
    )  # fmt: skip


def _known(ticket: str, station: Station, worker: User) -> Courier | None:
    try:
        return counter.read_ticket(ticket, station=station, by=worker)
    except RuleBroken:
        return None


def _counter(
    request: HttpRequest,
    worker: User,
    station: Station,
    *,
    form: IdentifyForm | None = None,
    ticket: str | None = None,
    courier: Courier | None = None,
    outcome: dict[str, Any] | None = None,
    selected: str = "",
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    of_today = Redemption.objects.filter(station=station).on_day(at)
    refused = RefusedAttempt.objects.filter(station=station).on_day(at).select_related("courier__user", "gift")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "today_count": of_today.live().count(),
        "today": [
            _row(r, at) for r in of_today.select_related("courier__user", "gift").order_by("-at", "-pk")[:SHOWN_TODAY]
        ],
        "refused": [_refusal_row(attempt) for attempt in refused.order_by("-at", "-pk")[:REFUSED_SHOWN]],
        "form": form or IdentifyForm(),
        "outcome": outcome,
        "ticket": ticket,
    }
    if ticket and courier:
        context |= _served(courier, station, worker, at, selected)
    return render(request, "gifts/counter.html", context, status=status)


def _served(courier: Courier, station: Station, worker: User, at: datetime, selected: str) -> dict[str, Any]:
    """What the worker sees of the courier before him."""
    mine = standing(courier)
    return {
        "courier": {
            "name": mask_name(courier.user.name),
            "outlet": str(courier.outlet) if courier.outlet else "",
            "tail": (courier.user.phone or "")[-4:],
            "month_count": sum(taken_this_month(courier, at).values()),
            "verified": courier.is_verified,
        },
        "standing": mine,
        "gifts": [
            {
                "code": option.gift.code,
                "name": option.gift.name,
                "points": option.gift.points,
                "icon": option.gift.icon,
                "photo_url": photos.address(option.gift.photo, "thumb") if option.gift.photo else "",
                "available": option.available,
                "reason": option.reason,
                "left_after": mine.available - option.gift.points,
                "selected": option.gift.code == selected,
            }
            for option in options(courier, station, at=at)
        ],
        "redeem_key": uuid.uuid4(),
        "can_verify": may_verify_at_counter(worker, courier),
    }


def _row(redemption: Redemption, at: datetime) -> dict[str, Any]:
    return {
        "time": redemption.at,
        "name": mask_name(redemption.courier.user.name),
        "gift": redemption.gift.name,
        "points": redemption.points,
        "state": redemption.state,
        "number": redemption.number,
        "undo_left": undo_minutes_left(redemption, at),
    }


def _refusal_row(attempt: RefusedAttempt) -> dict[str, Any]:
    name = mask_name(attempt.courier.user.name) if attempt.courier else ""
    return {"time": attempt.at, "name": name, "detail": attempt.detail}


def _done(redemption: Redemption | None) -> dict[str, Any] | None:
    if redemption is None:
        return None
    return {
        "kind": "done",
        "name": mask_name(redemption.courier.user.name),
        "gift": redemption.gift.name,
        "points": redemption.points,
        "balance": redemption.balance_after,
        "number": redemption.number,
    }
