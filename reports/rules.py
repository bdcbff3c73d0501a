"""Who may do what with a report: predicates that API, pages and admin share.

Three sides meet in a report and none sees more than it must. The reporter sees his own. The staff of its `area` (the
street; of a confidential one the unit itself) decide about it. The unit it is assigned to works on it and never learns
who reported. A confidential report is seen by its unit and its reporter alone, whatever roles stand above.
"""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from accounts.models import Organisation, User
from accounts.roles import MANAGERS, READERS, Role
from accounts.scope import covers
from fengchao.core import clock
from fengchao.core.models import Photo
from reports.models import Report
from reports.states import AFTERWARDS, DONE, MOVES, Party, ReportState

REPORTERS = ("answer", "reopen", "appeal", "rate")
STAFFS = ("accept", "reject", "assign", "ask", "disprove", "reopen")
UNITS = ("start", "return", "ask", "resolve")


def is_reporter(user: User, report: Report) -> bool:
    return report.courier_id is not None and report.courier_id == user.pk


def triages(user: User, report: Report) -> bool:
    """Whether `user` is of the staff that decides about the report."""
    roles = (Role.HANDLER,) if report.category.is_confidential else MANAGERS
    return covers(user, report.area.path, *roles)


def works_on(user: User, report: Report) -> bool:
    """Whether the report is assigned to a unit of `user`."""
    unit: Organisation | None = report.assigned_to
    return unit is not None and covers(user, unit.path, Role.HANDLER)


def may_see_reporter(user: User, report: Report) -> bool:
    """The staff who decide, and who audits them; nobody of the unit, and for confidential reports nobody at all."""
    if is_reporter(user, report):
        return True
    return not report.category.is_confidential and covers(user, report.area.path, *READERS)


def party_of(user: User, report: Report, move: str) -> Party | None:
    """As whom `user` may make `move`, None when he may not. State and times are not looked at."""
    if move in REPORTERS and is_reporter(user, report):
        return Party.REPORTER
    if move in STAFFS and triages(user, report):
        return Party.STAFF
    if move in UNITS and works_on(user, report):
        return Party.UNIT
    return None


def rejected_by(report: Report) -> int | None:
    """Who said no last: he does not decide the appeal."""
    said_no = [step.by_id for step in report.steps.all() if step.state_after == ReportState.REJECTED]
    return said_no[-1] if said_no else None


def words_are_public(report: Report) -> bool:
    """Whether everybody may read what was written, and not only what kind of thing it is and how it stands. A courier
    wrote to the district, so not before its staff have read it; a partner has published its own words already. What
    was refused is nobody's news."""
    if report.category.is_confidential or report.reject_reason:
        return False
    return report.api_key_id is not None or report.state != ReportState.SUBMITTED


def may_see_picture(photo: Photo, user: User | AnonymousUser) -> bool:
    """Whoever may read the report that the picture belongs to."""
    if not isinstance(user, User):
        return False
    reports = Report.objects.filter(number=photo.subject_key)
    return reports.filter(courier_id=user.pk).exists() or reports.in_scope(user).exists()


def allowed(report: Report, user: User, at: datetime | None = None) -> list[str]:
    """The moves that `user` may make now, in the words of the API."""
    at = at or clock.now()
    moves = [
        move
        for move, (before, _) in MOVES.items()
        if report.state in before and party_of(user, report, move) and not _barred(report, user, move, at)
    ]
    return [*moves, "rate"] if may_rate(report, user, at) else moves


def allowed_at_desk(report: Report, user: User, at: datetime | None = None) -> list[str]:
    """What `user` may do at the unit's desk: the unit's part, and of a confidential report the staff's as well. The
    moves he has in the admin, as somebody of the street, are not made here."""
    if is_reporter(user, report):
        return []
    moves = (*UNITS, *STAFFS) if report.category.is_confidential else UNITS
    mine = works_on(user, report) or report.category.is_confidential
    return [move for move in allowed(report, user, at) if move in moves] if mine else []


def may_change_category(user: User, report: Report) -> bool:
    """The staff, while no unit works on it; nobody for himself."""
    early = report.state in (ReportState.SUBMITTED, ReportState.ACCEPTED)
    return early and triages(user, report) and not is_reporter(user, report)


def may_rate(report: Report, user: User, at: datetime) -> bool:
    """The reporter, once, within 14 days of the end of the work."""
    if not is_reporter(user, report) or report.state not in DONE or hasattr(report, "feedback"):
        return False
    return not is_over(report, at)


def is_over(report: Report, at: datetime) -> bool:
    """Whether the 14 days after the work are gone."""
    return report.resolved_at is not None and at - report.resolved_at > AFTERWARDS


def _barred(report: Report, user: User, move: str, at: datetime) -> bool:
    """What else stands in the way: once only, the same person, himself, too late."""
    mine = is_reporter(user, report)
    if move == "ask" and report.api_key_id is not None:
        return True  # nobody would answer
    if mine and move == "appeal":
        return report.was_appealed
    if mine and move == "reopen":
        return report.was_reopened or is_over(report, at)
    if mine and move not in REPORTERS:
        return True
    appealed = report.state == ReportState.APPEALED and move in ("accept", "reject")
    return appealed and rejected_by(report) == user.pk
