"""Days, months and years turn at midnight in Shanghai (UTC 16:00), whatever the time zone of the database session."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection, connections

from fengchao.core import clock
from gifts.models import Gift
from gifts.problems import LimitReached
from gifts.services import annul, redeem
from points.ledger import Source
from points.models import EarningRule, RefusedAward
from points.services import earn, grant
from tests.factories import courier
from tests.gifts.shop import Shop, available, differences, give, open_shop

pytestmark = pytest.mark.django_db

# 23:59:58 in Shanghai: of a day within a month, of months of two lengths, of a year.
DAY = datetime(2026, 5, 14, 15, 59, 58, tzinfo=UTC)
MONTHS = [datetime(2026, 4, 30, 15, 59, 58, tzinfo=UTC), datetime(2028, 2, 29, 15, 59, 58, tzinfo=UTC)]
YEAR = datetime(2026, 12, 31, 15, 59, 58, tzinfo=UTC)
# Where UTC and New York have their midnights, at the end of a month.
ELSEWHERE = [datetime(2026, 4, 30, 23, 59, 58, tzinfo=UTC), datetime(2026, 5, 1, 3, 59, 58, tzinfo=UTC)]
LATER = timedelta(seconds=3)  # 00:00:01
ALL, NONE = [4, 4, 2, 0], [0, 0, 0, 0]
deeds = count(1)


@pytest.fixture(autouse=True, params=["UTC", "America/New_York"])
def session(request: pytest.FixtureRequest, db: None) -> Iterator[str]:
    """Through Django's own setting: it sets the zone of each connection, and reads times as being in it."""
    in_zone(request.param)
    with connection.cursor() as cursor:
        cursor.execute("SHOW TIME ZONE")
        assert cursor.fetchone() == (request.param,)
    yield request.param
    assert differences() == []
    in_zone(None)


def in_zone(name: str | None) -> None:
    wrapper = connections["default"]
    wrapper.settings_dict["TIME_ZONE"] = name
    for known in ("timezone", "timezone_name"):
        wrapper.__dict__.pop(known, None)
    wrapper.ensure_timezone()


@pytest.fixture
def shop(session: str) -> Shop:
    return open_shop(points=0)


def rule(**caps: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    EarningRule.objects.create(event="deed_done", title="用心做", programme="deeds", points=4, valid_from=start, **caps)


def earned(shop: Shop, at: datetime) -> list[int]:
    """What four check-ins one after the other bring."""
    gains = []
    for _ in range(4):
        before = available(shop)
        earn(shop.courier, "deed_done", source=Source("deed", str(next(deeds))), at=at)
        gains.append(available(shop) - before)
    return gains


@pytest.mark.parametrize("at", [DAY, *MONTHS, YEAR])
def test_a_cap_of_the_day(at: datetime, shop: Shop) -> None:
    rule(day_cap=10)
    assert [earned(shop, at), earned(shop, at + LATER)] == [ALL, ALL]
    assert list(RefusedAward.objects.order_by("pk").values_list("code", flat=True)) == ["cap_reached"] * 2


@pytest.mark.parametrize(("at", "then"), [(DAY, NONE), *((at, ALL) for at in [*MONTHS, YEAR])])
def test_a_cap_of_the_month(at: datetime, then: list[int], shop: Shop) -> None:
    rule(month_cap=10)
    assert [earned(shop, at), earned(shop, at + LATER)] == [ALL, then]


@pytest.mark.parametrize("at", ELSEWHERE)
def test_no_cap_turns_at_midnight_elsewhere(at: datetime, shop: Shop) -> None:
    rule(day_cap=10, month_cap=10)
    assert [earned(shop, at), earned(shop, at + LATER)] == [ALL, NONE]


@pytest.mark.parametrize(("at", "then"), [(at, "posted") for at in [DAY, *MONTHS, YEAR]] + [(ELSEWHERE[0], "pending")])
def test_what_a_clerk_gives_in_a_day(at: datetime, then: str, shop: Shop) -> None:
    rider = courier(shop.station.organisation)
    states = [grant(rider, 50, reason="防汛值守", by=shop.chief, at=at).state for _ in range(5)]
    assert states == ["posted"] * 4 + ["pending"]
    assert grant(rider, 50, reason="防汛值守", by=shop.chief, at=at + LATER).state == then


@pytest.mark.parametrize(
    ("at", "turns"), [(at, True) for at in [*MONTHS, YEAR]] + [(at, False) for at in [DAY, *ELSEWHERE]]
)
def test_what_a_courier_has_of_a_gift_in_a_month(at: datetime, turns: bool, shop: Shop) -> None:
    gift = limited(shop, at)
    slip = redeem(shop.courier, gift, station=shop.station, by=shop.worker, at=at)
    assert [may_have(shop, gift, at), may_have(shop, gift, at + LATER)] == [False, turns]
    annul(slip, reason="给错了", by=shop.worker, at=at + LATER)
    assert may_have(shop, gift, at)


def limited(shop: Shop, at: datetime) -> Gift:
    give(shop.courier, 10_000, at=at)
    Gift.objects.filter(pk=shop.gift.pk).update(monthly_limit=1)
    return Gift.objects.get(pk=shop.gift.pk)


def may_have(shop: Shop, gift: Gift, at: datetime) -> bool:
    try:
        redeem(shop.courier, gift, station=shop.station, by=shop.worker, at=at)
    except LimitReached:
        return False
    return True


def test_control_days_of_utc_turn_eight_hours_late(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SHANGHAI", UTC)
    rule(day_cap=10)
    gift = limited(shop, MONTHS[0])
    assert [earned(shop, MONTHS[0]), earned(shop, MONTHS[0] + LATER)] == [ALL, NONE]
    assert [may_have(shop, gift, MONTHS[0]), may_have(shop, gift, MONTHS[0] + LATER)] == [True, False]


def test_control_days_of_the_session_are_others(session: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('day', %s) = date_trunc('day', %s)", [DAY, DAY + LATER])
        together = cursor.fetchone()[0]
        cursor.execute("SELECT date_trunc('day', %s) = date_trunc('day', %s)", [ELSEWHERE[1], ELSEWHERE[1] + LATER])
        assert (together, cursor.fetchone()[0]) == (True, session == "UTC")
