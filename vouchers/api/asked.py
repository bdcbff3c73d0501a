"""What requests name: a programme, a day, a moment. What cannot be read or is out of scope is said of its field."""

import re
from datetime import date, datetime, time

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from accounts.models import Courier
from accounts.permissions import courier_in, person
from fengchao.core import clock
from fengchao.core.errors import BadValue
from vouchers.models import Programme
from vouchers.querysets import ProgrammeQuerySet

YEARS = range(2000, 2101)
HIGHEST = 2**63 - 1


def programme_named(found: ProgrammeQuerySet, text: str) -> Programme:
    """Of `found`, by the `programme` of a query."""
    programme: Programme | None = None
    if re.fullmatch("[0-9]{1,19}", text):
        programme = found.filter(pk=int(text)).first()
    if programme is None:
        raise BadValue("没有这个体检项目。", field="programme")
    return programme


def day_named(text: str, *, field: str) -> date:
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if day.year in YEARS:
            return day
    raise BadValue("请写成 2026-11-24 这样的日期。", field=field)


def moment_named(text: str, *, field: str) -> datetime:
    """A day is its midnight, and a time without offset is Shanghai's."""
    if len(text) <= len("2026-11-24"):
        return datetime.combine(day_named(text, field=field), time(), tzinfo=clock.SHANGHAI)
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        raise BadValue("请写成 2026-11-24 或 2026-11-24T08:00:00+08:00 这样的时间。", field=field)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)


def courier_who_asks(request: Request) -> Courier | None:
    """The caller as a courier; None for staff who are none, or have not registered as one."""
    courier = courier_in(request)
    return courier if courier is not None and courier.is_registered else None


def programmes_for(request: Request) -> ProgrammeQuerySet:
    """The running ones that the courier has a card of or could get, and those that the member of staff reads."""
    found = Programme.objects.in_scope(person(request))
    courier = courier_who_asks(request)
    if courier is not None:
        own = Programme.objects.for_courier(courier, clock.now())
        found = Programme.objects.filter(pk__in=found.values("pk")) | Programme.objects.filter(pk__in=own.values("pk"))
    return found
