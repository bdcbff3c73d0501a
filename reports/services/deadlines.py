"""How long a unit has: days as Chinese offices count them."""

from datetime import date, datetime, timedelta

from fengchao.core import clock
from reports.models import Category
from reports.states import DeadlineKind
from stations.opening.calendar import is_workday

TRIAGE_DAYS = 1
"""What the street has for itself before the unit's time begins: part of what the reporter is told to expect."""


def deadline(start: date, days: int, kind: str) -> date:
    """The last day of `days` after `start`: every day counts, or working days with make-up days and without holidays.

    The day itself is not counted. For years the State Council has not decided about, weekdays are working days.
    """
    if kind == DeadlineKind.CALENDAR:
        return start + timedelta(days=days)
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day


def expected(category: Category, at: datetime) -> date:
    """What the reporter is told when he files."""
    received = deadline(clock.shanghai_day(at), TRIAGE_DAYS, DeadlineKind.WORK)
    return deadline(received, category.deadline_days, category.deadline_kind)


def due(category: Category, at: datetime) -> tuple[date, date]:
    """The unit's last day when it is assigned at `at`, and the last of three times as many."""
    start = clock.shanghai_day(at)
    days, kind = category.deadline_days, category.deadline_kind
    return deadline(start, days, kind), deadline(start, 3 * days, kind)
