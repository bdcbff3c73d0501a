"""Who may do what with redemptions, stock-takes and paper slips: predicates that API, pages and admin share."""

from datetime import datetime, timedelta

from accounts.models import Courier, User
from accounts.roles import COUNTER_STAFF, MANAGERS, VERIFIERS, Role
from accounts.scope import covers
from fengchao.core import clock
from gifts.models import Redemption, Reservation, StockTake
from gifts.states import MOVES, RESERVATION_MOVES, STOCK_TAKE_MOVES
from stations.models import Station
from stations.rules import serves

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


def may_finish_stock_takes(user: User, station: Station) -> bool:
    """Street and district, also where the station is out of use. Who confirmed one never posts it."""
    return covers(user, station.organisation.path, *MANAGERS)


def may_cancel_stock_take(user: User, station: Station) -> bool:
    return serves(user, station) or may_finish_stock_takes(user, station)


def stock_take_moves(stock_take: StockTake, user: User) -> list[str]:
    """The moves `user` may make now."""
    station = stock_take.station
    may = {
        "confirm": serves(user, station),
        "reopen": serves(user, station),
        "finish": may_finish_stock_takes(user, station) and stock_take.confirmed_by_id != user.pk,
        "cancel": may_cancel_stock_take(user, station),
    }
    return [move for move, (before, _) in STOCK_TAKE_MOVES.items() if may[move] and stock_take.state in before]


def may_decide_slips(user: User, station: Station) -> bool:
    """Street and district, also where the station is out of use."""
    return covers(user, station.organisation.path, *MANAGERS)
