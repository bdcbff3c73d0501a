"""Another system of the city that files reports by Open311: its key, and some of what its users told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from fengchao.core import codes
from fengchao.core.geo import Position
from fengchao.demo.reports import Cases
from reports import services
from reports.models import ApiKey, Category
from stations.models import Station

PARTNER = "城市随手办小程序（示例）"
TOLD = (
    ("litter", "公交站后面有人倒了建筑垃圾（示例）", {"size": "一堆"}, 9, True),
    ("road", "人行道地砖翘起来，晚上容易绊倒（示例）", {"danger": "可能会"}, 6, True),
    ("litter", "花坛里有旧沙发（示例）", {"size": "一堆"}, 2, False),
)
"""Category, words, answers, how many days ago, and whether the street has taken it on."""


def build(rng: Random, cases: Cases, stations: Sequence[Station], *, by: User, now: datetime) -> str:
    """The partner's key, which works at once; three reports have come with it."""
    began = now - timedelta(days=30)
    key, text = services.make_key(partner=PARTNER, by=by, at=began)
    categories = {category.code: category for category, _ in cases.told}
    with codes.drawn_from(rng):
        for station, (code, words, answers, days, is_taken_on) in zip(stations, TOLD, strict=False):
            _tell(key, station, by=by, at=now - timedelta(days=days), category=categories[code], words=words,
                  answers=answers, is_taken_on=is_taken_on)  # fmt: skip
    return text


def _tell(
    key: ApiKey, station: Station, *, by: User, at: datetime, category: Category, words: str, answers: dict[str, str],
    is_taken_on: bool,
) -> None:  # fmt: skip
    report, _ = services.file_for_partner(
        key, category, text=words, place=f"{station.name}门口", position=Position(station.lat, station.lng),
        answers=answers, at=at,
    )  # fmt: skip
    if is_taken_on:
        services.accept(report, by=by, at=at + timedelta(hours=2))
