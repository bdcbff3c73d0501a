"""Open or closed, for every half hour of a year, beside an oracle that knows no OSM syntax and no library."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from fengchao.core.clock import SHANGHAI
from stations import opening
from stations.models import Station


def _days(*spans: tuple[str, str]) -> set[date]:
    found = set()
    for first, last in spans:
        day = date.fromisoformat(f"2026-{first}")
        while day <= date.fromisoformat(f"2026-{last}"):
            found.add(day)
            day += timedelta(days=1)
    return found


# The State Council's notice for 2026, by hand.
HOLIDAYS = _days(
    ("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
    ("09-25", "09-27"), ("10-01", "10-07"),
)  # fmt: skip
MAKE_UP = {date(2026, month, day) for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}

Plan = Callable[[int, bool], list[tuple[float, float]]]
"""(weekday 0–6, holiday) → spans in hours from the midnight of the day, past 24 into the next."""

PLANS: list[tuple[str, str, Plan]] = [
    ("Mo-Su 08:00-20:00", "", lambda weekday, holiday: [(8, 20)]),
    ("Mo-Fr 08:30-17:30; Sa-Su 09:00-17:00", "", lambda weekday, holiday: [(8.5, 17.5)] if weekday < 5 else [(9, 17)]),
    ("Mo-Fr 08:30-17:30; PH off", "", lambda weekday, holiday: [(8.5, 17.5)] if weekday < 5 and not holiday else []),
    ("Mo-Fr 08:30-17:30; Sa,PH 10:00-16:00", "",
     lambda weekday, holiday: [(10, 16)] if holiday or weekday == 5 else [(8.5, 17.5)] if weekday < 5 else []),
    ("Mo-Su 07:00-22:00", "10:00-16:00", lambda weekday, holiday: [(10, 16)] if holiday else [(7, 22)]),
    ("Mo-Su 07:00-22:00; PH 09:00-10:00", "off", lambda weekday, holiday: [] if holiday else [(7, 22)]),
    ("Mo-Su 20:00-06:00", "off", lambda weekday, holiday: [] if holiday else [(20, 30)]),
    ("Fr-Sa 22:00-02:00; Mo-Th 18:00-23:00; PH off", "",
     lambda weekday, holiday: [] if holiday or weekday == 6 else [(22, 26)] if weekday > 3 else [(18, 23)]),
    ("Mo-Fr 09:00-12:00,14:00-18:00", "22:30-01:30",
     lambda weekday, holiday: [(22.5, 25.5)] if holiday else [(9, 12), (14, 18)] if weekday < 5 else []),
    ("24/7", "off", lambda weekday, holiday: [] if holiday else [(0, 24)]),
    ("Mo-Fr 18:00-30:00; Sa", "", lambda weekday, holiday: [(18, 30)] if weekday < 5 else [(0, 24)] * (weekday == 5)),
]  # fmt: skip


def is_open(plan: Plan, at: datetime) -> bool:
    """Looks at the day and the one before, adds up hours, nothing else."""
    for back in (0, 1):
        day = at.date() - timedelta(days=back)
        weekday = 4 if day in MAKE_UP else day.weekday()
        hour = at.hour + at.minute / 60 + 24 * back
        if any(start <= hour < end for start, end in plan(weekday, day in HOLIDAYS)):
            return True
    return False


def half_hours() -> list[datetime]:
    """2026 from the second day of the year, since the oracle knows no 2025."""
    start = datetime(2026, 1, 2, tzinfo=SHANGHAI)
    return [start + timedelta(minutes=30 * number) for number in range(364 * 48)]


@pytest.mark.parametrize(("hours", "holiday_hours", "plan"), PLANS, ids=[f"{row[0]} | {row[1]}" for row in PLANS])
def test_every_half_hour_of_a_year(hours: str, holiday_hours: str, plan: Plan) -> None:
    station = Station(opening_hours=hours, holiday_hours=holiday_hours)
    moments = half_hours()
    expected = [is_open(plan, at) for at in moments]
    states = [opening.state(station, at) for at in moments]
    wrong = [at for at, found, right in zip(moments, states, expected, strict=True) if found.is_open is not right]
    assert wrong == []
    # The next change is the first later half hour that differs: all plans turn on half hours.
    turn = None
    for number in range(len(moments) - 2, -1, -1):
        if expected[number + 1] != expected[number]:
            turn = moments[number + 1]
        if turn is not None:
            assert states[number].next_change == turn, moments[number]


def test_the_oracle_can_fail() -> None:
    """The control: the ordinary week alone is wrong on holidays and on make-up workdays."""
    station = Station(opening_hours="Mo-Fr 08:30-17:30; PH off")
    plain: Plan = lambda weekday, holiday: [(8.5, 17.5)] if weekday < 5 else []  # noqa: E731
    wrong = {at.date() for at in half_hours() if is_open(plain, at) is not opening.state(station, at).is_open}
    assert date(2026, 10, 1) in wrong and date(2026, 10, 10) not in wrong
    assert opening.state(station, datetime(2026, 10, 10, 9, tzinfo=SHANGHAI)).is_open is True
    assert opening.state(station, datetime(2026, 10, 17, 9, tzinfo=SHANGHAI)).is_open is False


def test_years_without_a_calendar_go_by_weekdays() -> None:
    station = Station(opening_hours="Mo-Fr 08:30-17:30; PH off", holiday_hours="off")
    assert opening.state(station, datetime(2032, 10, 1, 9, tzinfo=SHANGHAI)).is_open is True  # a Friday
    assert opening.state(station, datetime(2032, 10, 2, 9, tzinfo=SHANGHAI)).is_open is False
