"""What the rules of points and gifts come to, in plain Python: no database, no locks, small enough to be believed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fengchao.core.clock import SHANGHAI

AT_ONCE, AT_ONCE_A_DAY = 50, 200
HELD_FOR, UNDO = timedelta(hours=48), timedelta(minutes=15)


def year(at: datetime) -> int:
    return at.astimezone(SHANGHAI).year


def month(at: datetime) -> tuple[int, int]:
    return at.astimezone(SHANGHAI).year, at.astimezone(SHANGHAI).month


@dataclass
class Purse:
    balance: int = 0
    held: int = 0
    earned: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def available(self) -> int:
        return self.balance - self.held


@dataclass
class Shelf:
    on_hand: int = 0
    reserved: int = 0


@dataclass
class Piece:
    """A gift on its way: set aside, or handed over."""

    courier: int
    gift: str
    station: int
    points: int
    at: datetime
    state: str


@dataclass
class Given:
    courier: int
    points: int
    by: int
    at: datetime
    state: str
    posted_at: datetime | None = None
    taken_back: bool = False


class Oracle:
    """Each method says what must happen: a refusal's code, or "" and the state changes."""

    def __init__(self, prices: dict[str, int], limits: dict[str, int]) -> None:
        self.prices, self.limits = prices, limits
        self.purses: dict[int, Purse] = defaultdict(Purse)
        self.shelves: dict[tuple[int, str], Shelf] = defaultdict(Shelf)
        self.reservations: dict[str, Piece] = {}
        self.redemptions: dict[str, Piece] = {}
        self.grants: dict[int, Given] = {}

    def grant(self, courier: int, points: int, by: int, at: datetime) -> str:
        """The state a new grant gets."""
        day = at.astimezone(SHANGHAI).date()
        today = sum(
            given.points
            for given in self.grants.values()
            if given.by == by and given.at.astimezone(SHANGHAI).date() == day and given.state != "rejected"
        )
        return "posted" if points <= AT_ONCE and today + points <= AT_ONCE_A_DAY else "pending"

    def note_grant(self, key: int, given: Given) -> None:
        self.grants[key] = given
        if given.state == "posted":
            self._earn(given, given.at)

    def approve(self, key: int, by: int, at: datetime) -> str:
        given = self.grants[key]
        if given.by == by:
            return "self_dealing"
        if given.state != "pending":
            return "wrong_state"
        given.state = "posted"
        self._earn(given, at)
        return ""

    def reject(self, key: int, by: int) -> str:
        given = self.grants[key]
        if given.by == by:
            return "self_dealing"
        if given.state != "pending":
            return "wrong_state"
        given.state = "rejected"
        return ""

    def take_back(self, key: int) -> str:
        given = self.grants[key]
        if given.state != "posted" or given.taken_back:
            return "wrong_state"
        given.taken_back = True
        assert given.posted_at is not None
        self.purses[given.courier].balance -= given.points
        self.purses[given.courier].earned[year(given.posted_at)] -= given.points
        return ""

    def redeem(self, courier: int, gift: str, station: int, at: datetime) -> str:
        return self._short_of(courier, gift, station, at)

    def note_redemption(self, number: str, piece: Piece) -> None:
        self.redemptions[number] = piece
        self.purses[piece.courier].balance -= piece.points
        self.shelves[piece.station, piece.gift].on_hand -= 1

    def annul(self, number: str, at: datetime) -> str:
        piece = self.redemptions[number]
        if piece.state != "handed_over":
            return "wrong_state"
        if at - piece.at > UNDO:
            return "undo_expired"
        piece.state = "annulled"
        self.purses[piece.courier].balance += piece.points
        self.shelves[piece.station, piece.gift].on_hand += 1
        return ""

    def reserve(self, courier: int, gift: str, station: int, at: datetime) -> str:
        return self._short_of(courier, gift, station, at)

    def note_reservation(self, code: str, piece: Piece) -> None:
        self.reservations[code] = piece
        self.purses[piece.courier].held += piece.points
        self.shelves[piece.station, piece.gift].reserved += 1

    def pick_up(self, code: str, station: int, at: datetime) -> str:
        piece = self.reservations[code]
        if piece.state == "handed_over":
            return "code_used"
        if piece.state == "cancelled":
            return "wrong_state"
        if piece.state == "expired" or at >= piece.at + HELD_FOR:
            return "code_expired"
        if station != piece.station:
            return "wrong_station"
        self._release(piece, "handed_over")
        return ""

    def cancel(self, code: str) -> str:
        piece = self.reservations[code]
        if piece.state != "reserved":
            return "wrong_state"
        self._release(piece, "cancelled")
        return ""

    def expire(self, at: datetime) -> tuple[int, int]:
        """How many reservations lapse and how many couriers lose points."""
        lapsed = [p for p in self.reservations.values() if p.state == "reserved" and at >= p.at + HELD_FOR]
        for piece in lapsed:
            self._release(piece, "expired")
        losers = 0
        for purse in self.purses.values():
            young = sum(points for of, points in purse.earned.items() if of >= year(at) - 1)
            lost = max(0, purse.available - young)  # what is held counts as spent
            purse.balance -= lost
            losers += lost > 0
        return len(lapsed), losers

    def move(self, kind: str, station: int, gift: str, quantity: int, to: int | None) -> str:
        shelf = self.shelves[station, gift]
        if kind in ("received", "returned"):
            shelf.on_hand += quantity
        elif kind == "counted":
            if quantity < shelf.reserved:
                return "below_reserved"
            shelf.on_hand = quantity
        elif quantity > shelf.on_hand - shelf.reserved:
            return "sold_out"
        else:
            shelf.on_hand -= quantity
            if to is not None:
                self.shelves[to, gift].on_hand += quantity
        return ""

    def _earn(self, given: Given, at: datetime) -> None:
        given.posted_at = at
        self.purses[given.courier].balance += given.points
        self.purses[given.courier].earned[year(at)] += given.points

    def _release(self, piece: Piece, state: str) -> None:
        piece.state = state
        self.purses[piece.courier].held -= piece.points
        self.shelves[piece.station, piece.gift].reserved -= 1

    def _short_of(self, courier: int, gift: str, station: int, at: datetime) -> str:
        purse, shelf = self.purses[courier], self.shelves[station, gift]
        if purse.available < self.prices[gift]:
            return "overdrawn" if purse.balance < purse.held else "insufficient_points"
        if shelf.on_hand - shelf.reserved < 1:
            return "sold_out"
        full = gift in self.limits and self._taken(courier, gift, at) >= self.limits[gift]
        return "limit_reached" if full else ""

    def _taken(self, courier: int, gift: str, at: datetime) -> int:
        def his(pieces: dict[str, Piece], state: str) -> list[Any]:
            return [p for p in pieces.values() if (p.courier, p.gift, p.state) == (courier, gift, state)]

        handed = [p for p in his(self.redemptions, "handed_over") if month(p.at) == month(at)]
        return len(handed) + len(his(self.reservations, "reserved"))
