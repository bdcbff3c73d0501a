"""Map tiles, as the settings name them: layers for Leaflet, and whom the pages' policy lets pictures come from."""

import re
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

TIANDITU = tuple(
    f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    for layer in ("vec", "cva")
)
"""Streets, and their names on top. In CGCS2000, which is WGS-84 to within a metre."""

_ADDRESS = re.compile(r"(https?://)([A-Za-z0-9.{}-]+)(:[0-9]+)?(/\S*)?")


def layers(setting: str, key: str) -> tuple[str, ...]:
    """Addresses with {x}, {y}, {z} and perhaps {s}, the lowest layer first; none when the setting is empty.

    `setting` is the word tianditu, or one or several addresses apart by blanks. Raises ImproperlyConfigured.
    """
    addresses = TIANDITU if setting.strip().lower() == "tianditu" else tuple(setting.split())
    for address in addresses:
        if not (_ADDRESS.fullmatch(address) or re.match(r"/(?!/)", address)):
            raise ImproperlyConfigured(f"MAP_TILES_URL 不是瓦片地址：{address}")
        if not all(part in address for part in ("{x}", "{y}", "{z}")):
            raise ImproperlyConfigured("MAP_TILES_URL 里要有 {x}、{y} 和 {z}。")
        if "{key}" in address and not key:
            raise ImproperlyConfigured("使用这个地图需要设置 MAP_TILES_KEY。")
    return tuple(address.replace("{key}", key) for address in addresses)


def sources(addresses: Sequence[str]) -> list[str]:
    """Sources for img-src: https://t{s}.tianditu.gov.cn/… is https://*.tianditu.gov.cn, own addresses need none."""
    found = []
    for address in addresses:
        if parts := _ADDRESS.fullmatch(address):
            scheme, host, port, _ = parts.groups()
            # A star stands for whole labels only, and only in front.
            found.append(f"{scheme}{re.sub(r'^.*{[^.]*', '*', host)}{port or ''}")
    return sorted(set(found))
