"""Bars of a chart by day, in the units of its picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

STEP = 50  # from one day to the next


@dataclass(frozen=True)
class Picture:
    """How a chart is drawn: where its bars stand, how broad and at most how high they are, how far above one its
    number is."""

    base: float
    width: float
    highest: float
    gap: float


@dataclass(frozen=True)
class Bar:
    day: date
    count: int
    x: float
    top: float
    height: float
    middle: float
    above: float
    is_last: bool


def bars(days: Sequence[date], counts: Mapping[date, int], picture: Picture) -> list[Bar]:
    """One for each of `days`, the highest for the most."""
    most = max([*counts.values(), 1])
    made = []
    for place, day in enumerate(days):
        count = counts.get(day, 0)
        height = count / most * picture.highest
        x, top = place * STEP + (STEP - picture.width) / 2, picture.base - height
        middle, above = x + picture.width / 2, top - picture.gap
        made.append(Bar(day, count, x, top, height, middle, above, is_last=place == len(days) - 1))
    return made
