"""Positions: what is one (WGS-84, in China), how far apart two are in words, and the shifted ones of Chinese maps."""

import math
from typing import NamedTuple

from fengchao.core.errors import BadValue

# The rectangle within which map services shift; it holds all of China, and also what lies between its corners.
LATITUDES, LONGITUDES = (0.8293, 55.8271), (72.004, 137.8347)

# The ellipsoid of Krasovsky 1940, which GCJ-02 uses whatever the position's own: half axis in metres, eccentricity².
HALF_AXIS, ECCENTRICITY = 6_378_245.0, 0.006_693_421_622_965_943

EARTH_RADIUS = 6_371_000  # metres


class Position(NamedTuple):
    lat: float
    lng: float


def in_china(lat: float, lng: float) -> bool:
    """NaN is nowhere."""
    return LATITUDES[0] <= lat <= LATITUDES[1] and LONGITUDES[0] <= lng <= LONGITUDES[1]


def checked(lat: float, lng: float, *, field: str | None = None) -> Position:
    """The position. BadValue says what is wrong with it; the two ranges share no value, so swapped is certain."""
    if in_china(lat, lng):
        return Position(lat, lng)
    if not (math.isfinite(lat) and math.isfinite(lng)):
        raise BadValue("经纬度必须是数字。", field=field)
    if in_china(lng, lat):
        raise BadValue("经纬度像是写反了：纬度在前，经度在后。", field=field)
    raise BadValue("这个位置不在中国境内，请检查经纬度。", field=field)


def given(lat: float | None, lng: float | None) -> Position | None:
    """The position that two fields of a form or a body name; None when both are empty. BadValue names the field."""
    if lat is None and lng is None:
        return None
    if lat is None or lng is None:
        raise BadValue("纬度和经度要一起提供。", field="lat" if lat is None else "lng")
    return checked(lat, lng, field="lng" if LATITUDES[0] <= lat <= LATITUDES[1] else "lat")


def metres(one: Position, other: Position) -> float:
    """Along the great circle (haversine)."""
    half_lat, half_lng = (math.radians(there - here) / 2 for here, there in zip(one, other, strict=True))
    across = math.cos(math.radians(one.lat)) * math.cos(math.radians(other.lat)) * math.sin(half_lng) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(math.sin(half_lat) ** 2 + across)))


def read(text: str, *, field: str) -> Position:
    """The position that `lat,lng` names. BadValue for any other text and for places outside China."""
    parts = text.split(",")
    try:
        if len(text) > 60 or len(parts) != 2:
            raise ValueError(text)
        lat, lng = map(float, parts)
    except ValueError:
        raise BadValue(f"{field} 要写成“纬度,经度”，如 30.5871,114.2189。", field=field) from None
    return checked(lat, lng, field=field)


def in_words(metres: float) -> str:
    """350 → 约 350 米, 1240 → 约 1.2 公里: no finer than a telephone knows where it is."""
    if metres < 995:
        return f"约 {max(10, round(metres / 10) * 10)} 米"
    kilometres = metres / 1000
    return f"约 {kilometres:.1f} 公里" if kilometres < 9.95 else f"约 {kilometres:.0f} 公里"


def gcj02(lat: float, lng: float) -> Position:
    """Where Amap and Tencent draw the WGS-84 position: some 590 m off in Wuhan. Outside the rectangle nothing moves.

    The shift is a polynomial with waves, in metres, around 35° N 105° E.
    """
    if not in_china(lat, lng):
        return Position(lat, lng)
    x, y = lng - 105.0, lat - 35.0
    fine = 20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (fine + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (fine + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))) * 2 / 3
    phi = math.radians(lat)
    squeezed = 1 - ECCENTRICITY * math.sin(phi) ** 2
    metres_north = math.radians(HALF_AXIS * (1 - ECCENTRICITY) / squeezed**1.5)
    metres_east = math.radians(HALF_AXIS * math.cos(phi) / math.sqrt(squeezed))
    return Position(lat + north / metres_north, lng + east / metres_east)


def _waves(along: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(along * math.pi / length) for height, length in waves)
