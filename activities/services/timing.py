"""What the clock does with activities. Each row is a transaction of its own, looked at again under its lock, so that a
repeat finds nothing to do."""

from datetime import datetime

from activities.models import Activity, Enrolment
from activities.services import telling
from activities.services.organising import close
from activities.services.turns import locked_row
from activities.states import ActivityState
from fengchao.core import clock
from fengchao.core.transactions import unit_of_work


def start_due(at: datetime | None = None) -> int:
    """Start what was published and whose time has come; how many."""
    at = at or clock.now()
    started = 0
    for key in list(Activity.objects.to_start(at).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            locked = locked_row(key)
            if locked is not None and locked.state == ActivityState.PUBLISHED and locked.starts_at <= at:
                locked.state, locked.updated_at = ActivityState.RUNNING, at
                locked.save(update_fields=["state", "updated_at"])
                started += 1
    return started


def finish_due(at: datetime | None = None) -> int:
    """Finish what its organiser forgot; how many. Nobody is confirmed by the clock."""
    at = at or clock.now()
    finished = 0
    for key in list(Activity.objects.to_finish(at).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            locked = locked_row(key)
            if locked is not None and Activity.objects.to_finish(at).filter(pk=key).exists():
                close(locked, by=None, at=at)
                finished += 1
    return finished


def remind_due(at: datetime | None = None) -> int:
    """Remind couriers of tomorrow's activity, once for each place; how many."""
    at = at or clock.now()
    reminded = 0
    for key in list(Enrolment.objects.to_remind(at).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            rows = Enrolment.objects.to_remind(at).select_for_update(of=("self",), no_key=True)
            found = rows.filter(pk=key).select_related("activity__station", "courier__user").first()
            if found is not None:
                found.reminded_at = at
                found.save(update_fields=["reminded_at"])
                telling.remind(found, at=at)
                reminded += 1
    return reminded
