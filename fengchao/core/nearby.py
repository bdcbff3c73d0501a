"""Words for sets of rows that have a place: columns `lat` and `lng` in WGS-84."""

import math
from typing import Self

from django.db import models
from django.db.models import F, FloatField, Func, Q, Value
from django.db.models.functions import ASin, Cast, Cos, Power, Radians, Round, Sin, Sqrt

from fengchao.core.geo import EARTH_RADIUS

METRES_A_DEGREE = EARTH_RADIUS * math.pi / 180


class PlacedQuerySet(models.QuerySet):
    def near(self, lat: float, lng: float, *, within_m: int | None = None) -> Self:
        """Nearest first, each with `distance_m` along the great circle (haversine), whole metres.

        With `within_m` only those as near as that, and a bounding box spares the rest of the table the arithmetic.
        """
        found = self
        if within_m is not None:
            found = found.filter(_box(lat, lng, within_m))
        found = found.annotate(distance_m=_haversine(lat, lng))
        if within_m is not None:
            found = found.filter(distance_m__lte=within_m)
        return found.order_by("distance_m", "pk")


def _box(lat: float, lng: float, metres: int) -> Q:
    up = metres / METRES_A_DEGREE
    # Meridians meet at the poles; there the box is the whole circle.
    narrowing = math.cos(math.radians(min(abs(lat) + up, 90)))
    across = up / narrowing if narrowing > up / 180 else 360
    return Q(lat__range=(lat - up, lat + up), lng__range=(lng - across, lng + across))


def _haversine(lat: float, lng: float) -> Cast:
    half_lat = Sin(Radians(F("lat") - Value(lat)) / 2)
    half_lng = Sin(Radians(F("lng") - Value(lng)) / 2)
    squared = Power(half_lat, 2) + Cos(Radians(Value(lat))) * Cos(Radians("lat")) * Power(half_lng, 2)
    # Rounding may carry the antipode a hair past 1, where the arc sine has no value.
    capped = Func(squared, Value(1.0), function="LEAST", output_field=FloatField())
    return Cast(Round(2 * EARTH_RADIUS * ASin(Sqrt(capped))), models.IntegerField())
