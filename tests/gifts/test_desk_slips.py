"""The desk's page of paper slips: found by number, shown masked, entered once."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fengchao.core import clock
from gifts.models import PaperSlip
from gifts.services import slips
from tests.factories import courier
from tests.gifts.shop import Shop, available, browser, give, on_hand

SLIPS = "/desk/slips/QK-001/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def typed_time(ago: timedelta = timedelta(hours=3)) -> str:
    return f"{(clock.now() - ago).astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}"


def found(shop: Shop, client: Client) -> str:
    page = client.post(f"{SLIPS}find/", {"phone": shop.courier.user.phone})
    assert page.status_code == 200
    return str(page.context["form"].initial["token"])


def enter(shop: Shop, client: Client, **changes: Any) -> Any:
    form = {"token": found(shop, client), "gift": "tissue", "handed_over_at": typed_time(), "reason": "停电两小时",
            "key": uuid.uuid4().hex, **changes}  # fmt: skip
    return client.post(f"{SLIPS}enter/", form)


def test_number_person_paper_state(shop: Shop) -> None:
    client, phone = browser(shop.worker), shop.courier.user.phone or ""
    page = client.post(f"{SLIPS}find/", {"phone": f"{phone[:3]} {phone[3:7]} {phone[7:]}"})
    seen = text(page)
    assert "何*" in seen and f"尾号 {phone[-4:]}" in seen and phone not in seen and "何小蜂" not in seen
    when = typed_time()
    answer = enter(shop, client, handed_over_at=when)
    assert answer.headers["Location"] == SLIPS
    slip = PaperSlip.objects.get()
    assert f"{slip.handed_over_at.astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}" == when
    page = client.get(SLIPS)
    assert [str(m) for m in page.context["messages"]] == [f"已录入 {slip.number}，街道审核通过后扣分出库。"]
    assert "待审核" in text(page) and slip.number in text(page)
    assert (available(shop), on_hand(shop)) == (1500, 10)
    slips.reject(slip, note="看不清", by=shop.chief)
    assert "已驳回" in text(client.get(SLIPS)) and "看不清" in text(client.get(SLIPS))


def test_a_slip_that_could_not_be_posted_says_so_to_its_writer(shop: Shop) -> None:
    client = browser(shop.worker)
    enter(shop, client)
    give(shop.courier, -600)
    with pytest.raises(Exception, match="还差 100 分"):
        slips.approve(PaperSlip.objects.get(), by=shop.chief)
    seen = text(client.get(SLIPS))
    assert "待审核" in seen and "还差 100 分。等他攒够积分" in seen


def test_only_my_own_are_listed(shop: Shop) -> None:
    enter(shop, browser(shop.worker))
    number = PaperSlip.objects.get().number
    assert number not in text(browser(shop.colleague).get(SLIPS))
    assert "去审核" in text(browser(shop.chief).get(SLIPS))
    assert "去审核" not in text(browser(shop.worker).get(SLIPS))


def test_a_second_submit_enters_nothing(shop: Shop) -> None:
    client = browser(shop.worker)
    token, when = found(shop, client), typed_time()
    for _ in range(2):
        assert enter(shop, client, key="one-page", token=token, handed_over_at=when).status_code == 302
    assert PaperSlip.objects.count() == 1
    again = enter(shop, client, handed_over_at=when)
    assert (again.status_code, "已经录过了" in text(again)) == (409, True)


@pytest.mark.parametrize("phone", ["", "123", "13100000000", "x" * 31, "\0"])
def test_a_number_that_finds_nobody(shop: Shop, phone: str) -> None:
    answer = browser(shop.worker).post(f"{SLIPS}find/", {"phone": phone})
    assert (answer.status_code in (200, 400, 409), list(answer.context["phone_form"].errors)) == (True, ["phone"])
    assert answer.context["courier"] is None


def test_wrong_numbers_come_to_an_end(shop: Shop) -> None:
    client = browser(shop.worker)
    statuses = [client.post(f"{SLIPS}find/", {"phone": "13100000000"}).status_code for _ in range(11)]
    assert statuses == [409] * 10 + [429]
    assert client.post(f"{SLIPS}find/", {"phone": shop.courier.user.phone}).status_code == 429


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"handed_over_at": ""}, "handed_over_at"),
        ({"handed_over_at": "yesterday"}, "handed_over_at"),
        ({"handed_over_at": "0001-01-01T00:00"}, "handed_over_at"),
        ({"handed_over_at": "9999-12-31T23:59"}, "handed_over_at"),
        ({"handed_over_at": "9999-12-31T23:59+23:00"}, "handed_over_at"),
        ({"gift": "nothing"}, "gift"),
        ({"gift": ""}, "gift"),
        ({"reason": " "}, "reason"),
        ({"reason": "长" * 201}, "reason"),
        ({"key": ""}, "key"),
    ],
)
def test_refusals_stand_beside_the_field_and_the_courier_stays(shop: Shop, changes: dict[str, str], field: str) -> None:
    answer = enter(shop, browser(shop.worker), **changes)
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["courier"]["name"] == "何*"
    assert not PaperSlip.objects.exists()


@pytest.mark.parametrize("ago", [timedelta(days=8), timedelta(minutes=-10)])
def test_too_old_or_not_yet(shop: Shop, ago: timedelta) -> None:
    answer = enter(shop, browser(shop.worker), handed_over_at=typed_time(ago))
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["handed_over_at"])


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 601])
def test_without_a_courier_the_page_asks_for_the_number_again(shop: Shop, token: str) -> None:
    answer = enter(shop, browser(shop.worker), token=token)
    assert (answer.status_code, answer.context["courier"]) == (409, None)
    assert "请重新输入快递小哥的手机号" in text(answer)
    assert not PaperSlip.objects.exists()


def test_what_one_worker_found_another_does_not_use(shop: Shop) -> None:
    token = found(shop, browser(shop.worker))
    assert enter(shop, browser(shop.colleague), token=token).status_code == 409


def test_for_himself_nobody_enters(shop: Shop) -> None:
    shop.courier.user.memberships.create(organisation=shop.station.organisation, role="counter")
    answer = enter(shop, browser(shop.courier.user))
    assert (answer.status_code, "不能给自己办理" in text(answer)) == (409, True)


def test_a_number_never_stands_in_an_address(shop: Shop) -> None:
    client, phone = browser(shop.worker), courier().user.phone or ""
    assert client.get(f"{SLIPS}find/?phone={phone}").headers["Location"] == SLIPS
    assert client.get(f"{SLIPS}enter/").headers["Location"] == SLIPS
    assert not re.search(phone, text(client.post(f"{SLIPS}find/", {"phone": phone})))
