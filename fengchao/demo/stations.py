"""Stations with their facilities, from the plain data of `places`."""

from datetime import datetime, timedelta
from random import Random

from accounts.models import Organisation, User
from fengchao.core import clock
from fengchao.demo.places import DAY, FACILITIES, HOLIDAY_HOURS, PLACES
from stations.models import Facility, GradeRequirement, HoursOverride, Observation, Station
from stations.services import hours
from stations.services.observations import observe
from stations.states import CorrectionState, Kind, Subject

REQUIRED = {1: "sofa water charger", 2: "sofa water charger", 3: "water charger"}
"""No more than what the district says of its own stations: of those the demonstration tells nothing bad."""


def build(tree: dict[str, Organisation]) -> list[Station]:
    """All 30 stations, the two that the district describes first."""
    facilities = {
        code: Facility.objects.get_or_create(code=code, defaults={"name": name, "icon": icon})[0]
        for code, (name, icon) in FACILITIES.items()
    }
    stations = Station.objects.bulk_create(
        Station(
            code=f"QK-{number:03}",
            name=place.name,
            grade=place.grade,
            organisation=tree[place.organisation],
            address=place.address,
            lat=place.lat,
            lng=place.lng,
            opening_hours=place.opening_hours,
            holiday_hours=HOLIDAY_HOURS.get(place.opening_hours, ""),
            is_example=place.is_example,
        )
        for number, place in enumerate(PLACES, start=1)
    )
    has = Station.facilities.through
    has.objects.bulk_create(
        has(station=station, facility=facilities[code])
        for station, place in zip(stations, PLACES, strict=True)
        for code in place.facilities.split()
    )
    GradeRequirement.objects.bulk_create(
        GradeRequirement(grade=grade, facility=facilities[code])
        for grade, codes in REQUIRED.items()
        for code in codes.split()
    )
    return stations


def observe_some(
    rng: Random, stations: list[Station], riders: list[User], clerks: dict[int, User], now: datetime
) -> None:
    """A few facilities out of order now, one mended, two confirmations and two corrections that wait."""
    stations = [station for station in stations if station.is_example]
    told = (("water", "broken", 20), ("charger", "crowded", 35), ("water", "broken", 1500), ("charger", "broken", 300))
    for place, (code, value, minutes) in zip(stations, told, strict=False):
        facility = Facility.objects.get(code=code)
        at = now - timedelta(minutes=minutes)
        observe(place, facility, value, by=rng.choice(riders), note="示例反馈", at=at)
    mended = Facility.objects.get(code="water")
    clerk = clerks[stations[2].organisation_id]
    observe(stations[2], mended, "ok", by=clerk, as_staff=True, at=now - timedelta(minutes=90))
    for place, rider in zip(stations[4:6], riders, strict=False):
        day = clock.shanghai_day(now)
        Observation.objects.create(station=place, kind=Kind.CONFIRMATION, by=rider, at=now, day=day)
    for place, rider, text in zip(stations[6:8], riders, ("晚上开到十点（示例）", "门牌在侧门（示例）"), strict=False):
        Observation.objects.create(
            station=place, kind=Kind.CORRECTION, by=rider, at=now - timedelta(hours=5), day=clock.shanghai_day(now),
            subject=Subject.OTHER, proposed=text, state=CorrectionState.PENDING,
        )  # fmt: skip


def extend(stations: list[Station], *, by: User, now: datetime) -> HoursOverride:
    """Longer evenings these weeks, at every second station that usually closes early."""
    today = clock.shanghai_day(now)
    chosen = [station for station in stations if station.opening_hours == DAY][::2]
    return hours.announce(
        chosen, kind=HoursOverride.Kind.EXTENDED, hours="18:00-22:00", first_day=today - timedelta(days=3),
        last_day=today + timedelta(days=11), reason="寒潮期间延长至 22:00（示例）", by=by, at=now,
    )  # fmt: skip
