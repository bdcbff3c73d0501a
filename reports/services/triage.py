"""What the staff of the area decide about a report."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Organisation, User
from accounts.roles import Role
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue
from fengchao.core.models import Notice
from fengchao.core.transactions import unit_of_work
from reports import rules
from reports.models import Category, Report
from reports.problems import CannotBeDuplicate, MayNot, SelfDealing, WrongState
from reports.services import rewards, telling
from reports.services.turns import Turn, acting_for, finish, hand_over, locked_for, take_from_unit, turn, write_step
from reports.states import AFTERWARDS, KEEPS_POINTS, Party, RejectReason, ReportState

REMINDED_BEFORE = timedelta(days=1)


def accept(report: Report, *, by: User, text: str = "", at: datetime | None = None) -> Report:
    """The street takes it on, or upholds an appeal (another person than who said no). Credits what acceptance is worth;
    what a duplicate was thanked with is taken back first. `turn` says what is raised."""
    with turn(report, "accept", by, at, text) as made:
        locked = made.report
        if locked.reject_reason == RejectReason.DUPLICATE:
            rewards.take_back(locked, by=by, at=made.at)
        locked.reject_reason, locked.duplicate_of = "", None
        rewards.credit(locked, rewards.ACCEPTED, by=by, at=made.at)
    return made.report


def reject(
    report: Report,
    *,
    reason: str,
    text: str,
    by: User,
    duplicate_of: Report | None = None,
    adds: bool = False,
    at: datetime | None = None,
) -> Report:
    """The street does not take it on, for a reason and in words that the reporter reads; also the no to an appeal.

    A duplicate names the report that was first, in the same area; one that `adds` something new is thanked with a few
    points. What acceptance had earned is taken back, but for `not_ours`. Raises BadValue, CannotBeDuplicate, and what
    `turn` raises.
    """
    if reason not in RejectReason.values:
        raise BadValue("请选择不受理的原因。", field="reason")
    if (reason == RejectReason.DUPLICATE) != (duplicate_of is not None):
        raise CannotBeDuplicate
    with turn(report, "reject", by, at, text, needed=True) as made:
        locked = made.report
        if duplicate_of is not None and not _came_first(duplicate_of, locked, by):
            raise CannotBeDuplicate
        if reason not in KEEPS_POINTS:
            rewards.take_back(locked, by=by, at=made.at)
        if adds and duplicate_of is not None:
            rewards.credit(locked, rewards.DUPLICATE, by=by, at=made.at)
        locked.reject_reason, locked.duplicate_of = reason, duplicate_of
    return made.report


def assign(
    report: Report, *, organisation: Organisation, by: User, text: str = "", at: datetime | None = None
) -> Report:
    """Hand it to a unit; its deadline is fixed now. A confidential report is from then on that unit's to decide as
    well. Raises BadValue for an organisation in which nobody handles reports, and what `turn` raises."""
    if not units().filter(pk=organisation.pk).exists():
        raise BadValue("这个单位还没有办理人员。", field="organisation")
    with turn(report, "assign", by, at, text) as made:
        hand_over(made.report, organisation, by=by, at=made.at)
        if made.report.category.is_confidential:
            made.report.area = organisation
    return made.report


def disprove(report: Report, *, text: str, by: User, at: datetime | None = None) -> Report:
    """What was taken for true was not. All that it earned is taken back, even below zero."""
    with turn(report, "disprove", by, at, text, needed=True) as made:
        locked = made.report
        rewards.take_back(locked, by=by, at=made.at)
        take_from_unit(locked, made.at)
        locked.resolved_at, locked.reject_reason = None, RejectReason.NOT_TRUE
    return made.report


def change_category(report: Report, *, category: Category, by: User, at: datetime | None = None) -> Report:
    """Staff put it where it belongs, while no unit works on it. Answers stay; those of questions that are no longer
    asked are not shown. A confidential category takes it out of the street's sight, to its unit.

    Raises NotThere, MayNot, SelfDealing, WrongState, BadValue for a category that cannot be filed or would make public
    what is confidential. Locks the report.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = locked_for(report, by)
        if not rules.triages(by, locked):
            raise MayNot
        if rules.is_reporter(by, locked):
            raise SelfDealing
        if locked.state not in (ReportState.SUBMITTED, ReportState.ACCEPTED):
            raise WrongState(state=ReportState(locked.state).label)
        if not Category.objects.fileable().filter(pk=category.pk).exists():
            raise BadValue("请选择一个启用的小类。", field="category")
        before = locked.category
        if before.is_confidential and not category.is_confidential:
            raise BadValue("保密的上报不能改成公开的类别。", field="category")
        if category.handler is not None and category.is_confidential:
            locked.area = category.handler
        locked.category, locked.updated_at = category, at
        locked.save(update_fields=["category", "area", "updated_at"])
        words = f"类别由“{before}”改为“{category}”"
        write_step(Turn(locked, "category", by, Party.STAFF, at, words, acting_for(by, locked, Party.STAFF)))
        audit.record(by, "report.category", locked, {"category": [before.code, category.code]})
    return locked


def close_due(at: datetime | None = None) -> int:
    """Close what was resolved more than 14 days ago; how many. Each is a transaction of its own."""
    at = at or clock.now()
    closed = 0
    waiting = Report.objects.to_close(at - AFTERWARDS).order_by("resolved_at")
    for key in waiting.values_list("pk", flat=True).iterator():
        with unit_of_work():
            # Looked at again under the lock: its reporter may be having it reopened this moment.
            rows = Report.objects.shown().select_for_update(of=("self",), no_key=True)
            report = rows.filter(pk=key, state=ReportState.RESOLVED).first()
            if report is not None and rules.is_over(report, at):
                finish(Turn(report, "close", None, Party.SYSTEM, at))
                closed += 1
    return closed


def remind_to_rate(at: datetime | None = None) -> int:
    """Tell reporters, once, a day before they can no longer rate or have it taken up again; how many were told."""
    at = at or clock.now()
    ending = Report.objects.to_close(at - AFTERWARDS + REMINDED_BEFORE).filter(
        resolved_at__gte=at - AFTERWARDS, feedback=None, courier__user__is_active=True
    )
    told = Notice.objects.filter(user_id=OuterRef("courier_id"), kind=telling.LAST_DAY, subject_key=OuterRef("number"))
    reports = list(ending.exclude(Exists(told)).shown())
    for report in reports:
        telling.tell_last_day(report, at=at)
    return len(reports)


def units() -> QuerySet[Organisation]:
    """Organisations that can be assigned to: somebody there handles reports."""
    found: QuerySet[Organisation] = Organisation.objects.filter(memberships__role=Role.HANDLER).distinct()
    return found.order_by("path")


def _came_first(first: Report, report: Report, by: User) -> bool:
    """Whether `report` may be merged into `first`: told before, of the same staff, and itself nobody's duplicate."""
    if first.pk >= report.pk or first.duplicate_of_id is not None or first.state == ReportState.REJECTED:
        return False
    return first.area_id == report.area_id and Report.objects.triaged_by(by).filter(pk=first.pk).exists()
