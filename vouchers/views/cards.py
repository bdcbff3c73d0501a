"""A courier's own cards: all of them, one of them, and its appointment for the calendar."""

from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.models import Courier
from fengchao.core import clock, codes
from fengchao.core.calendar_files import Appointment, calendar_file
from fengchao.core.errors import NotThere
from vouchers import rules
from vouchers.models import Booking, Item, SlotWaiting, Voucher
from vouchers.states import LIVE, REMINDED_BEFORE, SERVED, VoucherState
from vouchers.views import history

BRING = "早上空腹，带好身份证。到了出示体检卡的码。"
MOST_CARDS = 100


@never_cache
@require_safe
@courier_page
def my_vouchers(request: CourierRequest) -> HttpResponse:
    """All, what can still be used first; the only one is opened at once."""
    cards = list(
        Voucher.objects.of_courier(request.courier).shown().with_bookings().order_by("-issued_at", "-pk")[:MOST_CARDS]
    )
    if len(cards) == 1:
        return redirect(cards[0])
    cards.sort(key=lambda card: card.state not in LIVE)
    return render(request, "vouchers/mine.html", {"cards": [(card, card.live_booking) for card in cards]})


@never_cache
@require_safe
@courier_page
def voucher(request: CourierRequest, code: str) -> HttpResponse:
    found, at = own(request.courier, code), clock.now()
    may = rules.allowed(found, request.user, at)
    booking = found.live_booking
    context: dict[str, Any] = {
        "voucher": found,
        "programme": found.programme,
        "is_live": found.state in LIVE,
        "qr": codes.qr_code(found.code) if found.state in LIVE else "",
        "items": items(found),
        "is_there": found.state == VoucherState.CHECKED_IN or found.state in SERVED,
        "booking": booking,
        "last_change": rules.last_change(booking.slot) if booking else None,
        "may_book": "book" in may,
        "may_change": "change" in may,
        "waiting": waits_for(found, at),
        "steps": history.in_words(found),
    }
    return render(request, "vouchers/voucher.html", context)


@never_cache
@require_safe
@courier_page
def calendar(request: CourierRequest, code: str) -> HttpResponse:
    """The appointment while there is one."""
    found = own(request.courier, code)
    booking = found.live_booking
    if booking is None:
        raise NotThere
    response = HttpResponse(calendar_file(appointment(found, booking)), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(False, "体检.ics") or ""
    return response


def appointment(found: Voucher, booking: Booking) -> Appointment:
    programme = found.programme
    phone = f"电话 {programme.phone}。" if programme.phone else ""
    return Appointment(
        key=f"voucher-{found.code}", version=Booking.objects.filter(voucher=found).aggregate(n=Count("pk"))["n"],
        title=f"{programme.name}：{programme.centre.name}", starts_at=booking.slot.starts_at,
        ends_at=booking.slot.ends_at, place=programme.address, text=f"{BRING}{phone}", made_at=booking.at,
        reminded=REMINDED_BEFORE,
    )  # fmt: skip


def own(courier: Courier, code: str) -> Voucher:
    """His card; another's looks like one that does not exist."""
    cards = Voucher.objects.of_courier(courier).shown().with_bookings()
    found: Voucher | None = cards.filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def items(found: Voucher) -> list[tuple[Item, datetime | None]]:
    """In their order, each with the time when it was done."""
    done = dict(found.ticks.values_list("item_id", "at"))
    return [(item, done.get(item.pk)) for item in found.programme.items.all()]


def waits_for(found: Voucher, at: datetime) -> list[SlotWaiting]:
    """The full slots in which he gets a place when one comes free."""
    if found.state != VoucherState.ISSUED:
        return []
    waiting = SlotWaiting.objects.filter(voucher=found, slot__starts_at__gt=at).select_related("slot")
    return list(waiting.order_by("slot__starts_at"))
