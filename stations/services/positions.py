"""Where a station can be: in China, with latitude and longitude in their places."""

import math

from fengchao.core.errors import BadValue

# The land and the sea that belongs to it, generously.
LAT = (3.5, 54.0)
LNG = (73.0, 136.0)


def looks_swapped(lat: float, lng: float) -> bool:
    return LNG[0] <= lat <= LNG[1] and LAT[0] <= lng <= LAT[1]


def position_or_refuse(lat: float, lng: float) -> None:
    """Raises BadValue that names the field and what to do."""
    if not math.isfinite(lat) or not math.isfinite(lng):
        raise BadValue("经纬度要填数字。", field="lat")
    if looks_swapped(lat, lng):
        raise BadValue("纬度和经度好像填反了，请对调。", field="lat")
    for field, value, span in (("lat", lat, LAT), ("lng", lng, LNG)):
        if not span[0] <= value <= span[1]:
            raise BadValue(f"不在中国范围内，应在 {span[0]:g} 到 {span[1]:g} 之间。", field=field)
