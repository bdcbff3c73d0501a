"""Whether a station is open, from its opening hours in OSM's syntax, the calendar of holidays and dated overrides."""

from stations.opening.calendar import DayKind, kind_of
from stations.opening.faults import check, in_words
from stations.opening.timeline import (
    Day,
    OpenState,
    days,
    overrides_by_station,
    state,
    state_of,
    those_open,
    with_overrides,
)

__all__ = [
    "Day", "DayKind", "OpenState", "check", "days", "in_words", "kind_of", "overrides_by_station", "state",
    "state_of", "those_open", "with_overrides",
]  # fmt: skip
