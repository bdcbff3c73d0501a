"""Stations keep other hours than usual for some days, or close for today."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from accounts.models import User
from accounts.roles import MANAGERS
from accounts.scope import covers
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.transactions import unit_of_work
from stations import opening
from stations.models import HoursOverride, Station
from stations.problems import ClosedAlready, OverrideOver
from stations.rules import serves

LONGEST = timedelta(days=366)


def announce(
    stations: Iterable[Station],
    *,
    kind: HoursOverride.Kind,
    hours: str = "",
    first_day: date,
    last_day: date,
    reason: str,
    by: User,
    at: datetime | None = None,
) -> HoursOverride:
    """Other hours for all `stations` from `first_day` to `last_day`, both included, with the `reason` couriers read.

    Raises NotAllowed when one of the stations is not `by`'s to manage, BadHours for a text that cannot be used, and
    BadValue, with the field, for no station, no reason, days in the wrong order, over, or longer than a year.
    """
    at = at or clock.now()
    chosen, reason = list(stations), reason.strip()
    if not chosen:
        raise BadValue("请选至少一个蜂巢。", field="stations")
    if not all(_manages(by, station) for station in chosen):
        raise NotAllowed
    hours = fitting(kind, hours)
    if not reason:
        raise BadValue("请写原因，快递小哥会看到。", field="reason")
    refuse_days(first_day, last_day, at)
    with unit_of_work():
        return _written(chosen, kind, hours, first_day, last_day, reason, by, at, "hours.announced")


def fitting(kind: HoursOverride.Kind, text: str) -> str:
    """`text` without blanks around it, as it fits `kind`. Raises BadHours, and BadValue for one too many or missing."""
    text = opening.check(text, field="hours")
    if kind == HoursOverride.Kind.CLOSED and text:
        raise BadValue("不开放的日子不用写时间。", field="hours")
    if kind != HoursOverride.Kind.CLOSED and not text:
        raise BadValue("请写这些日子的时间，如 18:00-22:00。", field="hours")
    return text


def refuse_days(first_day: date, last_day: date, at: datetime) -> None:
    """Raises BadValue for days in the wrong order, over, or longer than a year."""
    if last_day < first_day:
        raise BadValue("结束日期在开始日期之前。", field="last_day")
    if last_day < clock.shanghai_day(at):
        raise BadValue("这些日子已经过去了。", field="last_day")
    if last_day - first_day >= LONGEST:
        raise BadValue("一次最多调整一年；长期的请改蜂巢自己的开放时间。", field="last_day")


def close_today(station: Station, *, reason: str, by: User, at: datetime | None = None) -> HoursOverride:
    """Close `station` for the rest of the day, at once: hours that run over from last evening end too.

    Raises NotThere when `by` may not stand at its counter, BadValue without a reason, ClosedAlready when such a closing
    stands. Locks the station, so that two workers who press together close it once.
    """
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    reason = reason.strip()
    if not reason:
        raise BadValue("请选一个原因，或写一句。", field="reason")
    today = clock.shanghai_day(at)
    with unit_of_work():
        Station.objects.select_for_update(no_key=True).get(pk=station.pk)
        if closing(station, at):
            raise ClosedAlready
        return _written([station], HoursOverride.Kind.CLOSED, "", today, today, reason, by, at, "hours.closed_today")


def reopen(station: Station, *, by: User, at: datetime | None = None) -> HoursOverride:
    """Take the closing of today back. Raises NotThere when `by` may not stand at the counter, OverrideOver when there
    is none that is the station's own. Locks the station."""
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    with unit_of_work():
        Station.objects.select_for_update(no_key=True).get(pk=station.pk)
        found = closing(station, at)
        if found is None:
            raise OverrideOver
        return _withdrawn(found, by, at)


def withdraw(override: HoursOverride, *, by: User, at: datetime | None = None) -> HoursOverride:
    """The usual hours hold again. Raises NotAllowed unless `by` manages every station of it, OverrideOver when it was
    withdrawn or is over. Locks the override."""
    at = at or clock.now()
    with unit_of_work():
        locked = HoursOverride.objects.select_for_update(of=("self",)).get(pk=override.pk)
        if not may_withdraw(locked, by):
            raise NotAllowed("其中有不归您管的蜂巢，请区里撤销。")
        if locked.withdrawn_at or locked.last_day < clock.shanghai_day(at):
            raise OverrideOver
        return _withdrawn(locked, by, at)


def may_withdraw(override: HoursOverride, user: User) -> bool:
    return all(_manages(user, station) for station in override.stations.select_related("organisation"))


def closing(station: Station, at: datetime) -> HoursOverride | None:
    """What closes this station alone for the day of `at`, and can be taken back at its counter."""
    today = clock.shanghai_day(at)
    newest: HoursOverride | None = (
        station.hours_overrides.standing(today).filter(first_day__lte=today, last_day__gte=today).first()
    )
    own = newest is not None and newest.kind == HoursOverride.Kind.CLOSED and newest.first_day == newest.last_day
    return newest if newest and own and newest.stations.count() == 1 else None


def _manages(user: User, station: Station) -> bool:
    return covers(user, station.organisation.path, *MANAGERS)


def _written(
    stations: list[Station], kind: HoursOverride.Kind, hours: str, first_day: date, last_day: date, reason: str,
    by: User, at: datetime, verb: str,
) -> HoursOverride:  # fmt: skip
    made = HoursOverride(
        kind=kind, hours=hours, first_day=first_day, last_day=last_day, reason=reason, at=at, by=by
    )  # fmt: skip
    made.save(force_insert=True)
    made.stations.set(stations)
    facts = {
        "stations": sorted(station.code for station in stations), "kind": str(kind), "hours": hours,
        "first_day": first_day, "last_day": last_day, "reason": reason,
    }  # fmt: skip
    audit.record(by, verb, made, facts)
    return made


def _withdrawn(override: HoursOverride, by: User, at: datetime) -> HoursOverride:
    override.withdrawn_at, override.withdrawn_by = at, by
    override.save(update_fields=["withdrawn_at", "withdrawn_by"])
    audit.record(by, "hours.withdrawn", override)
    return override
