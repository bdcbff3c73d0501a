"""How many came: counts by station, day and hour, never a person."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractHour

from fengchao.core.clock import SHANGHAI
from stations.models import Station, Visit


class Cell(NamedTuple):
    """Visits that began in one hour of one day at one station."""

    station_id: int
    day: date
    hour: int
    visits: int


@dataclass
class Footfall:
    """Of the days from `first` to `last`. Stations, days and hours to which nobody came are 0."""

    stations: list[Station]
    first: date
    last: date
    cells: list[Cell]
    total: int = 0
    by_station: Counter[int] = field(default_factory=Counter)
    by_day: Counter[date] = field(default_factory=Counter)
    by_hour: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for station, day, hour, visits in self.cells:
            self.total += visits
            self.by_station[station] += visits
            self.by_day[day] += visits
            self.by_hour[hour] += visits

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def ranked(self) -> list[tuple[Station, int]]:
        """Busiest first."""
        found = [(station, self.by_station[station.pk]) for station in self.stations]
        return sorted(found, key=lambda pair: (-pair[1], pair[0].code))


def footfall(stations: QuerySet[Station], first: date, last: date) -> Footfall:
    """Two queries, however many visits; the hours are those of Shanghai."""
    places = list(stations.order_by("code"))
    found = Visit.objects.between(first, last).filter(station__in=[place.pk for place in places])
    hours = found.annotate(hour=ExtractHour("at", tzinfo=SHANGHAI)).order_by("day", "station__code", "hour")
    cells = hours.values_list("station_id", "day", "hour").annotate(visits=Count("pk"))
    return Footfall(places, first, last, [Cell(*row) for row in cells])
