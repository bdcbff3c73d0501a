"""Tables of this app."""

from vouchers.models.bookings import Booking, Slot, SlotWaiting
from vouchers.models.programmes import Allotment, Item, Programme, Waiting
from vouchers.models.vouchers import Step, Tick, Voucher

__all__ = [
    "Allotment",
    "Booking",
    "Item",
    "Programme",
    "Slot",
    "SlotWaiting",
    "Step",
    "Tick",
    "Voucher",
    "Waiting",
]
