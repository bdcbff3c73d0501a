"""Whether a station is open, and when that changes: the text of its hours, the calendar, and dated overrides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from fengchao.core import clock
from fengchao.core.clock import SHANGHAI
from stations.models import HoursOverride, Station
from stations.models.hours import HoursOverrideQuerySet
from stations.opening.calendar import DayKind, kind_of
from stations.opening.text import A_DAY, Span, joined, spans_of
from stations.querysets import StationQuerySet

FAR = 366
"""Days after which a change is none."""

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class OpenState:
    """`is_open` is None when nobody knows, which is not the same as closed. `words` is what a card says; `reason` why
    today's hours are not the usual ones, "" when they are."""

    is_open: bool | None
    next_change: datetime | None
    reason: str = ""
    words: str = "时间待确认"


@dataclass(frozen=True)
class Day:
    """What begins on a day (None: unknown), and why it is not as usual."""

    date: date
    spans: tuple[Span, ...] | None
    name: str = ""  # 国庆节, 国庆节调休上班
    reason: str = ""  # of the override
    cuts: bool = False  # closed from midnight, so that the evening before ends there

    @property
    def words(self) -> str:
        """08:00–12:00、22:00–次日 06:00; 全天; 休息"""
        if self.spans is None:
            return "时间待确认"
        return "、".join(_span_in_words(span) for span in self.spans) or "休息"

    @property
    def called(self) -> str:
        """11月26日 周四"""
        return f"{self.date.month}月{self.date.day}日 周{WEEKDAYS[self.date.weekday()]}"


class Override(NamedTuple):
    """What the hours of a day are worked out from; `HoursOverride` has it too, with what nobody opens by."""

    kind: str
    hours: str
    first_day: date
    last_day: date
    reason: str


OVERRIDE_FACTS = Override._fields

# By text for the many that keep their hours, by key for the few that do not.
_AS_SAID = """
    SELECT s.id FROM stations_station s
    WHERE (s.opening_hours, s.holiday_hours) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
      AND s.id <> ALL (%s::bigint[]) OR s.id = ANY (%s::bigint[])
"""


def with_overrides(stations: StationQuerySet, at: datetime) -> StationQuerySet:
    """The set, ready to be asked about its hours at `at`: its own query brings the overrides along."""
    facts = JSONObject(**{name: name for name in OVERRIDE_FACTS})
    found: StationQuerySet = stations.annotate(
        overrides_read=ArraySubquery(_standing(at).filter(stations=OuterRef("pk")).values(facts=facts))
    )
    return found


def those_open(stations: StationQuerySet, at: datetime, is_open: bool) -> StationQuerySet:
    """The stations of the set that are open, or those that are closed; the unknown are neither.

    Hours are read here and not by the database, but each text once: stations share theirs, and those that keep other
    hours for now are looked at one by one.
    """
    texts = stations.order_by().values_list("opening_hours", "holiday_hours").distinct()
    usual = [
        (hours, holiday_hours)
        for hours, holiday_hours in texts
        if state_of(hours, holiday_hours, (), at).is_open is is_open
    ]
    differing = overrides_by_station(at)
    right = [
        pk
        for pk, told in differing.items()
        if state_of(told.usual, told.holiday, told.overrides, at).is_open is is_open
    ]
    columns = [hours for hours, _ in usual], [holiday_hours for _, holiday_hours in usual]
    return stations.filter(pk__in=RawSQL(_AS_SAID, [*columns, list(differing), right]))


def overrides_by_station(at: datetime) -> dict[int, "Told"]:
    """The hours of every station that has an override which may count at `at`, in one query."""
    found: dict[int, Told] = {}
    where = ("stations__pk", "stations__opening_hours", "stations__holiday_hours")
    rows = _standing(at).filter(stations__isnull=False).values_list(*where, *OVERRIDE_FACTS)
    for pk, hours, holiday_hours, *facts in rows:
        known = found[pk].overrides if pk in found else ()
        found[pk] = Told(hours, holiday_hours, (*known, Override(*facts)))
    return found


def state(station: Station, at: datetime) -> OpenState:
    """Of one station at a moment. Overrides that `with_overrides` did not read cost a query."""
    return state_of(station.opening_hours, station.holiday_hours, _overrides(station, at), at)


def state_of(hours: str, holiday_hours: str, overrides: Iterable[Override], at: datetime) -> OpenState:
    """Of a station with these hours and these overrides, newest first."""
    # Between two minutes nothing changes, but for how a whole minute itself is told from what follows it.
    minute = at.replace(second=0, microsecond=0)
    return _state(hours, holiday_hours, tuple(overrides), minute if minute == at else minute + timedelta(seconds=1))


@lru_cache(maxsize=4096)
def _state(hours: str, holiday_hours: str, overrides: tuple[Override, ...], at: datetime) -> OpenState:
    """Kept, since stations share their texts. All that the answer depends on is in the call."""
    if not overrides and hours.strip() == "24/7" and not holiday_hours.strip():
        return OpenState(True, None, words="全天开放")
    told = Told(hours, holiday_hours, overrides)
    local = at.astimezone(SHANGHAI)
    today, minute = local.date(), local.hour * 60 + local.minute
    before, day = (told.day(today + timedelta(days=shift)) for shift in (-1, 0))
    now = _at(minute, before, day)
    if now is None and not overrides:
        return OpenState(None, None)
    change = _change(told, before, day, minute, now)
    return OpenState(now, change, day.reason, _in_words(now, change, day, at))


def days(station: Station, first: date, count: int, overrides: Iterable[HoursOverride] | None = None) -> list[Day]:
    """`count` days from `first` on, as the rule produces them. `overrides` newest first, for hours not saved yet."""
    if overrides is None:
        known = _overrides(station, clock.day_bounds(first)[0])
    else:
        known = tuple(Override(*(getattr(one, name) for name in OVERRIDE_FACTS)) for one in overrides)
    told = Told(station.opening_hours, station.holiday_hours, known)
    return [told.day(first + timedelta(days=shift)) for shift in range(count)]


def _standing(at: datetime) -> HoursOverrideQuerySet:
    """Those that may still count at `at`, newest first. One that ended yesterday may run over into today."""
    return HoursOverride.objects.standing(clock.shanghai_day(at) - timedelta(days=1))


def _overrides(station: Station, at: datetime) -> tuple[Override, ...]:
    """Newest first."""
    read: list[dict[str, str]] | None = getattr(station, "overrides_read", None)
    if read is not None:
        return tuple(_override(**facts) for facts in read)
    if station.pk is None:
        return ()
    rows = _standing(at).filter(stations=station).values_list(*OVERRIDE_FACTS)
    return tuple(Override(*facts) for facts in rows)


def _override(*, first_day: str, last_day: str, kind: str, hours: str, reason: str) -> Override:
    return Override(kind, hours, date.fromisoformat(first_day), date.fromisoformat(last_day), reason)


class Told(NamedTuple):
    """All that a station's hours follow from."""

    usual: str
    holiday: str
    overrides: tuple[Override, ...]

    def day(self, day: date) -> Day:
        """The newest override of the day holds alone, on top of the usual hours when it only adds to them."""
        usual = _usual(self.usual, self.holiday, day)
        override = next((one for one in self.overrides if one.first_day <= day <= one.last_day), None)
        if override is None:
            return usual
        if override.kind == HoursOverride.Kind.CLOSED:
            return Day(day, (), usual.name, override.reason, cuts=True)
        spans = spans_of(override.hours, "", day)
        if override.kind == HoursOverride.Kind.EXTENDED and spans is not None:
            spans = joined([*(usual.spans or ()), *spans])
        return Day(day, spans, usual.name, override.reason)


def _usual(hours: str, holiday_hours: str, day: date) -> Day:
    kind, name = kind_of(day)
    name = f"{name}调休上班" if kind is DayKind.MAKE_UP else name
    return Day(day, spans_of(hours, holiday_hours, day), name)


def _at(minute: int, before: Day, day: Day) -> bool | None:
    """At a minute of `day`: what began on it, or runs over from `before`. Open outweighs unknown, unknown closed."""
    if not day.cuts and (over := _holding(before.spans or (), minute + A_DAY)):
        if True in over:
            return True
    else:
        over = set()
    here = _holding(day.spans, minute) if day.spans is not None else {None}
    said = over | here
    return True if True in said else (None if said else False)


def _holding(spans: Iterable[Span], minute: int) -> set[bool | None]:
    return {span.is_open for span in spans if span.start <= minute < span.end}


def _change(told: Told, before: Day, day: Day, minute: int, now: bool | None) -> datetime | None:
    """The first moment after `minute` of `day` at which the state is another than `now`."""
    usual_from = max((one.last_day for one in told.overrides), default=day.date) + timedelta(days=1)
    after = minute
    while day.date <= usual_from:
        if (edge := _edge(before, day, after, now)) is not None:
            return _moment_of(day.date, edge)
        after = -1
        before, day = day, told.day(day.date + timedelta(days=1))
    return _turn(told.usual, told.holiday, day.date, now)


@lru_cache(maxsize=8192)
def _turn(hours: str, holiday_hours: str, first: date, now: bool | None) -> datetime | None:
    """The same from the midnight of `first` on, where no override holds: it may lie months ahead, and is kept."""
    before = _usual(hours, holiday_hours, first - timedelta(days=1))
    for shift in range(FAR):
        day = _usual(hours, holiday_hours, first + timedelta(days=shift))
        if (edge := _edge(before, day, -1, now)) is not None:
            return _moment_of(day.date, edge)
        before = day
    return None


def _edge(before: Day, day: Day, after: int, now: bool | None) -> int | None:
    """The first minute of `day` past `after` whose state is not `now`."""
    edges = {0, *(edge for span in day.spans or () for edge in span[:2])}
    edges |= {edge - A_DAY for span in before.spans or () for edge in span[:2]}
    later = (edge for edge in sorted(edges) if after < edge < A_DAY and edge >= 0)
    return next((edge for edge in later if _at(edge, before, day) is not now), None)


def _moment_of(day: date, minute: int) -> datetime:
    return clock.day_bounds(day)[0] + timedelta(minutes=minute)


def _in_words(now: bool | None, change: datetime | None, day: Day, at: datetime) -> str:
    if now is None:
        return "时间待确认"
    if now:
        return f"开放中 · {_closing(change, at)} 关" if change and change - at < timedelta(days=2) else "开放中"
    opens_today = change is not None and clock.shanghai_day(change) == day.date
    called = "今天休息" if not day.spans and not opens_today else "休息中"
    return f"{called} · {_moment(change, at)} 开" if change else called


def _closing(change: datetime, at: datetime) -> str:
    """Midnight, when a day ends, is its 24:00."""
    return "24:00" if change == clock.day_bounds(clock.shanghai_day(at))[1] else _moment(change, at)


def _moment(change: datetime, at: datetime) -> str:
    """22:00, 明天 08:00, 周四 08:00, 11月26日 08:00"""
    local, today = change.astimezone(SHANGHAI), clock.shanghai_day(at)
    ahead = (local.date() - today).days
    if ahead == 0:
        return f"{local:%H:%M}"
    if ahead == 1:
        return f"明天 {local:%H:%M}"
    if ahead < 7:
        return f"周{WEEKDAYS[local.weekday()]} {local:%H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _span_in_words(span: Span) -> str:
    if (span.start, span.end) == (0, A_DAY):
        words = "全天"
    else:
        end = span.end if span.end <= A_DAY else span.end - A_DAY
        over = "次日 " if span.end > A_DAY else ""
        words = f"{span.start // 60:02}:{span.start % 60:02}–{over}{end // 60:02}:{end % 60:02}"
    return words if span.is_open else f"{words}（待确认）"
