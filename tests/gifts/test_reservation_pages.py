"""The courier's pages of reservations, without script."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
import segno
import time_machine
import zxingcpp
from django.db import transaction
from django.test import Client
from PIL import Image

from accounts.models import Courier
from fengchao.core import clock, codes
from fengchao.core.clock import SHANGHAI
from fengchao.core.templatetags.fengchao import due, fours
from gifts.models import Gift, RefusedAttempt, Reservation
from gifts.services import cancel, expire_reservations, pick_up, reserve
from points.models import Hold
from points.services import standing
from tests.core.conftest import in_parallel
from tests.factories import courier, page_client
from tests.gifts.shop import Shop, api, available, differences, give, on_hand, open_shop

PAGE = "/reservations/new/?station=QK-001&gift=tissue"


def rider(shop: Shop) -> Client:
    return page_client(shop.courier.user)


def form_of(shop: Shop, client: Client, **changes: str) -> dict[str, str]:
    key = str(client.get(PAGE).context["key"])
    return {"gift": "tissue", "station": "QK-001", "key": key, **changes}


def submit(shop: Shop, client: Client, **changes: str) -> Any:
    return client.post("/reservations/new/", form_of(shop, client, **changes))


def test_from_the_gifts_to_the_code(shop: Shop) -> None:
    client = rider(shop)
    assert "预约<span" not in client.get("/gifts/").content.decode()
    gifts = client.get("/gifts/?station=QK-001")
    assert gifts.content.decode().count("预约<span") == 1  # nothing of the dear one is there
    address = next(gift["reserve_url"] for gift in gifts.context["gifts"] if gift["name"] == "手提纸")
    assert parse_qs(urlparse(address).query) == {"station": ["QK-001"], "gift": ["tissue"]}
    text = client.get(address).content.decode()
    assert "为您保留 48 小时" in text and "1,500 分" in text and "500 分可用" in text and "汉正街1号" in text
    answer = submit(shop, client)
    made = Reservation.objects.get()
    assert answer.headers["Location"] == f"/reservations/{made.pickup_code}/"
    text = client.get(answer.headers["Location"]).content.decode()
    assert f"{made.pickup_code[:4]} {made.pickup_code[4:]}" in text and "<svg" in text
    assert due(made.expires_at) in text and "待取" in text and "/stations/QK-001/" in text
    assert (available(shop), standing(shop.courier).held) == (500, 1000)


def test_the_same_page_sent_twice_leads_to_the_same_reservation(shop: Shop) -> None:
    give(shop.courier, 5000)
    client = rider(shop)
    form = form_of(shop, client)
    first, second = (client.post("/reservations/new/", form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (Reservation.objects.count(), standing(shop.courier).held) == (1, 1000)
    other = client.post("/reservations/new/", {**form, "gift": "cooker"})
    assert (other.status_code, "已经预约过别的礼品" in other.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_a_double_tap_sets_one_aside() -> None:
    shop = open_shop(points=9000)
    form = form_of(shop, rider(shop))
    clients = [rider(shop) for _ in range(6)]
    answers = in_parallel(6, lambda number: clients[number].post("/reservations/new/", form).headers["Location"])
    assert len(set(answers)) == 1
    assert (Reservation.objects.count(), standing(shop.courier).held, differences()) == (1, 1000, [])


def by_service(shop: Shop) -> None:
    cancel(reserve(shop.courier, shop.gift, station=shop.station), by=shop.courier.user)


def by_api(shop: Shop) -> None:
    client = api(shop.courier.user, staff=False)
    body = {"gift": "tissue", "station": "QK-001"}
    made = client.post("/api/v1/reservations/", body, format="json", headers={"Idempotency-Key": "a"}).json()
    client.delete(f"/api/v1/reservations/{made['pickup_code']}/")


def by_page(shop: Shop) -> None:
    client = rider(shop)
    client.post(f"{submit(shop, client).headers['Location']}cancel/")


@pytest.mark.django_db
def test_every_door_leaves_the_same_rows() -> None:
    left = []
    for door in (by_service, by_api, by_page):
        with transaction.atomic():
            shop = open_shop()
            door(shop)
            made = Reservation.objects.get()
            left.append(
                {
                    "reservation": (made.state, made.points, made.expires_at - made.at, made.redemption),
                    "his": (made.courier == shop.courier, made.gift.code, made.station.code),
                    "holds": list(Hold.objects.order_by("amount").values_list("amount", "resolution")),
                    "refused": RefusedAttempt.objects.count(),
                }
            )
            assert differences() == []
            transaction.set_rollback(True)
    assert left[0]["holds"] == [(1, "voided"), (1000, "voided")]
    assert left[1] == left[0]
    assert left[2] == left[0]


def test_what_he_cannot_have_says_why_and_has_no_button(shop: Shop) -> None:
    client = rider(shop)
    text = client.get("/reservations/new/?station=QK-001&gift=cooker").content.decode()
    assert "现在不能预约：本站没有了" in text and "确认预约" not in text
    Gift.objects.filter(pk=shop.gift.pk).update(is_active=False)
    assert "手提纸现在不能兑换" in client.get(PAGE).content.decode()


def test_a_refusal_stands_beside_the_button(shop: Shop) -> None:
    client = rider(shop)
    form = form_of(shop, client)
    others = [courier() for _ in range(10)]
    for other in others:
        give(other, 1000)
        reserve(other, shop.gift, station=shop.station)
    answer = client.post("/reservations/new/", form)
    assert (answer.status_code, "没有预约成：手提纸在本站已经没有了。" in answer.content.decode()) == (409, True)
    kept = RefusedAttempt.objects.get()
    assert (kept.attempt, kept.code, kept.courier) == ("reserve", "sold_out", shop.courier)
    assert available(shop) == 1500


def test_who_is_not_verified_is_told_where(shop: Shop) -> None:
    Courier.objects.filter(pk=shop.courier.pk).update(verified_at=None)
    client = rider(shop)
    assert "先核验身份" in client.get("/gifts/?station=QK-001").content.decode()
    answer = client.post("/reservations/new/", {"gift": "tissue", "station": "QK-001", "key": "k"})
    assert (answer.status_code, "在柜台核验后才能换礼品" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"gift": "nothing"}, 404),
        ({"gift": ""}, 404),
        ({"station": "XX-999"}, 404),
        ({"station": "x" * 300}, 404),
        ({"key": ""}, 409),
        ({"key": "空 白"}, 409),
        ({"key": "k" * 300}, 409),
    ],
)
def test_bad_forms_write_nothing(shop: Shop, changes: dict[str, str], status: int) -> None:
    answer = rider(shop).post("/reservations/new/", {"gift": "tissue", "station": "QK-001", "key": "k", **changes})
    assert answer.status_code == status
    assert (Reservation.objects.count(), available(shop)) == (0, 1500)


def test_the_qr_code_holds_the_bare_pickup_code(shop: Shop, tmp_path: Any) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    assert str(rider(shop).get(f"/reservations/{made.pickup_code}/").context["qr"]) == codes.qr_code(made.pickup_code)
    segno.make(made.pickup_code, error="m", micro=False).save(tmp_path / "q.png", scale=6)
    read = zxingcpp.read_barcodes(Image.open(tmp_path / "q.png").convert("L"))
    assert [found.text for found in read] == [made.pickup_code]


def test_cancelling_asks_first_and_gives_back_once(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), rider(shop)
    page = f"/reservations/{made.pickup_code}/"
    assert f"{page}cancel/" in client.get(page).content.decode()
    assert "1,000，取消后退回" in client.get(f"{page}cancel/").content.decode()
    assert available(shop) == 500
    answer = client.post(f"{page}cancel/", follow=True)
    assert answer.redirect_chain == [(page, 302)]
    text = answer.content.decode()
    assert "已取消，1,000 分退回来了。" in text and "<svg role" not in text and f"{page}cancel/" not in text
    assert "已取消，不能再改" in client.post(f"{page}cancel/", follow=True).content.decode()
    assert client.get(f"{page}cancel/").headers["Location"] == page
    assert (available(shop), on_hand(shop)) == (1500, 10)


def test_another_s_and_nobody_s_look_alike(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), page_client(courier().user)
    bare = re.compile(r'value="[^"]{64}"|[0-9a-f]{32}')
    for tail in ("", "cancel/"):
        answers = [client.get(f"/reservations/{code}/{tail}") for code in (made.pickup_code, "AAAAAAAA")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({bare.sub("", answer.content.decode()) for answer in answers}) == 1
    assert client.post(f"/reservations/{made.pickup_code}/cancel/").status_code == 404
    assert page_client().get("/reservations/").headers["Location"] == "/sign-in/?next=%2Freservations%2F"


def test_each_end_is_told_in_words(shop: Shop) -> None:
    give(shop.courier, 5000)
    client = rider(shop)
    fetched, gone, late = (reserve(shop.courier, shop.gift, station=shop.station) for _ in range(3))
    pick_up(fetched.pickup_code, station=shop.station, by=shop.worker)
    cancel(gone, by=shop.courier.user)
    with time_machine.travel(late.expires_at + timedelta(minutes=1), tick=False):
        client = rider(shop)
        waiting = client.get(f"/reservations/{late.pickup_code}/").content.decode()
        assert "已过期" in waiting and "过几分钟自动退回" in waiting and fours(late.pickup_code) not in waiting
        expire_reservations()
        texts = [client.get(f"/reservations/{one.pickup_code}/").content.decode() for one in (fetched, gone, late)]
    assert "已取走" in texts[0] and "已取消" in texts[1] and "没有来取" in texts[2]


def test_his_list_has_the_live_ones_first_and_twenty_of_the_past(shop: Shop) -> None:
    give(shop.courier, 50_000)
    client = rider(shop)
    assert "没有等着取的礼品" in client.get("/reservations/").content.decode()
    past = [reserve(shop.courier, shop.gift, station=shop.station) for _ in range(5)]
    live = [reserve(shop.courier, shop.gift, station=shop.station) for _ in range(2)]
    for one in past:
        cancel(one, by=shop.courier.user)
    for _ in range(17):
        cancel(reserve(shop.courier, shop.gift, station=shop.station), by=shop.courier.user)
    page = client.get("/reservations/")
    assert page.context["live"] == live
    assert len(page.context["past"]) == 20
    assert past[0] not in page.context["past"]


def test_home_shows_what_waits_and_me_leads_to_the_list(shop: Shop) -> None:
    client = rider(shop)
    assert "等着取的礼品" not in client.get("/").content.decode()
    made = reserve(shop.courier, shop.gift, station=shop.station)
    text = client.get("/").content.decode()
    assert "等着取的礼品" in text and fours(made.pickup_code) in text and due(made.expires_at) in text
    assert 'href="/reservations/"' in client.get("/me/").content.decode()
    cancel(made, by=shop.courier.user)
    assert "等着取的礼品" not in client.get("/").content.decode()


def test_until_when_is_said_with_the_day_of_the_week() -> None:
    with time_machine.travel(datetime(2026, 11, 24, tzinfo=SHANGHAI), tick=False):
        assert due(datetime(2026, 11, 26, 14, 2, tzinfo=SHANGHAI)) == "11月26日 周四 14:02"
        assert due(clock.now() + timedelta(days=40)) == "2027年1月3日 周日 00:00"
    assert (fours("ABCD2346"), fours("ABC")) == ("ABCD 2346", "ABC")
