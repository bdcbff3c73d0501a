"""The desk's pages of stock and counts: what a worker sees, types, and is told."""

import uuid
from typing import Any

import pytest
from django.test import Client

from fengchao.core.models import AuditLog
from gifts.models import Gift, Movement, StockTake, StockTakeLine
from gifts.services import move, receive, redeem, reserve, slips, stock_takes
from tests.core.conftest import in_parallel
from tests.factories import page_client, staff
from tests.gifts.shop import Shop, browser, differences, on_hand, open_shop

STOCK = "/desk/stock/QK-001/"
COUNT = f"{STOCK}count/"


def post(client: Client, **changes: Any) -> Any:
    form = {"kind": "received", "gift": "tissue", "quantity": "20", "note": "", "key": uuid.uuid4().hex, **changes}
    return client.post(STOCK, form)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(client: Client, address: str = STOCK) -> list[str]:
    return [str(message) for message in client.get(address).context["messages"]]


def counted(client: Client, **changes: Any) -> Any:
    return client.post(COUNT, {"key": uuid.uuid4().hex, **changes})


def act(client: Client, name: str, shop: Shop, **changes: Any) -> Any:
    live = StockTake.objects.order_by("-pk").first()
    form = {"key": uuid.uuid4().hex, "number": live.number if live else "", **changes}
    return client.post(f"{COUNT}{name}/", form)


def test_what_lies_here_low_ones_first_with_a_word(shop: Shop) -> None:
    receive(shop.dear, shop.station, quantity=3, by=shop.worker)
    Gift.objects.create(code="soap", name="洗手液", points=500)
    reserve(shop.courier, shop.gift, station=shop.station)
    page = browser(shop.worker).get(STOCK)
    levels = [(level.gift.code, level.on_hand, level.reserved, level.is_low) for level in page.context["levels"]]
    assert levels == [("cooker", 3, 0, True), ("tissue", 10, 1, False), ("soap", 0, 0, False)]
    seen = text(page)
    assert "快没了" in seen and "1 样该补货" in seen and "没来过" in seen
    Gift.objects.filter(pk=shop.dear.pk).update(low_stock=2)
    assert "都够用" in text(browser(shop.worker).get(STOCK))
    move("written_off", shop.dear, shop.station, quantity=3, by=shop.worker)
    assert "没有了" in text(browser(shop.worker).get(STOCK))


def test_received_and_told(shop: Shop) -> None:
    client = browser(shop.worker)
    assert post(client).headers["Location"] == STOCK
    assert told(client) == ["已入库 手提纸 20 件，现有 30 件。"]
    assert "+20" in text(client.get(STOCK))


@pytest.mark.parametrize(
    ("kind", "words", "left"),
    [
        ("received", "已入库 手提纸 2 件，现有 12 件。", 12),
        ("returned", "已退回 手提纸 2 件，现有 12 件。", 12),
        ("written_off", "已报损 手提纸 2 件，现有 8 件。", 8),
        ("transferred", "已调拨 手提纸 2 件到六角亭蜂巢，本站现有 8 件。", 8),
    ],
)
def test_every_kind_says_what_happened(shop: Shop, kind: str, words: str, left: int) -> None:
    shop.worker.memberships.create(organisation=shop.other.organisation, role="counter")
    client = browser(shop.worker)
    post(client, kind=kind, quantity=" ２ ", to_station="QK-002")  # left over where it is no transfer
    assert (told(client), on_hand(shop)) == ([words], left)
    assert on_hand(shop, station=shop.other) == (2 if kind == "transferred" else 0)
    if kind == "transferred":
        there = text(browser(shop.neighbour).get("/desk/stock/QK-002/"))
        assert "来自汉正街蜂巢" in there and "+2" in there


def test_a_second_submit_does_nothing_and_says_the_same(shop: Shop) -> None:
    client = browser(shop.worker)
    for _ in range(2):
        post(client, key="one-page")
    assert told(client) == ["已入库 手提纸 20 件，现有 30 件。"] * 2
    assert (Movement.objects.count(), on_hand(shop)) == (2, 30)
    other = post(client, key="one-page", quantity="5")
    assert (other.status_code, "已经提交过" in text(other), on_hand(shop)) == (422, True, 30)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_receives_once() -> None:
    shop = open_shop()
    clients = [browser(shop.worker) for _ in range(6)]
    answers = in_parallel(6, lambda number: post(clients[number], key="one-page").status_code)
    assert (set(answers), on_hand(shop), differences()) == ({302}, 30, [])


@pytest.mark.parametrize(
    ("changes", "field", "status"),
    [
        ({"kind": "written_off", "quantity": "11"}, "quantity", 409),
        ({"quantity": "0"}, "quantity", 200),
        ({"quantity": "1.5"}, "quantity", 200),
        ({"quantity": "10001"}, "quantity", 200),
        ({"quantity": ""}, "quantity", 200),
        ({"gift": "nothing"}, "gift", 200),
        ({"gift": ""}, "gift", 200),
        ({"kind": "counted"}, "kind", 200),
        ({"kind": "transferred"}, "kind", 200),
        ({"note": "长" * 201}, "note", 200),
        ({"note": "a\x01b"}, "note", 400),
        ({"key": ""}, "key", 200),
    ],
)
def test_refusals_stand_beside_the_field(shop: Shop, changes: dict[str, str], field: str, status: int) -> None:
    answer = post(browser(shop.worker), **changes)
    assert (answer.status_code, list(answer.context["form"].errors)) == (status, [field])
    assert (Movement.objects.count(), on_hand(shop)) == (1, 10)


def test_a_transfer_without_a_place_is_said_beside_the_place(shop: Shop) -> None:
    shop.worker.memberships.create(organisation=shop.other.organisation, role="counter")
    answer = post(browser(shop.worker), kind="transferred", quantity="1")
    assert list(answer.context["form"].errors) == ["to_station"]


def test_a_link_begins_with_its_gift(shop: Shop) -> None:
    page = browser(shop.worker).get(f"{STOCK}?gift=cooker")
    assert page.context["form"].initial["gift"] == "cooker"
    assert "autofocus" in str(page.context["form"]["quantity"])
    assert "autofocus" in str(browser(shop.worker).get(f"{STOCK}?gift=nothing").context["form"]["gift"])


def test_who_sees_stock(shop: Shop) -> None:
    for address in (STOCK, COUNT, "/desk/slips/QK-001/"):
        assert page_client().get(address).headers["Location"].startswith("/staff/login/?next=")
        assert page_client(shop.courier.user).get(address).status_code == 403
        assert browser(shop.auditor).get(address).status_code == 403
        assert browser(shop.neighbour).get(address).status_code == 404
        assert browser(shop.chief).get(address).status_code == 200


def test_the_pages_lead_to_each_other(shop: Shop) -> None:
    for address in (STOCK, COUNT, "/desk/slips/QK-001/", "/desk/counter/QK-001/"):
        seen = text(browser(shop.worker).get(address))
        for other in (STOCK, COUNT, "/desk/slips/QK-001/", "/desk/counter/QK-001/"):
            assert f'href="{other}"' in seen
        assert seen.count('aria-current="page"') == 1


def test_a_count_from_begin_to_posted(shop: Shop) -> None:
    client, chief = browser(shop.worker), browser(shop.chief)
    assert "开始盘点" in text(client.get(COUNT))
    assert act(client, "begin", shop).headers["Location"] == COUNT
    assert counted(client, **{"n-tissue": "8"}).headers["Location"] == COUNT
    assert told(client, COUNT)[-1] == "已记下 1 样的实盘数。"
    seen = text(client.get(COUNT))
    assert "实盘 <b>8</b> · 账面 10" in seen and "少 2 件" in seen and "盘完了，确认" in seen
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    counted(client, then="confirm", **{"n-cooker": "0", "n-tissue": ""})
    assert told(client, COUNT) == ["已记下 1 样的实盘数。盘点已确认，等街道审定。"]
    seen = text(client.get(COUNT))
    assert "待审定" in seen and "审定入账" not in seen and "共盘 2 样，1 样有差异" in seen
    assert "审定入账" in text(chief.get(COUNT))
    act(chief, "finish", shop)
    assert told(chief, COUNT) == ["盘点已审定，差异已经入账。"]
    assert on_hand(shop) == 7
    seen = text(chief.get(COUNT))
    assert "以前的盘点" in seen and "已审定" in seen and "开始盘点" in seen


def test_a_count_saved_twice_looks_at_the_books_once(shop: Shop) -> None:
    """The second submit comes after a hand-over: were it a new count, the difference would change."""
    client = browser(shop.worker)
    act(client, "begin", shop)
    counted(client, key="one-page", **{"n-tissue": "8"})
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    counted(client, key="one-page", **{"n-tissue": "8"})
    assert StockTakeLine.objects.get().difference == -2
    counted(client, **{"n-tissue": "8"})
    assert StockTakeLine.objects.get().difference == -1


@pytest.mark.parametrize("typed", ["-1", "10001", "x", "1.5"])
def test_a_bad_number_writes_none_and_stands_beside_its_gift(shop: Shop, typed: str) -> None:
    client = browser(shop.worker)
    act(client, "begin", shop)
    answer = counted(client, **{"n-tissue": "8", "n-cooker": typed})
    assert list(answer.context["form"].errors) == ["n-cooker"]
    assert 'value="8"' in text(answer)
    assert not StockTakeLine.objects.exists()


def test_nothing_typed_and_nothing_counted(shop: Shop) -> None:
    client = browser(shop.worker)
    act(client, "begin", shop)
    assert "还没有填数" in text(counted(client))
    empty = counted(client, then="confirm")
    assert (empty.status_code, "还没有盘任何礼品" in text(empty)) == (409, True)


def test_numbers_for_a_count_that_is_over(shop: Shop) -> None:
    client = browser(shop.worker)
    assert counted(client, **{"n-tissue": "8"}).status_code == 302
    assert told(client, COUNT) == ["本站现在没有进行中的盘点。"]
    act(client, "begin", shop)
    counted(client, then="confirm", **{"n-tissue": "8"})
    late = counted(client, **{"n-tissue": "3"})
    assert (late.status_code, "这次盘点待审定" in text(late)) == (409, True)
    assert StockTakeLine.objects.get().counted == 8


def test_a_stale_page_moves_nothing_that_began_since(shop: Shop) -> None:
    client = browser(shop.worker)
    first = stock_takes.begin(shop.station, by=shop.worker)
    stock_takes.cancel(first, reason="点错了", by=shop.colleague)
    second = stock_takes.begin(shop.station, by=shop.colleague)
    act(client, "cancel", shop, number=first.number, reason="旧页面")
    assert told(client, COUNT) == ["这次盘点已作废，现在不能这样做。"]
    act(client, "cancel", shop, number="", reason="旧页面")
    second.refresh_from_db()
    assert second.state == "draft"


def test_sent_back_and_thrown_away(shop: Shop) -> None:
    client = browser(shop.worker)
    act(client, "begin", shop)
    act(client, "begin", shop)
    assert told(client, COUNT)[-1].startswith("本站已有一次盘点没有结束")
    counted(client, then="confirm", **{"n-tissue": "8"})
    act(client, "reopen", shop)
    act(client, "cancel", shop, reason="")
    assert told(client, COUNT)[-1].startswith("请写明作废原因")
    act(client, "cancel", shop, reason="重来")
    act(client, "finish", shop)
    assert StockTake.objects.get().state == "cancelled"
    assert client.get(f"{COUNT}explode/").status_code == 404
    assert client.get(f"{COUNT}finish/").headers["Location"] == COUNT


def test_the_counter_s_button_is_not_the_street_s(shop: Shop) -> None:
    client = browser(shop.worker)
    act(client, "begin", shop)
    counted(client, then="confirm", **{"n-tissue": "8"})
    act(client, "finish", shop)
    assert told(client, COUNT)[-1] == "没有找到。"
    assert (StockTake.objects.get().state, on_hand(shop)) == ("confirmed", 10)


def test_slips_that_wait_are_told_before_counting(shop: Shop) -> None:
    assert "纸质单没审核" not in text(browser(shop.worker).get(COUNT))
    earlier = AuditLog.objects.latest("pk").at.replace(microsecond=0)
    slips.enter(
        shop.courier, shop.gift, station=shop.station, handed_over_at=earlier, reason="停电", by=shop.worker
    )  # fmt: skip
    assert "1 张纸质单没审核" in text(browser(shop.worker).get(COUNT))


def test_a_district_with_one_station_has_no_transfer(shop: Shop) -> None:
    seen = text(browser(staff("counter", shop.station.organisation)).get(STOCK))
    assert "调拨" not in seen and "报损" in seen
