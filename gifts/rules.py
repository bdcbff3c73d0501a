"""Who may do what with a redemption: predicates that API, pages and admin share."""

from datetime import datetime, timedelta

from accounts.models import Courier, User
from accounts.roles import COUNTER_STAFF, MANAGERS, VERIFIERS, Role
from accounts.scope import covers
from fengchao.core import clock
from gifts.models import Redemption, Reservation
from gifts.states import MOVES, RESERVATION_MOVES

UNDO = timedelta(minutes=15)


def may_annul_ever(user: User, redemption: Redemption) -> bool:
    """Street and district may annul at any time, the counter of the station in the first minutes."""
    return covers(user, redemption.station.organisation.path, *COUNTER_STAFF)


def undo_is_over(user: User, redemption: Redemption, at: datetime) -> bool:
    late = at - redemption.at > UNDO
    return late and not covers(user, redemption.station.organisation.path, *MANAGERS)


def may_edit_gifts(user: User) -> bool:
    """The catalogue is the district's."""
    return user.has_role(Role.DISTRICT_ADMIN)


def deals_with_himself(user: User, courier: Courier) -> bool:
    return courier.user_id == user.pk


def allowed(redemption: Redemption, user: User, at: datetime | None = None) -> list[str]:
    """The moves `user` may make now, in the words of the API."""
    may = (
        may_annul_ever(user, redemption)
        and not deals_with_himself(user, redemption.courier)
        and not undo_is_over(user, redemption, at or clock.now())
    )
    return [move for move, (before, _) in MOVES.items() if may and redemption.state == before]


def allowed_to_courier(reservation: Reservation) -> list[str]:
    """The moves its courier may make now, in the words of the API."""
    return ["cancel"] if reservation.state == RESERVATION_MOVES["cancel"][0] else []


def undo_minutes_left(redemption: Redemption, at: datetime) -> int | None:
    """Whole minutes in which the counter may still undo, at least 1; None when they are over or it was undone."""
    left = redemption.at + UNDO - at
    if redemption.state != MOVES["annul"][0] or left < timedelta(0):
        return None
    return max(1, int(left.total_seconds() // 60))


def may_verify_at_counter(user: User, courier: Courier) -> bool:
    """Whoever holds a courier's ticket may verify him: couriers roam. Nobody verifies himself."""
    return user.has_role(*VERIFIERS) and courier.user_id != user.pk and courier.is_registered
