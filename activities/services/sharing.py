"""What one organisation lends another: asked for, decided by the owner's staff, given back."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import Organisation, User
from activities import sharing_rules as rules
from activities.models import Loan, Resource
from activities.organisers import organises
from activities.sharing_problems import (
    AlreadyAsked,
    LoanMayNot,
    LoanWrongState,
    NotBegun,
    NotYourOrganisation,
    Occupied,
    OwnRequest,
)
from activities.sharing_states import AHEAD, ENDED, LONGEST, MOVES, LoanState
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence

PURPOSE_LENGTH, NOTE_LENGTH = 100, 200
JUST_NOW = timedelta(minutes=15)
"""Somebody who fetches it now writes down a time that has gone by when the form arrives."""


def ask(
    resource: Resource,
    *,
    borrower: Organisation,
    starts_at: datetime,
    ends_at: datetime,
    purpose: str,
    by: User,
    at: datetime | None = None,
) -> Loan:
    """`borrower` asks for `resource` from `starts_at` to `ends_at`. The owner's own request needs no answer.

    Raises BadValue, NotThere for what is not lent in his district, NotYourOrganisation, Occupied where it is lent
    already, AlreadyAsked. Locks the resource.
    """
    at = at or clock.now()
    purpose = sentence(purpose, most=PURPOSE_LENGTH, field="purpose", needed=True)
    refuse_span(starts_at, ends_at, at)
    if not organises(by, borrower):
        raise NotYourOrganisation
    with unit_of_work():
        locked = _locked(resource)
        if locked is None or not Resource.objects.lent_to(by).filter(pk=locked.pk).exists():
            raise NotThere("没有这项资源，或已经不外借。")
        _refuse_occupied(locked, starts_at, ends_at)
        if locked.loans.requested().overlapping(starts_at, ends_at).filter(borrower=borrower).exists():
            raise AlreadyAsked
        own = locked.organisation_id == borrower.pk
        made = Loan.objects.create(
            resource=locked, borrower=borrower, starts_at=starts_at, ends_at=ends_at, purpose=purpose, by=by, at=at,
            state=LoanState.APPROVED if own else LoanState.REQUESTED,
            decided_by=by if own else None, decided_at=at if own else None,
        )  # fmt: skip
        facts = {"resource": locked.pk, "borrower": borrower.pk, "state": made.state}
        audit.record(by, "loan.ask", made, facts)
    return made


def approve(loan: Loan, *, by: User, at: datetime | None = None) -> Loan:
    """The owner lends it. Raises OwnRequest to the borrower, Occupied, and what `_turn` raises."""

    def check(locked: Loan, at: datetime) -> None:
        _refuse_own(locked, by)
        if locked.ends_at <= at:
            raise BadValue("借用时间已经过去，请让对方重新申请。")
        _refuse_occupied(locked.resource, locked.starts_at, locked.ends_at)

    return _turn(loan, "approve", by, at, check)


def decline(loan: Loan, *, note: str, by: User, at: datetime | None = None) -> Loan:
    """The owner does not, and says why. Raises BadValue, OwnRequest, and what `_turn` raises."""
    note = sentence(note, most=NOTE_LENGTH, field="note", needed=True)
    return _turn(loan, "decline", by, at, lambda locked, at: _refuse_own(locked, by), note)


def cancel(loan: Loan, *, note: str = "", by: User, at: datetime | None = None) -> Loan:
    """The borrower needs it no longer; or the owner takes a loan back, with a reason. Raises BadValue, and what `_turn`
    raises."""
    note = sentence(note, most=NOTE_LENGTH, field="note")

    def check(locked: Loan, at: datetime) -> None:
        if not note and not rules.borrows(by, locked):
            raise BadValue("请写一句原因，借用方会看到。", field="note")

    return _turn(loan, "cancel", by, at, check, note)


def hand_back(loan: Loan, *, note: str = "", by: User, at: datetime | None = None) -> Loan:
    """It is back with its owner, on time or before: what is left of its time is free again. Raises NotBegun, and what
    `_turn` raises."""
    note = sentence(note, most=NOTE_LENGTH, field="note")

    def check(locked: Loan, at: datetime) -> None:
        if locked.starts_at > at:
            raise NotBegun

    return _turn(loan, "hand_back", by, at, check, note)


def refuse_span(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    """Raises BadValue (field starts_at or ends_at)."""
    if starts_at < at - JUST_NOW:
        raise BadValue("开始时间已经过去。", field="starts_at")
    if starts_at > at + AHEAD:
        raise BadValue("最多提前半年申请。", field="starts_at")
    if ends_at <= starts_at:
        raise BadValue("结束时间要晚于开始时间。", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise BadValue(f"一次最多借 {LONGEST.days} 天。", field="ends_at")


def _turn(
    loan: Loan,
    move: str,
    by: User,
    at: datetime | None,
    check: Callable[[Loan, datetime], None],
    note: str = "",
) -> Loan:
    """Make `move` of the table. Raises NotThere for a loan that `by` has nothing to do with, LoanMayNot when the move
    is the other side's, LoanWrongState, and what `check` raises under the locks of the resource and the loan."""
    at = at or clock.now()
    with unit_of_work():
        _locked(loan.resource)
        rows = Loan.objects.shown().select_for_update(of=("self",), no_key=True)
        locked: Loan | None = rows.filter(pk=loan.pk).first()
        if locked is None or not (rules.lends(by, locked) or rules.borrows(by, locked)):
            raise NotThere("没有这笔借用。")
        if not rules.may_move(by, locked, move):
            raise LoanMayNot
        before = locked.state
        if before not in MOVES[move][0]:
            raise LoanWrongState(state=LoanState(before).label)
        check(locked, at)
        locked.state, locked.note = MOVES[move][1], note
        if locked.state in ENDED:
            locked.ended_by, locked.ended_at = by, at
        else:
            locked.decided_by, locked.decided_at = by, at
        locked.save(update_fields=["state", "note", "decided_by", "decided_at", "ended_by", "ended_at"])
        audit.record(by, f"loan.{move}", locked, {"state": [before, locked.state]})
    return locked


def _locked(resource: Resource) -> Resource | None:
    """The resource under its lock: who asks for it or decides about it does so one after the other."""
    rows = Resource.objects.select_for_update(of=("self",), no_key=True).select_related("organisation")
    found: Resource | None = rows.filter(pk=resource.pk).first()
    return found


def _refuse_occupied(resource: Resource, starts_at: datetime, ends_at: datetime) -> None:
    if resource.loans.lent().overlapping(starts_at, ends_at).exists():
        raise Occupied(field="starts_at")


def _refuse_own(loan: Loan, by: User) -> None:
    if rules.is_own_request(by, loan):
        raise OwnRequest
