"""What all services of activities share. Locks are taken in one order: activity, then enrolments by their turn, then
what the ledger locks."""

from accounts.models import User
from activities.models import Activity, Enrolment
from activities.organisers import organises
from activities.problems import MayNot
from fengchao.core.errors import NotThere


def locked_row(key: int) -> Activity | None:
    found: Activity | None = (
        Activity.objects.shown().select_for_update(of=("self",), no_key=True).filter(pk=key).first()
    )  # fmt: skip
    return found


def locked_for(activity: Activity, by: User) -> Activity:
    """The activity under its lock, as the database has it now. NotThere when `by` may not read it."""
    locked = locked_row(activity.pk)
    if locked is None or not Activity.objects.readable_by(by).filter(pk=locked.pk).exists():
        raise NotThere
    return locked


def organised(activity: Activity, by: User) -> Activity:
    """`locked_for` who organises it. MayNot for other readers."""
    locked = locked_for(activity, by)
    if not organises(by, locked.organisation):
        raise MayNot
    return locked


def part_of(activity: Activity, courier_key: int) -> Enrolment | None:
    """The row of a courier in a locked activity."""
    rows = Enrolment.objects.select_for_update(of=("self",), no_key=True).select_related("courier__user")
    found: Enrolment | None = rows.filter(activity=activity, courier=courier_key).first()
    if found is not None:
        found.activity = activity
    return found
