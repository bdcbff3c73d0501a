"""Links that open a map service with the way to a place. The three of them draw in GCJ-02."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings

from fengchao.core import geo
from stations.models import Station


class Link(NamedTuple):
    name: str
    url: str


class Destination(NamedTuple):
    """A place that is no station."""

    name: str
    address: str
    lat: float
    lng: float


def links(station: Station | Destination) -> list[Link]:
    """Amap first: most couriers ride with it."""
    return [Link("高德导航", amap(station)), Link("腾讯地图", tencent(station)), Link("百度地图", baidu(station))]


def amap(station: Station | Destination) -> str:
    lat, lng = _shifted(station)
    to = {"to": f"{lng},{lat},{station.name}", "mode": "ride", "coordinate": "gaode", "callnative": 1}
    return f"https://uri.amap.com/navigation?{urlencode(to)}"


def tencent(station: Station | Destination) -> str:
    lat, lng = _shifted(station)
    to = {"type": "bike", "to": station.name, "tocoord": f"{lat},{lng}", "referer": settings.MAP_REFERER}
    return f"https://apis.map.qq.com/uri/v1/routeplan?{urlencode(to)}"


def baidu(station: Station | Destination) -> str:
    lat, lng = _shifted(station)
    place = {"location": f"{lat},{lng}", "title": station.name, "content": station.address, "coord_type": "gcj02"}
    return f"https://api.map.baidu.com/marker?{urlencode({**place, 'output': 'html', 'src': settings.MAP_REFERER})}"


def _shifted(station: Station | Destination) -> tuple[str, str]:
    """Six decimals are a tenth of a metre."""
    lat, lng = geo.gcj02(station.lat, station.lng)
    return f"{lat:.6f}", f"{lng:.6f}"
