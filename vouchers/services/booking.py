"""The courier takes a place in the centre's line, changes it, gives it back, or waits for one."""

from datetime import datetime

from accounts.models import User
from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from vouchers import rules
from vouchers.models import Booking, Slot, SlotWaiting, Voucher
from vouchers.problems import (
    AlreadyWaiting,
    ChangedMeanwhile,
    MayNot,
    NoNeedToWait,
    SlotClosed,
    SlotFull,
    TooLate,
)
from vouchers.services import telling
from vouchers.services.turns import (
    Turn,
    end_booking,
    finish,
    live_booking,
    lock_slots,
    locked_for,
    locked_row,
    refuse_state,
    turn,
)
from vouchers.states import MOVES, Outcome, Party


def book(voucher: Voucher, slot: Slot, *, by: User, at: datetime | None = None) -> Booking:
    """Take a place of `slot`. Locks the slot, so that the last place is taken once; its count is kept by a trigger,
    whose constraint stands behind the lock.

    Raises SlotClosed for a slot that has begun, is closed, or is none of this voucher's, SlotFull, and what `turn`
    raises.
    """
    with turn(voucher, "book", by, at, slots=[slot]) as made:
        return _take(made.voucher, slot, at=made.at)


def change(
    voucher: Voucher, slot: Slot, *, by: User, at: datetime | None = None, booking: Booking | None = None
) -> Booking:
    """Give the place back and take one of `slot`, or keep it when that cannot be. Until 18:00 of the day before
    (TooLate). Refused like `book`; ChangedMeanwhile when `booking`, which he means, is not the live one any more."""
    old = booking or live_booking(voucher)
    with turn(voucher, "change", by, at, slots=[slot, *([old.slot] if old else [])]) as made:
        _refuse_late(old, made.at)
        if old is not None and old.slot_id == slot.pk:
            raise SlotClosed("已经约在这个时段。")
        end_booking(made.voucher, Outcome.CANCELLED, made.at, expected=old)
        taken = _take(made.voucher, slot, at=made.at)
        if old is not None:
            move_up(old.slot, at=made.at)
    return taken


def cancel(voucher: Voucher, *, by: User, at: datetime | None = None, booking: Booking | None = None) -> Voucher:
    """Give the place back, until 18:00 of the day before (TooLate). It goes to who waits for it. ChangedMeanwhile when
    `booking`, which he means, is not the live one any more."""
    old = booking or live_booking(voucher)
    with turn(voucher, "cancel", by, at, slots=[old.slot] if old else []) as made:
        _refuse_late(old, made.at)
        release_slot(made.voucher, at=made.at, expected=old)
    return made.voucher


def wait_for(voucher: Voucher, slot: Slot, *, by: User, at: datetime | None = None) -> SlotWaiting:
    """Wait for a place in a full slot: when one comes free before its last evening, the first who waits has it."""
    at = at or clock.now()
    with unit_of_work():
        locked_slot = _open(voucher, slot, at=at)
        locked = locked_for(voucher, by)
        if not rules.is_own(by, locked):
            raise MayNot
        refuse_state(locked, "book")
        if locked_slot.free > 0:
            raise NoNeedToWait("这个时段还有空位，可以直接预约。")
        if not rules.may_change(locked_slot, at):
            raise TooLate("这个时段明天就到，不能再候补。")
        waiting, new = SlotWaiting.objects.get_or_create(slot=locked_slot, voucher=locked, defaults={"at": at})
        if not new:
            raise AlreadyWaiting
    return waiting


def stop_waiting(voucher: Voucher, slot: Slot, *, by: User) -> None:
    """A repeat changes nothing."""
    with unit_of_work():
        locked = locked_for(voucher, by)
        if not rules.is_own(by, locked):
            raise MayNot
        SlotWaiting.objects.filter(voucher=locked, slot=slot).delete()


def release_slot(voucher: Voucher, *, at: datetime, expected: Booking | None) -> None:
    """End the booking of a locked voucher whose slot is locked too, and give the place to who waits for it."""
    end_booking(voucher, Outcome.CANCELLED, at, expected=expected)
    SlotWaiting.objects.filter(voucher=voucher).delete()
    if expected is not None:
        move_up(expected.slot, at=at)


def move_up(slot: Slot, *, at: datetime) -> int:
    """Give free places of a locked slot to who waits, first come first served; how many. Not on its last evening: then
    nobody could give the place back who cannot come."""
    locked = Slot.objects.get(pk=slot.pk)
    moved = 0
    if locked.is_closed or not rules.may_change(locked, at):
        return 0
    for waiting in SlotWaiting.objects.filter(slot=locked).order_by("at", "pk"):
        if locked.free <= moved:
            break
        voucher = locked_row(waiting.voucher_id)
        if voucher is None or voucher.state not in MOVES["book"][0]:
            waiting.delete()
            continue
        booking = _take(voucher, locked, at=at)
        finish(Turn(voucher, "book", None, Party.SYSTEM, at))
        telling.tell_booked(booking, at=at)
        moved += 1
    return moved


def _take(voucher: Voucher, slot: Slot, *, at: datetime) -> Booking:
    locked = _open(voucher, slot, at=at)
    if locked.free <= 0:
        raise SlotFull
    SlotWaiting.objects.filter(voucher=voucher).delete()
    return Booking.objects.create(voucher=voucher, slot=locked, at=at)


def _open(voucher: Voucher, slot: Slot, *, at: datetime) -> Slot:
    """The slot under its lock, as the database has it now."""
    locked = lock_slots([slot]).get(slot.pk)
    if locked is None or locked.programme_id != voucher.programme_id or locked.is_closed or locked.starts_at <= at:
        raise SlotClosed
    if clock.shanghai_day(locked.starts_at) > voucher.valid_until:
        raise SlotClosed("这一天体检卡已经过期，请选早一点的时段。")
    return locked


def _refuse_late(booking: Booking | None, at: datetime) -> None:
    if booking is None:
        raise ChangedMeanwhile
    if not rules.may_change(booking.slot, at):
        raise TooLate
