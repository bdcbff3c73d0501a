"""What stations lack of what their grade requires."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from stations.models import GradeRequirement, Station


def _missing() -> QuerySet[GradeRequirement]:
    has = Station.facilities.through.objects.filter(
        station_id=OuterRef(OuterRef("pk")), facility_id=OuterRef("facility_id")
    )
    return GradeRequirement.objects.filter(~Exists(has), grade=OuterRef("grade")).order_by("facility_id")


def with_missing(stations: QuerySet) -> QuerySet:
    """Each with `missing`, the names of the required facilities it lacks, in the same query."""
    found: QuerySet = stations.annotate(missing=ArraySubquery(_missing().values("facility__name")))
    return found


def lacking(stations: QuerySet) -> QuerySet:
    return stations.filter(Exists(_missing()))


def complete(stations: QuerySet) -> QuerySet:
    return stations.exclude(Exists(_missing()))
