"""Whether a station is open, from its opening hours in OSM's syntax."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # its stub forgets the error

from fengchao.core.clock import SHANGHAI
from stations.models import Station
from stations.querysets import StationQuerySet


@dataclass(frozen=True)
class OpenState:
    """`is_open` is None when nobody knows, which is not the same as closed."""

    is_open: bool | None
    next_change: datetime | None


UNKNOWN = OpenState(None, None)


def state(station: Station, at: datetime) -> OpenState:
    hours = _parsed(station.opening_hours.strip())
    if hours is None:
        return UNKNOWN
    # The library answers in the zone it is asked in, and naive times are the station's own.
    local = at.astimezone(SHANGHAI).replace(tzinfo=None)
    if hours.is_unknown(local):
        return UNKNOWN
    change = hours.next_change(local)
    return OpenState(hours.is_open(local), change.replace(tzinfo=SHANGHAI) if change else None)


def those_open(stations: StationQuerySet, at: datetime, is_open: bool) -> StationQuerySet:
    """The stations of the set that are open, or those that are closed; the unknown are neither.

    Hours are read here and not by the database, so the set is looked through: a district has dozens, not thousands.
    """
    rows = stations.only("pk", "opening_hours")
    return stations.filter(pk__in=[station.pk for station in rows if state(station, at).is_open is is_open])


_WORDS = {
    "24/7": "全天开放", "Mo-Su": "每天", "Mo-Fr": "周一至周五", "Sa-Su": "周末", "PH": "节假日", "off": "休息",
    "Mo": "周一", "Tu": "周二", "We": "周三", "Th": "周四", "Fr": "周五", "Sa": "周六", "Su": "周日",
}  # fmt: skip
_WORD = re.compile(r"24/7|Mo-Su|Mo-Fr|Sa-Su|PH|off|Mo|Tu|We|Th|Fr|Sa|Su")


def in_words(text: str) -> str:
    """The hours as a person reads them: `Mo-Fr 08:30-17:30; Su off` is 周一至周五 08:30-17:30；周日 休息."""
    if _parsed(text.strip()) is None:
        return ""
    return _WORD.sub(lambda word: _WORDS[word[0]], text.strip()).replace("; ", "；").replace("-周", "至周")


@lru_cache(maxsize=1024)
def _parsed(text: str) -> OpeningHours | None:
    if not text:
        return None
    try:
        return OpeningHours(text, max_interval_days=366)
    except ParserError:
        return None
