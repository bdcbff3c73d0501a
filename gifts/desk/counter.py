"""The counter's pages: identify, pick, confirm, fetch, undo. Each view asks a service and shows its answer."""

import hashlib

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Courier, User
from accounts.services.registration import verify
from fengchao.core import clock, idempotency
from fengchao.core.errors import NotAllowed, NotThere, RuleBroken
from fengchao.core.idempotency import Key, KeyMismatch
from gifts import services
from gifts.desk.page import done, row, show
from gifts.forms import AnnulForm, IdentifyForm, PickUpForm, RedeemForm, TicketForm, told_apart
from gifts.models import Gift, Redemption
from gifts.rules import may_verify_at_counter, undo_minutes_left
from gifts.services import annul, look_up, redeem_with_ticket
from gifts.states import RedemptionState
from stations import counter
from stations.guards import counter_page
from stations.models import Station


@require_safe
@counter_page
def start(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    found = Redemption.objects.with_balance().filter(
        number=request.GET.get("done", ""), station=station, by=worker, state=RedemptionState.HANDED_OVER
    )
    return show(request, worker, station, outcome=done(found.first()))


@require_http_methods(["GET", "POST"])
@counter_page
def identify(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    if request.method == "GET":
        return redirect("counter", station.code)
    form = IdentifyForm(request.POST, request.FILES)
    if form.is_valid():
        picture = form.picture
        try:
            text = counter.read_image(picture, size=picture.size or 0) if picture else form.cleaned_data["code"]
            told = told_apart(text)
            if code := told.get("pickup_code"):
                with counter.wrong_codes_counted(worker):
                    found = look_up(code, station=station, by=worker)
                return show(request, worker, station, pickup=found)
            seen = counter.identify(station, by=worker, **told)
        except RuleBroken as refusal:
            form.add_error("image" if picture else "code", refusal.message)
            return show(request, worker, station, form=form, status=refusal.status)
        return show(request, worker, station, ticket=seen.ticket, courier=seen.courier)
    return show(request, worker, station, form=form)


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
        return _refused(request, worker, station, "", KeyMismatch("这一页已经兑换过，请重新识别快递小哥。"))
    except RuleBroken as refusal:
        return _refused(request, worker, station, wanted["ticket"], refusal, selected=gift.code)
    return redirect(f"{reverse('counter', args=[station.code])}?done={answer.body['number']}")


@require_http_methods(["GET", "POST"])
@counter_page
def pick_up(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    form = PickUpForm(request.POST)
    if request.method == "GET":
        return redirect("counter", station.code)
    refusal: RuleBroken
    try:
        if not form.is_valid():
            raise RuleBroken("这一页已失效，请重新扫取货码。")
        code = form.cleaned_data["pickup_code"]
        digest = hashlib.sha256(code.encode()).hexdigest()
        with counter.wrong_codes_counted(worker):
            answer = idempotency.once(
                Key(worker.pk, form.cleaned_data["key"], "POST", request.path, digest),
                lambda: services.pick_up(code, station=station, by=worker),
                lambda redemption: (201, {"number": redemption.number}),
            )
    except KeyMismatch:
        refusal = KeyMismatch("这一页已经取过货，请重新扫取货码。")
    except RuleBroken as broken:
        refusal = broken
    else:
        return redirect(f"{reverse('counter', args=[station.code])}?done={answer.body['number']}")
    outcome = {"kind": "refused", "title": "没有取成", "message": refusal.message}
    return show(request, worker, station, outcome=outcome, status=refusal.status)


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
    return show(request, worker, station, ticket=ticket, courier=_known(ticket, station, worker))


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
        "redemption": {**row(redemption, clock.now()), "at": redemption.at},
        "form": form,
        "undo_left": undo_minutes_left(redemption, clock.now()),
    }
    return render(request, "desk/annul.html", context)


def _not_understood(request: HttpRequest, worker: User, station: Station, form: RedeemForm) -> HttpResponse:
    if request.method == "GET":
        return redirect("counter", station.code)
    message = "请先选一件礼品。" if "gift" in form.errors else "这一页已失效，请重新识别快递小哥。"
    return _refused(request, worker, station, form.cleaned_data.get("ticket", ""), RuleBroken(message))


def _refused(
    request: HttpRequest, worker: User, station: Station, ticket: str, refusal: RuleBroken, *, selected: str = ""
) -> HttpResponse:
    """The refusal above the page, with the courier still before the worker while his ticket lasts."""
    courier = _known(ticket, station, worker)
    outcome = {"kind": "refused", "title": "没有兑换成", "message": refusal.message}
    return show(
        request, worker, station, ticket=ticket if courier else None, courier=courier, outcome=outcome,
        selected=selected, status=refusal.status,
    )  # fmt: skip


def _known(ticket: str, station: Station, worker: User) -> Courier | None:
    try:
        return counter.read_ticket(ticket, station=station, by=worker)
    except RuleBroken:
        return None
