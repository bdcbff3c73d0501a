"""What a text in OSM's syntax says about one day: the spans that begin on it.

`opening-hours-py` decides which rule holds on which date. Two things it does not know are told to it by rewriting the
text: Chinese holidays (`PH` becomes every day, and is asked only for holidays) and which evening a span after midnight
belongs to (the text is split in what lies before midnight and what runs over it, so that a holiday's hours or a dated
change of one day never cut or lengthen the night of the day before).
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # its stub forgets the error

from stations.opening.calendar import DayKind, kind_of

A_DAY = 24 * 60
FRIDAY = 4
FOR_THE_REST = (A_DAY - 1, A_DAY)  # where the second text puts rules that do not run over midnight
SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
QUOTED = re.compile(r'("[^"]*")')
BEYOND = re.compile(r"sunrise|sunset|dawn|dusk|easter|\bSH\b|\bPH\s*[+-]\s*\d|\d?\d:\d\d\s*[+/]", re.I)
"""Parts of the syntax that stations have no use for, and that a day's spans could not be read from."""


class Span(NamedTuple):
    """Minutes from the midnight at which the day begins; past 1440 it runs into the next. `is_open` None: unknown."""

    start: int
    end: int
    is_open: bool | None


class Hours(NamedTuple):
    """One text in four readings: before and after midnight, on ordinary days and on holidays."""

    head: OpeningHours
    tail: OpeningHours | None
    holiday_head: OpeningHours
    holiday_tail: OpeningHours | None


def spans_of(text: str, holiday_text: str, day: date) -> tuple[Span, ...] | None:
    """What begins on `day`, in order; () when it is closed, None when nobody can tell.

    On a statutory holiday `holiday_text` holds, where it is blank the PH rule of `text`, and without one the ordinary
    week. A Saturday or Sunday worked in exchange follows the Friday before it: which weekday it stands in for is not
    published, and Friday's pattern is the one that never is a half day off.
    """
    kind, _ = kind_of(day)
    holiday = kind is DayKind.HOLIDAY
    if kind is DayKind.MAKE_UP:
        day -= timedelta(days=day.weekday() - FRIDAY)
    return _read((holiday and holiday_text.strip()) or text.strip(), day, holiday)


@lru_cache(maxsize=512)
def parsed(text: str) -> Hours | None:
    """None for a blank text and for one that cannot be used."""
    if not text or BEYOND.search(_bare(text)):
        return None
    try:
        OpeningHours(text)
        before, after = _split(text)
        return Hours(
            _rule(before),
            _rule(after) if after else None,
            _rule(_as_holiday(before)),
            _rule(_as_holiday(after)) if after else None,
        )
    except (ParserError, ValueError):
        return None


@lru_cache(maxsize=16384)
def _read(text: str, day: date, holiday: bool) -> tuple[Span, ...] | None:
    hours = parsed(text)
    if hours is None:
        return None
    found = list(_of_day(hours.holiday_head if holiday else hours.head, day))
    tail = hours.holiday_tail if holiday else hours.tail
    for start, end, is_open in _of_day(tail, day) if tail else ():
        # A rule without hours holds for the whole day, and runs over into nothing.
        if (start, end) != (0, A_DAY) and start < FOR_THE_REST[0]:
            found.append(Span(start + A_DAY, min(end, FOR_THE_REST[0]) + A_DAY, is_open))
    return joined(found)


def joined(spans: list[Span]) -> tuple[Span, ...]:
    """In order, with what touches or overlaps in one piece."""
    whole: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if whole and whole[-1].end >= span.start and whole[-1].is_open == span.is_open:
            whole[-1] = whole[-1]._replace(end=max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return tuple(whole)


def _of_day(rule: OpeningHours, day: date) -> list[Span]:
    start = datetime.combine(day, time.min)
    said = {State.OPEN: True, State.UNKNOWN: None}
    return [
        Span(_minutes(begins - start), _minutes(ends - start), said[state])
        for begins, ends, state, _ in rule.intervals(start, start + timedelta(days=1))
        if state in said
    ]


def _minutes(since: timedelta) -> int:
    return int(since.total_seconds()) // 60


def _rule(text: str) -> OpeningHours:
    return OpeningHours(text, max_interval_days=366)


def _split(text: str) -> tuple[str, str | None]:
    """The text up to midnight, and the text of what runs over it; None when nothing does."""
    over = False

    def before(found: re.Match[str]) -> str:
        start, end = _bounds(found)
        return _written(start, min(end, A_DAY))

    def after(found: re.Match[str]) -> str:
        nonlocal over
        _, end = _bounds(found)
        if end <= A_DAY:
            return _written(*FOR_THE_REST)
        over = True
        return _written(0, end - A_DAY)

    first, second = _outside_quotes(SPAN, before, text), _outside_quotes(SPAN, after, text)
    return first, second if over else None


def _bounds(found: re.Match[str]) -> tuple[int, int]:
    """Minutes. ValueError for what begins after the day or lasts longer than one."""
    hour, minute, to_hour, to_minute = map(int, found.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    if end <= start:
        end += A_DAY
    if start >= A_DAY or end - start > A_DAY or end >= 2 * A_DAY - 1:
        raise ValueError(found[0])
    return start, end


def _written(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _as_holiday(text: str) -> str:
    """The same rules with PH holding today. `PH Mo-Fr` are the holidays that fall on those weekdays."""
    text = _outside_quotes(re.compile(r"\bPH\s+(?=(?:Mo|Tu|We|Th|Fr|Sa|Su)\b)"), "", text)
    return _outside_quotes(re.compile(r"\bPH\b"), "Mo-Su", text)


def _outside_quotes(pattern: re.Pattern[str], to: object, text: str) -> str:
    parts = QUOTED.split(text)
    return "".join(part if part.startswith('"') else pattern.sub(to, part) for part in parts)  # type: ignore[call-overload]


def _bare(text: str) -> str:
    return QUOTED.sub("", text)
