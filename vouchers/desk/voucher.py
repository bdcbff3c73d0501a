"""One card at the centre: the name, the time and the items, and nothing else of the person."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.messages import constants, get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from fengchao.core import clock
from fengchao.core.acts import act_once
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.templatetags.fengchao import when
from vouchers import rules, services
from vouchers.forms import CompleteForm, MoveForm, TickForm
from vouchers.guards import clinic_page
from vouchers.models import Item, Tick, Voucher
from vouchers.problems import AlreadyCheckedIn, NotBooked, SelfDealing, WrongDay
from vouchers.states import NO_SHOWS, SERVED, VoucherState

MOVES = ("check-in", "tick", "complete", "no-show")
ACTS: dict[str, Callable[..., Voucher]] = {
    "check-in": services.check_in,
    "complete": services.complete,
    "no-show": services.no_show,
}
BROKEN_FORM = "这一页已失效，请重新扫码。"
S = VoucherState
OVER = {
    S.VOID: "这张体检卡已作废，不能体检。有疑问请联系区里。",
    S.EXPIRED: "这张体检卡已过期，不能体检。",
    S.RETURNED: "两次预约没有来，名额已经让给别人，不能体检。",
}


@dataclass(frozen=True)
class Line:
    """An item, and its tick."""

    item: Item
    tick: Tick | None


@require_safe
@clinic_page
def voucher(request: HttpRequest, worker: User, code: str) -> HttpResponse:
    found, at = at_centre(worker, code), clock.now()
    lines = lines_of(found)
    may, problem = rules.allowed(found, worker, at), why_not(found, worker, at)
    context = {
        "voucher": found,
        "programme": found.programme,
        "booking": found.live_booking,
        "lines": lines,
        "done": sum(line.tick is not None for line in lines),
        "following": next((line.item.pk for line in lines if line.tick is None), None),
        "moves": {move.replace("-", "_"): move in may for move in MOVES},
        "is_last_chance": found.no_shows + 1 >= NO_SHOWS,
        "problem": problem,
        "was_there": found.state == S.CHECKED_IN or found.state in SERVED,
        "outcome": _outcome(request, refused=bool(problem) and found.state != S.CHECKED_IN),
        "key": uuid.uuid4().hex,
    }
    return render(request, "desk/clinic_voucher.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page
def move(request: HttpRequest, worker: User, code: str, move: str) -> HttpResponse:
    """One of the forms of the card's page. GET asks whether to end with items left; else it leads to the card."""
    found = at_centre(worker, code)
    if move not in MOVES:
        raise NotThere
    if request.method != "POST":
        left = left_of(found) if move in rules.allowed(found, worker) and move == "complete" else []
        return _ask(request, found, left) if left else _to(found)
    if move == "tick":
        return _tick(request, worker, found)
    form = CompleteForm(request.POST) if move == "complete" else MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, BROKEN_FORM)
        return _to(found)
    if move == "complete" and found.state == S.CHECKED_IN and not form.cleaned_data["partly"] and left_of(found):
        return redirect("desk_clinic_move", found.code, move)  # an item's tick was taken back meanwhile
    try:
        act = ACTS[move]
        told = act_once(request, worker, form.cleaned_data["key"], lambda: act(found, by=worker), _told)
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return _to(found)


def _tick(request: HttpRequest, worker: User, found: Voucher) -> HttpResponse:
    form = TickForm(request.POST, voucher=found)
    if not form.is_valid():
        messages.error(request, "这张体检卡没有这个项目。" if "item" in form.errors else BROKEN_FORM)
        return _to(found)
    said = form.cleaned_data
    try:
        act_once(
            request, worker, said["key"],
            lambda: services.tick(found, said["item"], done=said["done"], by=worker), lambda _: "",
        )  # fmt: skip
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    return _to(found)


def _told(made: Voucher) -> str:
    """Kept with the request, so it names nobody."""
    match made.state:
        case S.CHECKED_IN:
            return "已报到，可以开始体检。"
        case S.COMPLETED:
            return "全部完成，可以回去了。"
        case S.PARTIAL:
            return "按部分完成结束了。"
        case S.RETURNED:
            return "已记为未到。两次没来，名额让给别人。"
    return "已记为未到，还可以再约一次。"


def _to(found: Voucher) -> HttpResponse:
    return redirect("desk_clinic_voucher", found.code)


def _ask(request: HttpRequest, found: Voucher, left: list[str]) -> HttpResponse:
    context = {"voucher": found, "left": left, "form": CompleteForm()}
    return render(request, "desk/clinic_complete.html", context)


def at_centre(worker: User, code: str) -> Voucher:
    """What can be shown at a centre of `worker`; another's looks like one that does not exist."""
    found: Voucher | None = Voucher.objects.at_centre(worker).shown().with_bookings().filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def lines_of(found: Voucher) -> list[Line]:
    ticks = {tick.item_id: tick for tick in found.ticks.all()}
    return [Line(item, ticks.get(item.pk)) for item in found.programme.items.all()]


def left_of(found: Voucher) -> list[str]:
    return [line.item.name for line in lines_of(found) if line.tick is None]


def why_not(found: Voucher, worker: User, at: datetime) -> str:
    """Why this card is not checked in now, in words that a nurse can repeat; "" when it may be."""
    if rules.is_own(worker, found):
        return SelfDealing.message
    state = S(found.state)
    if state in OVER:
        return OVER[state]
    if found.checked_in_at is not None and (state == S.CHECKED_IN or state in SERVED):
        return AlreadyCheckedIn(when=when(found.checked_in_at), where=found.programme.centre.name).message
    booking = found.live_booking
    if booking is None:
        return NotBooked.message
    day = clock.shanghai_day(booking.slot.starts_at)
    if day != clock.shanghai_day(at):
        return WrongDay(day=f"{day.month} 月 {day.day} 日").message
    return ""


def _outcome(request: HttpRequest, *, refused: bool) -> str:
    """What colour and tone tell from two metres: only after a scan or a move. `refused`: there is nothing to do with
    this card now."""
    levels, scanned = {message.level for message in get_messages(request)}, "scan" in request.GET
    if constants.ERROR in levels or (scanned and refused):
        return "refused"
    if constants.SUCCESS in levels:
        return "done"
    return "identified" if scanned else ""
