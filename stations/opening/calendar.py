"""Which day is a statutory holiday, and which weekend is worked in exchange for one."""

from datetime import date
from enum import Enum
from functools import lru_cache

import chinese_calendar  # type: ignore[import-untyped]  # ships no types

NAMES = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "National Day": "国庆节", "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利日",
}  # fmt: skip
SATURDAY = 5


class DayKind(Enum):
    ORDINARY = "ordinary"
    HOLIDAY = "holiday"  # a day off by decree, a weekend inside the holiday included
    MAKE_UP = "make-up"  # a Saturday or Sunday that is worked


@lru_cache(maxsize=4096)
def kind_of(day: date) -> tuple[DayKind, str]:
    """What the State Council made of `day`, and the holiday's Chinese name ("" for an ordinary day).

    A year's calendar comes out in the November before; for years that `chinesecalendar` lacks, only weekdays count.
    """
    try:
        off, english = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return DayKind.ORDINARY, ""
    name = NAMES.get(english, "节假日") if english else ""
    if off:
        return (DayKind.HOLIDAY, name) if name else (DayKind.ORDINARY, "")
    return (DayKind.MAKE_UP, name) if day.weekday() >= SATURDAY else (DayKind.ORDINARY, "")


def is_known(day: date) -> bool:
    """Whether the calendar of its year has come out."""
    try:
        chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """A weekday that is no holiday, or a weekend day worked in exchange for one."""
    kind, _ = kind_of(day)
    return kind is DayKind.MAKE_UP or (kind is DayKind.ORDINARY and day.weekday() < SATURDAY)
