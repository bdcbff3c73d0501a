"""What a courier reads about his points."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Courier
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from points.models import Hold, Transfer
from tests.factories import courier as registered
from tests.factories import page_client
from tests.points.conftest import give, spend

pytestmark = pytest.mark.django_db

EARNED = datetime(2025, 3, 1, 4, tzinfo=UTC)
IN_TIME = datetime(2026, 11, 29, 12, tzinfo=clock.SHANGHAI)
SOON = datetime(2026, 11, 30, 12, tzinfo=clock.SHANGHAI)


@pytest.fixture
def rider(db: None) -> Courier:
    return registered()


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set the platform's clock; sign-in keeps the real one."""
    yield lambda at: monkeypatch.setattr("fengchao.core.clock.now", lambda: at)


def read(rider: Courier, page: str = "/points/") -> str:
    answer = page_client(rider.user).get(page)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.content.decode())))


def test_every_date_on_which_points_expire(rider: Courier, day: Any) -> None:
    give(rider, 320, at=EARNED)
    give(rider, 700, at=IN_TIME)
    day(IN_TIME)
    seen = read(rider)
    assert "2026 年 12 月 31 日320 分" in seen
    assert "2027 年 12 月 31 日700 分" in seen
    assert "今年攒的可以用到2027 年年底" in seen
    assert "分到期" not in seen
    day(SOON)
    assert "12 月 31 日前有 320 分到期" in read(rider)


def test_home_warns_a_month_ahead_and_not_before(rider: Courier, day: Any) -> None:
    give(rider, 320, at=EARNED)
    for at, warned in ((IN_TIME, False), (SOON, True)):
        day(at)
        client = page_client(rider.user)
        with CaptureQueriesContext(connection) as seen:
            page = client.get("/").content.decode()
        assert len(seen) <= 6
        assert ("前有" in page) == warned


def test_home_says_nothing_to_who_has_nothing(rider: Courier, day: Any) -> None:
    day(SOON)
    assert "到期" not in read(rider, "/")


def test_held_points_are_said_one_by_one(rider: Courier) -> None:
    give(rider, 1480)
    source = Source("test", "1")
    parts = [Leg(ledger.courier_account(rider.pk), 1000)]
    ledger.hold(parts, source=source, expires_at=clock.now() + timedelta(hours=48))
    seen = read(rider)
    assert "已冻结 1,000 分，取货后扣除" in seen
    assert "可用积分480" in seen
    ledger.release(source, resolution=Hold.Resolution.VOIDED)
    assert "已冻结" not in read(rider)


def test_a_debt_is_said_in_plain_words(rider: Courier) -> None:
    earned = Transfer.objects.get(pk=give(rider, 100).transfer_id)
    spend(rider, 70)
    assert "还欠" not in read(rider)
    ledger.reverse(earned, by=None, overdraft=True)
    assert "有积分被收回，现在还欠 70 分。补上之前不能兑换。" in read(rider)


def test_the_page_costs_the_same_for_one_hold_and_for_three(rider: Courier) -> None:
    give(rider, 1000)
    counts = []
    for number in range(3):
        parts = [Leg(ledger.courier_account(rider.pk), 100)]
        ledger.hold(parts, source=Source("test", str(number)), expires_at=clock.now() + timedelta(hours=48))
        client = page_client(rider.user)
        with CaptureQueriesContext(connection) as seen:
            client.get("/points/")
        counts.append(len(seen))
    assert len(set(counts)) == 1
