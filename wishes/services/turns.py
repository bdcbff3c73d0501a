"""What all moves share: lock, refuse, write, tell. A move's own function says only what is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.roles import MANAGERS
from fengchao.core import audit, clock
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from wishes import rules
from wishes.models import Step, Wish
from wishes.problems import MayNot, SelfDealing, WrongState
from wishes.services import telling
from wishes.states import MOVES, Party, WishState

SENTENCE_LENGTH = 300


@dataclass
class Turn:
    """One move under way: the wish under its lock, who makes the move, and as whom."""

    wish: Wish
    move: str
    by: User | None
    party: Party
    at: datetime
    text: str = ""
    organisation_id: int | None = None  # in whose name, None for the courier and the clock


@contextmanager
def turn(
    wish: Wish,
    move: str,
    by: User,
    at: datetime | None,
    text: str = "",
    *,
    needed: bool = False,
    most: int = SENTENCE_LENGTH,
    field: str = "text",
    as_staff: bool = False,
) -> Iterator[Turn]:
    """Make `move` of the table: the block adds what is its own, under the lock of the wish.

    `as_staff` is the street's own claim, for an improvement. Raises BadValue for the words, NotThere for a wish that
    `by` may not read, MayNot when the move is not his, WrongState when it does not go from here, SelfDealing for the
    moves of others on an own wish.
    """
    at, text = at or clock.now(), sentence(text, most=most, field=field, needed=needed)
    with unit_of_work():
        locked = locked_for(wish, by)
        party = rules.party_of(by, locked, move)
        if as_staff:
            party = Party.STAFF if rules.moderates(by, locked) else None
        if party is None:
            raise MayNot
        if locked.state not in MOVES[move][0]:
            raise WrongState(state=WishState(locked.state).label)
        if party != Party.COURIER and rules.is_own(by, locked):
            raise SelfDealing
        made = Turn(locked, move, by, party, at, text, _acting_for(by, locked, party))
        yield made
        finish(made)


def locked_for(wish: Wish, by: User) -> Wish:
    """The wish under its lock, as the database has it now. NotThere when `by` may not read it."""
    locked = locked_row(wish.pk)
    if locked is None or not Wish.objects.readable_by(by).filter(pk=wish.pk).exists():
        raise NotThere
    return locked


def locked_row(key: int) -> Wish | None:
    found: Wish | None = (
        Wish.objects.shown().select_for_update(of=("self",), no_key=True).filter(pk=key).first()
    )  # fmt: skip
    return found


def finish(made: Turn) -> None:
    """The new state, the step, the audit row of staff and claimant, and what the courier is told."""
    wish, before = made.wish, made.wish.state
    wish.state, wish.updated_at = MOVES[made.move][1], made.at
    wish.save()
    Step.objects.create(
        wish=wish, move=made.move, at=made.at, by=made.by, party=made.party, organisation_id=made.organisation_id,
        state_after=wish.state, text=made.text,
    )  # fmt: skip
    if made.by is not None and made.party != Party.COURIER:
        audit.record(made.by, f"wish.{made.move}", wish, {"state": [before, wish.state]})
    telling.tell(wish, made.move, made.text, at=made.at, party=made.party)


def _acting_for(by: User, wish: Wish, party: Party) -> int | None:
    """The organisation in whose name `by` acts: the claimant, or the nearest one whose role gives the right to it."""
    if party == Party.CLAIMANT:
        return wish.claimed_by_id
    place = wish.station.organisation.path
    held = [(path, key) for role, key, path in by.roles if role in MANAGERS and place.startswith(path)]
    _, nearest = max(held, default=("", None))
    return nearest if party == Party.STAFF else None
