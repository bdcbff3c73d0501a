"""What all moves share: lock, refuse, write, tell. A move's own function says only what is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation, User
from accounts.roles import MANAGERS, Role
from fengchao.core import audit, clock
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from reports import rules
from reports.models import Assignment, Report, Step
from reports.problems import MayNot, SamePerson, SelfDealing, WrongState
from reports.services import telling
from reports.services.deadlines import due
from reports.states import MOVES, Party, ReportState

TEXT_LENGTH = 500


@dataclass
class Turn:
    """One move under way: the report under its lock, who makes the move, and as whom."""

    report: Report
    move: str
    by: User | None
    party: Party
    at: datetime
    text: str = ""
    organisation_id: int | None = None  # in whose name, None for the reporter and the clock


@contextmanager
def turn(
    report: Report,
    move: str,
    by: User,
    at: datetime | None,
    text: str = "",
    *,
    needed: bool = False,
    field: str = "text",
) -> Iterator[Turn]:
    """Make `move` of the table: the block adds what is its own, under the lock of the report.

    Raises BadValue for the words, NotThere for a report that `by` may not read, MayNot when the move is not his,
    WrongState when it does not go from here, SelfDealing for staff's moves on an own report, SamePerson when he decides
    the appeal against his own no.
    """
    at, text = at or clock.now(), sentence(text, most=TEXT_LENGTH, field=field, needed=needed)
    with unit_of_work():
        locked = locked_for(report, by)
        party = rules.party_of(by, locked, move)
        if party is None:
            raise MayNot
        if locked.state not in MOVES[move][0]:
            raise WrongState(state=ReportState(locked.state).label)
        if party != Party.REPORTER and rules.is_reporter(by, locked):
            raise SelfDealing
        if locked.state == ReportState.APPEALED and rules.rejected_by(locked) == by.pk:
            raise SamePerson
        made = Turn(locked, move, by, party, at, text, acting_for(by, locked, party))
        yield made
        finish(made)


def locked_for(report: Report, by: User) -> Report:
    """The report under its lock, as the database has it now. NotThere when `by` may not read it."""
    rows = Report.objects.shown().select_for_update(of=("self",), no_key=True)
    locked: Report | None = rows.filter(pk=report.pk).first()
    readable = locked is not None and (
        rules.is_reporter(by, locked) or Report.objects.in_scope(by).filter(pk=locked.pk).exists()
    )
    if locked is None or not readable:
        raise NotThere
    return locked


def finish(made: Turn) -> None:
    """The new state, the step, the audit row of staff and unit, and what the reporter is told."""
    report, before = made.report, made.report.state
    after = MOVES[made.move][1] or ReportState(report.state_before)
    report.state_before = before if made.move == "ask" else ""
    report.state, report.updated_at = after, made.at
    report.save()
    write_step(made)
    if made.by is not None and made.party != Party.REPORTER:
        audit.record(made.by, f"report.{made.move}", report, {"number": report.number, "state": [before, after]})
    telling.tell(report, made.move, made.text, at=made.at)


def write_step(made: Turn) -> None:
    Step.objects.create(
        report=made.report, move=made.move, at=made.at, by=made.by, party=made.party,
        organisation_id=made.organisation_id, state_after=made.report.state, text=made.text,
    )  # fmt: skip


def hand_over(report: Report, organisation: Organisation, *, by: User | None, at: datetime) -> None:
    """The unit has it from now on, with a deadline of its own."""
    _end_assignment(report, at)
    report.assigned_to = organisation
    report.due_on, report.long_due_on = due(report.category, at)
    Assignment.objects.create(report=report, organisation=organisation, by=by, at=at, due_on=report.due_on)


def take_from_unit(report: Report, at: datetime) -> None:
    _end_assignment(report, at)
    report.assigned_to = report.due_on = report.long_due_on = None


def _end_assignment(report: Report, at: datetime) -> None:
    Assignment.objects.filter(report=report, ended_at=None).update(ended_at=at)


def acting_for(by: User, report: Report, party: Party) -> int | None:
    """The organisation in whose name `by` acts: the unit, or the nearest one whose role gives the right to it."""
    if party == Party.UNIT:
        return report.assigned_to_id
    roles = (Role.HANDLER,) if report.category.is_confidential else MANAGERS
    held = [(path, key) for role, key, path in by.roles if role in roles and report.area.path.startswith(path)]
    _, nearest = max(held, default=("", None))
    return nearest if party == Party.STAFF else None
