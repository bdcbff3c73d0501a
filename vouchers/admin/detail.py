"""What stands around the facts of one card: the next step, items with ticks, bookings, history."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from vouchers import rules
from vouchers.models import Step, Voucher
from vouchers.states import MOVE_NAMES, Party


def beside(voucher: Voucher, user: User) -> dict[str, Any]:
    ticks = {tick.item_id: tick for tick in voucher.ticks.select_related("by")}
    steps = voucher.steps.select_related("by").order_by("pk")
    return {
        "voucher": voucher,
        "may_void": "void" in rules.allowed(voucher, user),
        "list_address": reverse("admin:vouchers_voucher_changelist"),
        "courier_address": reverse("admin:accounts_courier_change", args=[voucher.courier_id]),
        "items": [{"name": item.name, "tick": ticks.get(item.pk)} for item in voucher.programme.items.all()],
        "bookings": sorted(voucher.bookings.all(), key=lambda booking: int(booking.pk)),
        "steps": [{"step": step, "sentence": MOVE_NAMES[step.move], "who": _who(step)} for step in steps],
    }


def _who(step: Step) -> str:
    """The courier is not named; staff are, masked."""
    party = Party(step.party)
    if step.by is None or party == Party.COURIER:
        return str(party.label)
    return f"{party.label} {step.by}"
