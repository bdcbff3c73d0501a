"""Stations with their facilities, from the plain data of `places`."""

from accounts.models import Organisation
from fengchao.demo.places import FACILITIES, PLACES
from stations.models import Facility, Station


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
    return stations
