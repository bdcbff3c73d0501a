"""What the staff of the station's street decide: what hangs on the tree."""

from datetime import datetime

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from wishes import rules
from wishes.models import Wish
from wishes.problems import MayNot, SelfDealing, WrongState
from wishes.services.turns import SENTENCE_LENGTH, locked_for, turn
from wishes.states import WishState


def approve(wish: Wish, *, by: User, at: datetime | None = None) -> Wish:
    """It hangs on the tree from now on. `turn` says what is raised."""
    with turn(wish, "approve", by, at) as made:
        made.wish.opened_at = made.at
    return made.wish


def reject(wish: Wish, *, reason: str, by: User, at: datetime | None = None) -> Wish:
    """It does not; the courier reads why and may hang another."""
    with turn(wish, "reject", by, at, reason, needed=True, field="reason") as made:
        pass
    return made.wish


def hide_thanks(wish: Wish, *, reason: str, by: User, at: datetime | None = None) -> Wish:
    """Thanks that should not hang there are not shown any more, for a reason that stands in the audit. No move: the
    state stays. A repeat changes nothing. Raises BadValue, NotThere, MayNot, SelfDealing, WrongState without thanks."""
    at, reason = at or clock.now(), sentence(reason, most=SENTENCE_LENGTH, field="reason", needed=True)
    with unit_of_work():
        locked = locked_for(wish, by)
        if not rules.moderates(by, locked):
            raise MayNot
        if rules.is_own(by, locked):
            raise SelfDealing
        if not locked.thanks:
            raise WrongState(state=WishState(locked.state).label)
        if not locked.thanks_hidden:
            locked.thanks_hidden, locked.updated_at = True, at
            locked.save(update_fields=["thanks_hidden", "updated_at"])
            audit.record(by, "wish.hide_thanks", locked, {"reason": reason})
    return locked
