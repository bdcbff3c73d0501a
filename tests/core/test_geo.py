"""Positions and their shift, beside an independent implementation."""

import math

import prcoords  # type: ignore[import-untyped]  # ships no types
import pytest

from fengchao.core import geo
from fengchao.core.errors import BadValue

WUHAN = (30.5871, 114.2189)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(prcoords.Coords(*one).distance(prcoords.Coords(*other)))


def test_the_shift_is_that_of_an_independent_library_all_over_the_country() -> None:
    corners = [(lat / 4, lng / 4) for lat in range(4, 223) for lng in range(289, 551)]
    streets = [(30.55 + step / 4000, 114.18 + step / 2500) for step in range(300)]
    farthest = max(metres(geo.gcj02(*place), prcoords.wgs_gcj(place)) for place in [*corners, *streets])
    assert farthest < 0.01
    assert 580 < metres(geo.gcj02(*WUHAN), WUHAN) < 600  # control: something was shifted, by what it is here


@pytest.mark.filterwarnings("ignore:Non-Chinese coords")
@pytest.mark.parametrize("place", [(48.8566, 2.3522), (-33.8688, 151.2093), (0.0, 0.0), (55.9, 100.0), (30.0, 138.0)])
def test_nothing_moves_outside_china(place: tuple[float, float]) -> None:
    assert geo.gcj02(*place) == place == tuple(prcoords.wgs_gcj(place))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nan,114", "必须是数字"),
        ("30,inf", "必须是数字"),
        ("-inf,nan", "必须是数字"),
        ("114.2189,30.5871", "写反了"),
        ("48.8566,2.3522", "不在中国"),
        ("2.3522,48.8566", "不在中国"),
        ("-30.5,114.2", "不在中国"),
        ("1e308,-1e308", "不在中国"),
        ("", "纬度,经度"),
        ("30.5", "纬度,经度"),
        ("30.5,114.2,1", "纬度,经度"),
        ("北,东", "纬度,经度"),
        ("9" * 400 + ",1", "纬度,经度"),
    ],
)
def test_what_is_no_position_here_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(BadValue) as refusal:
        geo.read(text, field="near")
    assert (says in refusal.value.message, refusal.value.field) == (True, "near")


def test_a_position_is_read() -> None:
    assert geo.read(" 30.5871, 114.2189 ", field="near") == WUHAN
    assert not geo.in_china(math.nan, math.nan)


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "约 10 米"), (3, "约 10 米"), (352, "约 350 米"), (994, "约 990 米"), (995, "约 1.0 公里"),
        (1240, "约 1.2 公里"), (9949, "约 9.9 公里"), (9951, "约 10 公里"), (1_234_567, "约 1235 公里"),
    ],
)  # fmt: skip
def test_distances_in_words(metres: int, words: str) -> None:
    assert geo.in_words(metres) == words
