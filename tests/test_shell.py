"""The service worker, the page for a lost network, and what the telephone puts by for it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import Organisation
from accounts.roles import Role
from accounts.services import signin
from fengchao import shell
from fengchao.core import clock
from gifts.services import cancel, reserve
from stations.models import HoursOverride, Station
from stations.services.hours import announce
from tests import factories
from tests.factories import page_client
from tests.gifts.shop import open_shop

pytestmark = pytest.mark.django_db


def test_the_worker_stands_before_every_page_and_is_the_same_for_everybody():
    shop = open_shop()
    answer = Client().get("/sw.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert page_client(shop.courier.user).get("/sw.js").content == answer.content
    assert all(shell.static(name) in answer.content.decode() for name in shell.FILES)


def test_the_page_for_a_lost_network_names_nobody():
    shop = open_shop()
    plain = Client().get("/offline/")
    assert page_client(shop.courier.user).get("/offline/").content == plain.content
    assert "data-person" not in plain.content.decode()


def test_what_is_put_by():
    shop = open_shop()
    made = reserve(shop.courier, shop.gift, station=shop.station)
    client = page_client(shop.courier.user)
    kept = client.get("/offline/data/")
    assert "no-store" in kept.headers["Cache-Control"]
    assert [one["code"] for one in kept.json()["pickups"]] == [made.pickup_code]
    assert kept.json()["stations"][0]["name"] == shop.station.name
    person = kept.headers["X-Person"]
    assert f'data-person="{person}"' in client.get("/").content.decode()
    anonymous = Client().get("/offline/data/")
    assert (anonymous.json()["pickups"], anonymous.headers["X-Person"]) == ([], "")
    cancel(made, by=shop.courier.user)
    assert client.get("/offline/data/").json()["pickups"] == []


def test_what_is_put_by_of_today_carries_its_date(monkeypatch):
    shop = open_shop()
    Station.objects.update(opening_hours="Mo-Su 08:00-20:00")
    today = date(2026, 11, 26)

    def put_by(day: date) -> list[Any]:
        noon = clock.day_bounds(day)[0] + timedelta(hours=12)
        monkeypatch.setattr(clock, "now", lambda: noon)
        return [one["today"] for one in Client().get("/offline/data/").json()["stations"]]

    assert put_by(today) == [None, None]
    for station, kind, hours, reason in (
        (shop.station, HoursOverride.Kind.EXTENDED, "20:00-22:00", "高温延长至 22:00"),
        (shop.other, HoursOverride.Kind.CLOSED, "", "停电检修"),
    ):
        announce(
            [station], kind=kind, hours=hours, first_day=today, last_day=today, reason=reason,
            by=factories.staff(Role.DISTRICT_ADMIN, Organisation.objects.get(depth=1)),
        )  # fmt: skip
    assert put_by(today) == [
        {"date": "2026-11-26", "hours": "08:00–22:00", "why": "高温延长至 22:00"},
        {"date": "2026-11-26", "hours": "不开放", "why": "停电检修"},
    ]
    assert put_by(today + timedelta(days=1)) == [None, None]
    new_year = {"date": "2026-01-01", "hours": "08:00–20:00", "why": "元旦"}
    assert put_by(date(2026, 1, 1)) == [new_year, new_year]


def test_what_is_put_by_takes_two_queries(django_assert_num_queries):
    shop = open_shop()
    client = page_client(shop.courier.user)
    client.get("/offline/data/")
    with django_assert_num_queries(5):  # session, user, courier; stations, pickup codes
        client.get("/offline/data/")
    with django_assert_num_queries(1):
        Client().get("/offline/data/")


def test_the_mark_changes_with_a_sign_out_everywhere():
    shop = open_shop()
    before = page_client(shop.courier.user).get("/offline/data/").headers["X-Person"]
    signin.end_all_sessions(shop.courier.user)
    after = page_client(shop.courier.user).get("/offline/data/").headers["X-Person"]
    assert len({before, after, ""}) == 3


def test_the_manifest_names_icons_of_their_size():
    folder = Path(settings.BASE_DIR) / "static"
    manifest = json.loads((folder / "manifest.webmanifest").read_text())
    drawn = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in manifest["icons"] if icon["sizes"] != "any"}
    assert set(drawn) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for (sizes, _), name in drawn.items():
        with Image.open(folder / name) as icon:
            assert f"{icon.width}x{icon.height}" == sizes
