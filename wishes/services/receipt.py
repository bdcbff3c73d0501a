"""What the courier does with his wish after he has hung it."""

from datetime import datetime

from accounts.models import User
from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from wishes import rules
from wishes.models import Wish
from wishes.problems import AlreadyThanked
from wishes.services.turns import Turn, finish, locked_row, turn
from wishes.states import CONFIRMED_AFTER, Party, WishState

THANKS_LENGTH = 200


def withdraw(wish: Wish, *, by: User, reason: str = "", at: datetime | None = None) -> Wish:
    """The courier takes it down before anybody stands for it. Staff take it down for a reason that he reads."""
    with turn(wish, "withdraw", by, at, reason, needed=not rules.is_own(by, wish), field="reason") as made:
        pass
    return made.wish


def confirm(wish: Wish, *, by: User, at: datetime | None = None) -> Wish:
    """He has it: the wish is lit."""
    with turn(wish, "confirm", by, at) as made:
        made.wish.lit_at = made.at
    return made.wish


def thank(wish: Wish, *, text: str, by: User, at: datetime | None = None) -> Wish:
    """He thanks, once (AlreadyThanked), in words that hang on the tree. What was not confirmed yet is, with that."""
    with turn(wish, "thank", by, at, text, needed=True, most=THANKS_LENGTH) as made:
        if made.wish.thanked_at is not None:
            raise AlreadyThanked
        made.wish.thanks, made.wish.thanked_at = made.text, made.at
        made.wish.lit_at = made.wish.lit_at or made.at
        made.text = ""  # the words stand on the wish
    return made.wish


def confirm_due(at: datetime | None = None) -> int:
    """Light what was delivered 7 days ago; how many. Each is a transaction of its own, and a repeat finds none."""
    at = at or clock.now()
    lit = 0
    for key in list(Wish.objects.to_confirm(at).order_by("delivered_at").values_list("pk", flat=True)):
        with unit_of_work():
            # Looked at again under the lock: he may be confirming this moment.
            wish = locked_row(key)
            if wish is not None and _is_due(wish, at):
                wish.lit_at = at
                finish(Turn(wish, "confirm", None, Party.SYSTEM, at))
                lit += 1
    return lit


def _is_due(wish: Wish, at: datetime) -> bool:
    delivered = wish.state == WishState.DELIVERED and wish.delivered_at is not None
    return delivered and wish.delivered_at <= at - CONFIRMED_AFTER  # type: ignore[operator]  # just looked at
