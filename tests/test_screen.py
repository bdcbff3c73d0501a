"""The wall shows counts, costs nothing, and knows nobody."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fengchao import figures, screen
from fengchao.core import clock
from gifts.services import annul, redeem
from tests.factories import page_client
from tests.gifts.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty():
    cache.delete(screen.KEY)
    yield
    cache.delete(screen.KEY)


def test_counts_and_trends():
    shop = open_shop(points=5000)
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    annul(redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker), reason="错了", by=shop.worker)
    shown = screen.facts()
    assert shown["gifts_total"] == 1
    assert [bar.count for bar in shown["gifts"]] == [0] * 13 + [1]
    assert shown["best"] == [{"name": shop.gift.name, "count": 1, "width": 100.0}]
    assert len(shown["marks"]) == shown["figures"]["stations"]["total"] > 0
    page = Client().get("/screen/").content.decode()
    assert "累计 1 件" in page
    assert f"{shown['figures']['points']['redeemed']:,}" in page


def test_days_are_those_of_shanghai():
    shop = open_shop()
    made = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    midnight = clock.day_bounds(clock.shanghai_day(made.at))[0]
    days = figures.gifts_by_day(midnight - timedelta(days=1), midnight + timedelta(days=1))
    assert days == {clock.shanghai_day(made.at): 1}


def test_a_part_that_comes_later_enters_its_own(monkeypatch):
    open_shop()
    assert screen.facts()["visits"] == []
    today = clock.shanghai_day(clock.now())
    monkeypatch.setitem(figures.DAILY, "visits", lambda start, end: {today: 7})
    shown = screen.facts()
    assert (shown["figures"]["visits_today"], shown["visits"][-1].count) == (7, 7)
    assert "近 14 天到访" in Client().get("/screen/").content.decode()


def test_nobody_is_on_it_and_it_is_the_same_for_everybody():
    shop = open_shop()
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    signed_in = page_client(shop.courier.user).get("/screen/")
    assert Client().get("/screen/").content == signed_in.content
    assert signed_in.headers["Cache-Control"] == "public, max-age=60"
    assert not signed_in.cookies
    page = signed_in.content.decode()
    names = (shop.courier.user.name, "何*", shop.courier.user.phone, shop.courier.user.phone[-4:], shop.worker.name)
    assert [name for name in names if name in page] == []


def test_a_storm_of_viewers_asks_once():
    open_shop()
    with CaptureQueriesContext(connection) as first:
        Client().get("/screen/")
    assert 0 < len(first) <= 15
    with CaptureQueriesContext(connection) as later:
        for _ in range(50):
            page_client().get("/screen/")
    assert len(later) == 0


def test_those_who_come_at_once_wait_for_the_first(monkeypatch):
    asked, found = [], screen.facts()

    def slow() -> dict:
        asked.append(1)
        threading.Event().wait(0.2)
        return found

    monkeypatch.setattr(screen, "facts", slow)
    viewers = [threading.Thread(target=screen._written) for _ in range(8)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    assert len(asked) == 1
