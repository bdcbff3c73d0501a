"""The courier takes a time of the centre's line, changes it, gives it back, or waits for one that is full."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.models import User
from fengchao.core import clock
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.templatetags.fengchao import due
from vouchers import rules, services
from vouchers.forms import SlotForm
from vouchers.models import Booking, Slot, SlotWaiting, Voucher
from vouchers.problems import SlotClosed, SlotFull, TooLate, WrongState
from vouchers.states import VoucherState
from vouchers.views.cards import own

MOVES = ("book", "change", "cancel", "wait", "stop-waiting")
NEEDS_SLOT = ("book", "change", "wait", "stop-waiting")


@dataclass(frozen=True)
class Time:
    """One slot as he sees it: `kind` is free, full, wait (can be waited for), waiting or mine."""

    slot: Slot
    kind: str


@dataclass
class Day:
    day: date
    times: list[Time] = field(default_factory=list)
    is_last_moment: bool = False
    """What is booked now cannot be changed or cancelled any more."""

    @property
    def free(self) -> int:
        return sum(time.slot.free for time in self.times if time.kind == "free")


@never_cache
@require_safe
@courier_page
def slots(request: CourierRequest, code: str) -> HttpResponse:
    """Days with free places first, each in its order; then those where he can only wait."""
    found, at = own(request.courier, code), clock.now()
    may = rules.allowed(found, request.user, at)
    if not {"book", "change"} & set(may):
        messages.warning(request, why_not(found))
        return redirect(found)
    days = open_days(found, at)
    unfolded = next((day for day in days if day.free and not day.is_last_moment), None)
    context = {
        "voucher": found,
        "booking": found.live_booking,
        "move": "change" if "change" in may else "book",
        "days": [day for day in days if day.free],
        "full_days": [day for day in days if not day.free],
        "unfolded": unfolded,
    }
    return render(request, "vouchers/slots.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def move(request: CourierRequest, code: str, name: str) -> HttpResponse:
    """One of the forms of the two pages. It leads to the card, or to the times again when another has to be chosen."""
    found = own(request.courier, code)
    if name not in MOVES:
        raise NotThere
    if request.method != "POST":
        return redirect(found)
    slot = _slot(found, request) if name in NEEDS_SLOT else None
    if name in NEEDS_SLOT and slot is None:
        messages.warning(request, SlotClosed.message)
        return redirect("voucher_slots", found.code)
    if _is_done(found, name, slot):
        return redirect(found)
    try:
        told = _make(found, name, slot, request.user)
    except (SlotFull, SlotClosed) as refusal:
        messages.warning(request, refusal.message)
        return redirect("voucher_slots", found.code)
    except RuleBroken as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect(found)


def open_days(found: Voucher, at: datetime) -> list[Day]:
    """What can be booked or waited for while the card is valid."""
    _, end = clock.day_bounds(found.valid_until)
    line = Slot.objects.filter(programme=found.programme_id, starts_at__lt=end).bookable(at)
    waiting = set(SlotWaiting.objects.filter(voucher=found).values_list("slot_id", flat=True))
    mine = found.live_booking.slot_id if found.live_booking else None
    may_wait = found.state == VoucherState.ISSUED
    days = []
    for day, of_day in groupby(line, key=lambda slot: clock.shanghai_day(slot.starts_at)):
        rows = list(of_day)
        late = not rules.may_change(rows[0], at)
        kinds = [_kind(slot, mine=mine, waiting=waiting, may_wait=may_wait and not late) for slot in rows]
        days.append(Day(day, [Time(slot, kind) for slot, kind in zip(rows, kinds, strict=True)], late))
    return days


def _kind(slot: Slot, *, mine: int | None, waiting: set[int], may_wait: bool) -> str:
    if slot.pk == mine:
        return "mine"
    if slot.pk in waiting:
        return "waiting"
    if slot.free > 0:
        return "free"
    return "wait" if may_wait else "full"


def why_not(found: Voucher) -> str:
    """Why no time can be chosen."""
    if found.state == VoucherState.BOOKED:
        return TooLate.message
    if found.state == VoucherState.ISSUED:
        return "这张体检卡已经过了有效期，不能再约。"
    return WrongState(state=VoucherState(found.state).label).message


def _slot(found: Voucher, request: CourierRequest) -> Slot | None:
    form = SlotForm(request.POST)
    if not form.is_valid():
        return None
    chosen: Slot | None = Slot.objects.filter(programme=found.programme_id, pk=form.cleaned_data["slot"]).first()
    return chosen


def _is_done(found: Voucher, name: str, slot: Slot | None) -> bool:
    """Sent twice: what he wants is so already, and there is nothing to complain of."""
    if name in ("book", "change"):
        return slot is not None and Booking.objects.live().filter(voucher=found, slot=slot).exists()
    if name == "cancel":
        return found.state == VoucherState.ISSUED
    waits = SlotWaiting.objects.filter(voucher=found, slot=slot).exists()
    return waits == (name == "wait")


def _make(found: Voucher, name: str, slot: Slot | None, by: User) -> str:
    """The move, and the sentence that says what is so now."""
    if slot is None:
        services.cancel(found, by=by)
        return "已取消预约，随时可以再约。"
    when = due(slot.starts_at)
    match name:
        case "book":
            services.book(found, slot, by=by)
            return f"约好了：{when}。"
        case "change":
            services.change(found, slot, by=by)
            return f"改好了：{when}。"
        case "wait":
            services.wait_for(found, slot, by=by)
            return f"已候补 {when}，有人让出来就为你约上，会通知你。"
    services.stop_waiting(found, slot, by=by)
    return "不再候补这个时段。"
