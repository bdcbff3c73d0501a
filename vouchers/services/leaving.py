"""A courier leaves: his card goes to somebody else."""

from datetime import datetime

from accounts.models import User
from fengchao.core import clock
from fengchao.core.models import IdempotencyKey
from fengchao.core.transactions import unit_of_work
from vouchers.models import Step, Voucher, Waiting
from vouchers.services import issuing
from vouchers.services.booking import release_slot
from vouchers.services.turns import Turn, finish, live_booking, lock_programme, lock_slots, locked_row
from vouchers.states import Party, VoucherState

LEFT = "账号已注销"


def give_up(user: User, *, at: datetime | None = None) -> None:
    """Void what he has not used, take him off the waiting lists, and forget the answers that hold his whole name. Who
    is at the centre just now is left to it."""
    at = at or clock.now()
    unused = (VoucherState.ISSUED, VoucherState.BOOKED)
    for voucher in Voucher.objects.filter(courier=user.pk, state__in=unused).order_by("pk"):
        with unit_of_work():
            programme, booking = lock_programme(voucher.programme_id), live_booking(voucher)
            lock_slots([booking.slot] if booking else [])
            locked = locked_row(voucher.pk)
            if locked is not None and locked.state in unused:
                release_slot(locked, at=at, expected=booking)
                finish(Turn(locked, "void", None, Party.SYSTEM, at, LEFT))
                issuing.fill(programme, at=at)
    Waiting.objects.filter(courier=user.pk).delete()
    _forget_answers(user)


def _forget_answers(user: User) -> None:
    """What repeats of a move by the centre would get; a repeat is refused by the card's state now."""
    hands = Step.objects.filter(voucher__courier=user.pk).exclude(by=None).values("by_id")
    for code in Voucher.objects.filter(courier=user.pk).values_list("code", flat=True):
        IdempotencyKey.objects.filter(path__contains=f"/vouchers/{code}/", user_id__in=hands).delete()
