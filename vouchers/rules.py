"""Who may do what with a voucher: predicates that API, pages and admin share.

The district issues and voids. The courier books, changes and cancels. The centre checks in, ticks and completes, and
sees a name and items, nothing else. An outlet manager reads those of his couriers.
"""

from datetime import datetime, timedelta

from accounts.models import User
from accounts.roles import Role
from accounts.scope import covers
from fengchao.core import clock
from vouchers.models import Booking, Programme, Slot, Voucher
from vouchers.querysets import DISTRICT
from vouchers.states import LAST_CHANGE, MOVES, Party

COURIERS = ("book", "change", "cancel")
CENTRES = ("check-in", "tick", "complete", "no-show")
DISTRICTS = ("void",)


def is_own(user: User, voucher: Voucher) -> bool:
    return bool(voucher.courier_id == user.pk)


def manages(user: User, programme: Programme) -> bool:
    """Whether `user` issues and voids vouchers of the programme."""
    return covers(user, programme.organisation.path, Role.DISTRICT_ADMIN)


def reads(user: User, programme: Programme) -> bool:
    return covers(user, programme.organisation.path, *DISTRICT)


def works_at_centre(user: User, programme: Programme) -> bool:
    return covers(user, programme.centre.path, Role.CLINIC)


def may_read_history(user: User, voucher: Voucher) -> bool:
    return is_own(user, voucher) or reads(user, voucher.programme)


def may_see_name(user: User, voucher: Voucher) -> bool:
    """His whole name: the courier himself, and the centre, which compares it with an identity card."""
    return is_own(user, voucher) or works_at_centre(user, voucher.programme)


def reads_as_centre(user: User, voucher: Voucher) -> bool:
    """Whether he reads it for the centre's work alone: name, items and time, nothing else."""
    return works_at_centre(user, voucher.programme) and not may_read_history(user, voucher)


def party_of(user: User, voucher: Voucher, move: str) -> Party | None:
    """As whom `user` may make `move`, None when he may not. State and times are not looked at."""
    if move in COURIERS and is_own(user, voucher):
        return Party.COURIER
    if move in CENTRES and works_at_centre(user, voucher.programme):
        return Party.CENTRE
    if move in DISTRICTS and manages(user, voucher.programme):
        return Party.DISTRICT
    return None


def allowed(voucher: Voucher, user: User, at: datetime | None = None) -> list[str]:
    """The moves that `user` may make now, in the words of the API."""
    at = at or clock.now()
    return [
        move
        for move, (before, _) in MOVES.items()
        if voucher.state in before
        and (party := party_of(user, voucher, move))
        and (party == Party.COURIER or not is_own(user, voucher))
        and not _is_late(voucher, move, at)
    ]


def may_change(slot: Slot, at: datetime) -> bool:
    """Until 18:00 of the day before."""
    return at < last_change(slot)


def last_change(slot: Slot) -> datetime:
    day = clock.shanghai_day(slot.starts_at) - timedelta(days=1)
    return datetime.combine(day, LAST_CHANGE, tzinfo=clock.SHANGHAI)


def _is_late(voucher: Voucher, move: str, at: datetime) -> bool:
    booking: Booking | None = voucher.live_booking
    if move in ("change", "cancel"):
        return booking is None or not may_change(booking.slot, at)
    if move == "check-in":
        return booking is None or clock.shanghai_day(booking.slot.starts_at) != clock.shanghai_day(at)
    if move == "no-show":
        return booking is None or booking.slot.starts_at > at
    return move == "book" and voucher.valid_until < clock.shanghai_day(at)
