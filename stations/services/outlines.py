"""The district's official outline: taken in when it is one, refused in words when it is not."""

import json
from typing import Any

from accounts.models import User
from fengchao.core import audit, geo
from fengchao.core.errors import BadValue
from fengchao.core.transactions import unit_of_work
from stations.models import DistrictOutline
from stations.problems import OutlineBroken

LARGEST_FILE = 1024 * 1024
MOST_POINTS = 5000
"""Some 30 KB over the wire; official outlines are thinned out to that with any tool."""


def replace_outline(text: str, *, source: str, by: User) -> DistrictOutline:
    """Put the outline that `text` (GeoJSON) holds in place of the one there is, and record who did.

    Raises OutlineBroken (field "file") that says what is wrong: no JSON, no area, rings that are open or too short,
    positions outside China or swapped, more than MOST_POINTS of them.
    """
    geometry = outline_of(text)
    with unit_of_work():
        outline, _ = DistrictOutline.objects.update_or_create(
            pk=DistrictOutline.THE_ONE, defaults={"geojson": geometry, "source": source}
        )
        audit.record(by, "outline.replaced", outline, {"source": source, "points": _count(geometry)})
    return outline


def outline_of(text: str) -> dict[str, Any]:
    """The areas of a GeoJSON text as one MultiPolygon, to five decimals (a metre)."""
    if len(text.encode()) > LARGEST_FILE:
        raise OutlineBroken("文件太大，请简化到 1 MB 以内。")
    try:
        # A number too long for Python raises ValueError as well.
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise OutlineBroken("不是完整的 GeoJSON 文件。") from None
    areas = [[_ring(ring) for ring in _listed(polygon)] for polygon in _polygons(found)]
    if not areas or not all(areas):
        raise OutlineBroken("文件里没有面（Polygon 或 MultiPolygon）。")
    geometry = {"type": "MultiPolygon", "coordinates": areas}
    if _count(geometry) > MOST_POINTS:
        raise OutlineBroken(f"边界点太多，请简化到 {MOST_POINTS} 个以内。")
    return geometry


def _no_number(name: str) -> float:
    raise ValueError(name)


def _polygons(found: Any) -> list[Any]:
    """Of a feature or a collection the geometries; anything that is no area is refused rather than left out."""
    if not isinstance(found, dict):
        raise OutlineBroken("不是完整的 GeoJSON 文件。")
    match found.get("type"):
        case "FeatureCollection":
            features = _listed(found.get("features"))
            if any(not isinstance(part, dict) or part.get("type") != "Feature" for part in features):
                raise OutlineBroken("FeatureCollection 里有无法识别的内容。")
            return [polygon for part in features for polygon in _polygons(part)]
        case "Feature":
            if isinstance(found.get("geometry"), dict) and found["geometry"].get("type") in ("Polygon", "MultiPolygon"):
                return _polygons(found["geometry"])
        case "Polygon":
            return [found.get("coordinates")]
        case "MultiPolygon":
            return _listed(found.get("coordinates"))
    raise OutlineBroken("只接受面（Polygon 或 MultiPolygon），文件里有别的类型。")


def _ring(points: Any) -> list[list[float]]:
    ring = [_point(point) for point in _listed(points)]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise OutlineBroken("边界没有闭合：每一圈至少 4 个点，首尾相同。")
    return ring


def _point(point: Any) -> list[float]:
    pair = _listed(point)[:2]
    if len(pair) != 2 or any(isinstance(part, bool) or not isinstance(part, int | float) for part in pair):
        raise OutlineBroken("坐标必须是“经度,纬度”两个数字。")
    lng, lat = pair
    if geo.in_china(lng, lat):
        raise OutlineBroken("经纬度像是写反了：GeoJSON 里经度在前，纬度在后。")
    try:
        geo.checked(lat, lng)
    except (BadValue, OverflowError):
        raise OutlineBroken("有的点不在中国境内；投影坐标请先转成经纬度（WGS-84）。") from None
    return [round(lng, 5), round(lat, 5)]


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise OutlineBroken("坐标的写法不对。")
    return value


def _count(geometry: dict[str, Any]) -> int:
    return sum(len(ring) for polygon in geometry["coordinates"] for ring in polygon)
