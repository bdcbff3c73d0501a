"""What the centre does with who comes: checks in, ticks what was done, completes. No result is ever stored."""

from datetime import datetime

from accounts.models import User
from fengchao.core import clock, codes
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from vouchers.models import Item, Tick, Voucher
from vouchers.problems import AlreadyCheckedIn, ItemNotHere, NotBooked, WrongDay
from vouchers.services import issuing
from vouchers.services.turns import Turn, end_booking, live_booking, refuse_state, turn
from vouchers.states import NO_SHOWS, SERVED, Outcome, VoucherState


def find(code: str, *, by: User) -> Voucher:
    """The voucher of a scanned or typed code, at a centre of `by`. Raises NotThere."""
    wanted = codes.as_meant(code)[:12]
    found: Voucher | None = Voucher.objects.at_centre(by).shown().filter(code=wanted).first()
    if found is None:
        raise NotThere("没有这张体检卡，请核对卡号。")
    return found


def check_in(voucher: Voucher, *, by: User, at: datetime | None = None) -> Voucher:
    """Who has come, on the day he booked for. Of any number of scans one is the check-in; the others are told when and
    where it was (AlreadyCheckedIn). Raises NotBooked, WrongDay, and what `turn` raises. Locks the voucher."""
    at = at or clock.now()
    with turn(voucher, "check-in", by, at, refuse=_refuse_check_in) as made:
        booking = live_booking(made.voucher)
        day = clock.shanghai_day(booking.slot.starts_at) if booking else None
        if day is None or day != clock.shanghai_day(at):
            raise WrongDay(day=f"{day.month} 月 {day.day} 日" if day else "别的日子")
        end_booking(made.voucher, Outcome.KEPT, at)
        made.voucher.checked_in_at = at
    return made.voucher


def tick(voucher: Voucher, item: Item, *, done: bool, by: User, at: datetime | None = None) -> Voucher:
    """An item was done, or the tick was a mistake; who and when stays. A repeat changes nothing. Raises ItemNotHere for
    an item of another programme, and what `turn` raises."""
    if item.programme_id != voucher.programme_id:
        raise ItemNotHere
    with turn(voucher, "tick", by, at, f"{'' if done else '取消 '}{item.name}") as made:
        if done:
            Tick.objects.get_or_create(voucher=made.voucher, item=item, defaults={"at": made.at, "by": by})
        else:
            Tick.objects.filter(voucher=made.voucher, item=item).delete()
    return made.voucher


def complete(voucher: Voucher, *, by: User, at: datetime | None = None) -> Voucher:
    """He goes home: completed when every item was ticked, else partial."""
    with turn(voucher, "complete", by, at) as made:
        made.after = end_of(made.voucher)
    return made.voucher


def no_show(voucher: Voucher, *, by: User, at: datetime | None = None) -> Voucher:
    """He did not come: he may book again once; the second time the place goes back to the pool. Not before the slot has
    begun (WrongDay)."""
    with unit_of_work():
        with turn(voucher, "no-show", by, at) as made:
            miss(made)
        if made.after == VoucherState.RETURNED:
            issuing.fill(voucher.programme, at=made.at)
    return made.voucher


def miss(made: Turn) -> None:
    """The part of a no-show that the clock shares."""
    booking = live_booking(made.voucher)
    if booking is None or booking.slot.starts_at > made.at:
        raise WrongDay("预约的时间还没到。")
    end_booking(made.voucher, Outcome.MISSED, made.at)
    made.voucher.no_shows += 1
    gone = made.voucher.no_shows >= NO_SHOWS
    made.after = VoucherState.RETURNED if gone else VoucherState.ISSUED


def _refuse_check_in(voucher: Voucher) -> None:
    """Why a voucher cannot be checked in, in words that help at the counter."""
    if voucher.state == VoucherState.CHECKED_IN or voucher.state in SERVED:
        assert voucher.checked_in_at is not None  # by constraint
        when = voucher.checked_in_at.astimezone(clock.SHANGHAI)
        raise AlreadyCheckedIn(when=f"{when:%m-%d %H:%M}", where=voucher.programme.centre.name)
    if voucher.state == VoucherState.ISSUED:
        raise NotBooked
    refuse_state(voucher, "check-in")


def end_of(voucher: Voucher) -> VoucherState:
    left = voucher.programme.items.exclude(pk__in=voucher.ticks.values("item_id"))
    return VoucherState.PARTIAL if left.exists() else VoucherState.COMPLETED
