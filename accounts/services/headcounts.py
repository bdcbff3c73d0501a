"""How many couriers an outlet has: told by its street, one number a day."""

from datetime import date, datetime, timedelta

from accounts.models import Headcount, Outlet, User
from accounts.models.outlets import MOST_COURIERS
from accounts.rules import may_count
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work

STALE_AFTER = timedelta(days=183)
"""After half a year nobody relies on a headcount."""

EARLIEST = date(2000, 1, 1)


def count(outlet: Outlet, couriers: int, *, by: User, on: date | None = None, at: datetime | None = None) -> Headcount:
    """Write that `outlet` had so many `couriers` `on` a day (today where none is named). A number of the same day is
    corrected; the same number again changes nothing.

    Raises BadValue for an implausible number or day, NotThere for an outlet that `by` does not manage. Locks the
    headcount of the day.
    """
    at = at or clock.now()
    on = on or clock.shanghai_day(at)
    refuse(couriers, on, at=at)
    if not may_count(by, outlet):
        raise NotThere("这个网点不归您登记人数。")
    with unit_of_work():
        found, new = Headcount.objects.select_for_update().get_or_create(
            outlet=outlet, on=on, defaults={"couriers": couriers, "by": by, "at": at}
        )  # fmt: skip
        if not new and found.couriers == couriers:
            return found
        before, found.couriers, found.by, found.at = found.couriers, couriers, by, at
        found.save(update_fields=["couriers", "by", "at"])
        told = couriers if new else [before, couriers]
        audit.record(by, "headcount.entered", found, {"outlet": outlet.pk, "on": on, "couriers": told})
    return found


def refuse(couriers: int, on: date, *, at: datetime) -> None:
    """Raises BadValue (field couriers or on)."""
    if not 0 <= couriers <= MOST_COURIERS:
        raise BadValue(f"人数在 0 到 {MOST_COURIERS} 之间。", field="couriers")
    if not EARLIEST <= on <= clock.shanghai_day(at):
        raise BadValue("日期不能晚于今天。", field="on")
