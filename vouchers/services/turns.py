"""What all moves share: lock, refuse, write, tell. A move's own function says only what is its own.

Locks are taken in one order, so that no two moves wait for each other: programme, slots by their keys, voucher.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from vouchers import rules
from vouchers.models import Booking, Programme, Slot, Step, Voucher
from vouchers.problems import ChangedMeanwhile, MayNot, SelfDealing, WrongState
from vouchers.services import telling
from vouchers.states import LIVE, MOVES, Outcome, Party, VoucherState

SENTENCE_LENGTH = 200


@dataclass
class Turn:
    """One move under way: the voucher under its lock, who makes the move, and as whom."""

    voucher: Voucher
    move: str
    by: User | None
    party: Party
    at: datetime
    text: str = ""
    after: VoucherState | None = None  # where the move has several ends


@contextmanager
def turn(
    voucher: Voucher,
    move: str,
    by: User,
    at: datetime | None,
    text: str = "",
    *,
    slots: Sequence[Slot] = (),
    needed: bool = False,
    field: str = "reason",
    refuse: Callable[[Voucher], None] | None = None,
) -> Iterator[Turn]:
    """Make `move` of the table: the block adds what is its own, under the locks of `slots` and of the voucher.

    Raises BadValue for the words, NotThere for a voucher that `by` may not read, MayNot when the move is not his,
    SelfDealing for moves of others on an own one, WrongState when it does not go from here.
    """
    at, text = at or clock.now(), sentence(text, most=SENTENCE_LENGTH, field=field, needed=needed)
    with unit_of_work():
        if move in ("void", "no-show"):  # a place may go back to the pool
            lock_programme(voucher.programme_id)
        lock_slots(slots)
        locked = locked_for(voucher, by)
        party = rules.party_of(by, locked, move)
        if party is None:
            raise MayNot
        if party != Party.COURIER and rules.is_own(by, locked):
            raise SelfDealing
        if refuse is not None:  # in other words than refuse_state's
            refuse(locked)
        refuse_state(locked, move)
        made = Turn(locked, move, by, party, at, text)
        yield made
        finish(made)


def refuse_state(voucher: Voucher, move: str) -> None:
    if voucher.state not in MOVES[move][0]:
        raise WrongState(state=VoucherState(voucher.state).label)


def locked_for(voucher: Voucher, by: User) -> Voucher:
    """The voucher under its lock, as the database has it now. NotThere when `by` may not read it."""
    locked = locked_row(voucher.pk)
    if locked is None or not Voucher.objects.readable_by(by).filter(pk=voucher.pk).exists():
        raise NotThere
    return locked


def locked_row(key: int) -> Voucher | None:
    found: Voucher | None = (
        Voucher.objects.shown().select_for_update(of=("self",), no_key=True).filter(pk=key).first()
    )  # fmt: skip
    return found


def lock_programme(key: int) -> Programme:
    locked: Programme = Programme.objects.select_for_update(no_key=True).get(pk=key)
    return locked


def lock_slots(slots: Sequence[Slot]) -> dict[int, Slot]:
    """By key, as the database has them now."""
    keys = {slot.pk for slot in slots}
    rows = Slot.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return {slot.pk: slot for slot in rows} if keys else {}


def finish(made: Turn) -> None:
    """The new state, the step, the audit row of district and centre, and what the courier is told."""
    voucher, before = made.voucher, made.voucher.state
    voucher.state, voucher.updated_at = made.after or MOVES[made.move][1][0], made.at
    voucher.ended_at = None if voucher.state in LIVE else voucher.ended_at or made.at
    voucher.save()
    write_step(made)
    if made.by is not None and made.party != Party.COURIER:
        audit.record(made.by, f"voucher.{made.move}", voucher, {"state": [before, voucher.state]})
    telling.tell(voucher, made.move, made.text, at=made.at, party=made.party)


def write_step(made: Turn) -> None:
    Step.objects.create(
        voucher=made.voucher, move=made.move, at=made.at, by=made.by, party=made.party,
        state_after=made.voucher.state, text=made.text,
    )  # fmt: skip


def live_booking(voucher: Voucher) -> Booking | None:
    found: Booking | None = Booking.objects.live().filter(voucher=voucher).select_related("slot").first()
    return found


def end_booking(voucher: Voucher, outcome: Outcome, at: datetime, *, expected: Booking | None = None) -> None:
    """End the live booking of a locked voucher. ChangedMeanwhile when it is not the one whose slot was locked."""
    booking = live_booking(voucher)
    if expected is not None and (booking is None or booking.pk != expected.pk):
        raise ChangedMeanwhile
    if booking is not None:
        booking.outcome, booking.ended_at = outcome, at
        booking.save(update_fields=["outcome", "ended_at"])
