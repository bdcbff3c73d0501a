"""Which stations somebody asks for: the filters of the API and of the pages, under the names of the address."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.http import QueryDict

from accounts.models import Organisation
from fengchao.core import clock, geo
from fengchao.core.errors import BadValue
from stations import opening
from stations.models import Facility, Station
from stations.querysets import StationQuerySet

MOST_FACILITIES = 10
STREETS = (Organisation.Kind.STREET, Organisation.Kind.ZONE)

Filter = Callable[[StationQuerySet, list[str], datetime], StationQuerySet]
"""Takes the stations, what the address says for its name (texts that are not empty; only `facility` reads more than the
last), and the moment. Raises BadValue with its name."""


def _words(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    if len(texts[-1]) > 50 or "\0" in texts[-1]:
        raise BadValue("查找的词太长或含有无法识别的字符。", field="q")
    return stations.search(texts[-1])


def _grade(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    if texts[-1] not in ("1", "2", "3"):
        raise BadValue("等级只能是 1、2、3。", field="grade")
    return stations.graded(int(texts[-1]))


def _facility(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    codes = set(texts)
    if len(codes) > MOST_FACILITIES:
        raise BadValue("一次选的设施太多。", field="facility")
    found = [] if any("\0" in code for code in codes) else list(Facility.objects.filter(code__in=codes))
    if len(found) != len(codes):
        raise BadValue("没有这种设施。", field="facility")
    return stations.with_facilities(found)


def _open(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    if texts[-1] not in ("true", "false"):
        raise BadValue("open 只能是 true 或 false。", field="open")
    return opening.those_open(stations, at, texts[-1] == "true")


def _street(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    if re.fullmatch("[0-9]{1,15}", texts[-1]):
        street = Organisation.objects.filter(pk=int(texts[-1]), kind__in=STREETS).first()
        if street is not None:
            return stations.under(street)
    raise BadValue("没有这个街道。", field="street")


def _near(stations: StationQuerySet, texts: list[str], at: datetime) -> StationQuerySet:
    return stations.near(*geo.read(texts[-1], field="near"))


# `open` looks at the hours of every station that the others leave, so it comes after them.
FILTERS: Mapping[str, Filter] = {
    "q": _words, "grade": _grade, "facility": _facility, "street": _street, "open": _open, "near": _near,
}  # fmt: skip


def asked(wanted: QueryDict, name: str) -> list[str]:
    return [text for text in wanted.getlist(name) if text]


def filtered(wanted: QueryDict, *, at: datetime | None = None) -> StationQuerySet:
    """The active stations that the filters leave; BadValue names the first filter that cannot be understood."""
    stations, refused = understood(wanted, at=at)
    for refusal in refused.values():
        raise refusal
    return stations


def understood(wanted: QueryDict, *, at: datetime | None = None) -> tuple[StationQuerySet, dict[str, BadValue]]:
    """For people: a filter that cannot be understood is left out and told of, by its name."""
    stations, at = Station.objects.active(), at or clock.now()
    refused: dict[str, BadValue] = {}
    for name, apply in FILTERS.items():
        if texts := asked(wanted, name):
            try:
                stations = apply(stations, texts, at)
            except BadValue as refusal:
                refused[name] = refusal
    return stations, refused


def streets() -> list[Organisation]:
    """Streets and zones that have an active station of their own or below them, by name."""
    below = Station.objects.active().filter(organisation__path__startswith=OuterRef("path"))
    return list(Organisation.objects.filter(Exists(below), kind__in=STREETS).order_by("name"))


def by_street(stations: Iterable[Station]) -> list[tuple[str, list[Station]]]:
    """(street, its stations in the order given), by name; those of no street last, under 其他. Reads organisations from
    the stations, so the caller fetches them along."""
    named = streets()
    groups: dict[str, list[Station]] = {street.name: [] for street in named}
    others: list[Station] = []
    for station in stations:
        path = station.organisation.path
        street = next((street for street in named if path.startswith(street.path)), None)
        (groups[street.name] if street else others).append(station)
    return [(name, group) for name, group in [*groups.items(), ("其他", others)] if group]
