"""The counter hands over what was set aside, by the code alone."""

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
import segno
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.models import Courier
from fengchao.core import clock
from fengchao.core.models import AuditLog
from gifts.models import Redemption, RefusedAttempt, Reservation
from gifts.problems import InsufficientPoints
from gifts.services import cancel, expire_reservations, pick_up, receive, reserve
from points.models import Entry, Hold
from points.services import standing
from stations import counter
from tests.core.conftest import in_parallel
from tests.factories import courier
from tests.gifts.shop import Shop, api, browser, differences, give, on_hand, open_shop

COUNTER = "/desk/counter/QK-001/"


def scanned(client: Client, code: str, where: str = COUNTER) -> Any:
    return client.post(f"{where}identify/", {"code": code})


def handed_over(client: Client, code: str, **changes: str) -> Any:
    return client.post(f"{COUNTER}pick-up/", {"pickup_code": code, "key": str(uuid.uuid4()), **changes})


def test_scan_and_confirm_are_two_actions(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), browser(shop.worker)
    page = scanned(client, made.pickup_code)
    text = page.content.decode()
    assert page.status_code == 200 and "确认已交给快递小哥" in text and 'data-outcome="identified"' in text
    assert "何* 预约的 <b>手提纸</b>" in text and "1,000</b> 分，已冻结" in text
    assert shop.courier.user.name not in text
    assert text.count("autofocus") == 1 and 'type="submit" autofocus' in text
    pickup = page.context["pickup"]
    answer = handed_over(client, pickup["code"], key=str(pickup["key"]))
    number = Redemption.objects.get().number
    assert answer.headers["Location"] == f"{COUNTER}?done={number}"
    text = client.get(answer.headers["Location"]).content.decode()
    assert "已兑换 手提纸 × 1" in text and '还剩 <b class="num">500</b> 分' in text and "撤销" in text
    made.refresh_from_db()
    assert (made.state, standing(shop.courier).held, on_hand(shop)) == ("handed_over", 0, 9)


@pytest.mark.parametrize("spelt", ["{a} {b}", "{a}-{b}", " {a}{b}\t"])
def test_the_code_is_read_as_people_type_it(shop: Shop, spelt: str) -> None:
    code = reserve(shop.courier, shop.gift, station=shop.station).pickup_code
    for meant in (code, code.lower(), "".join(chr(ord(letter) + 0xFEE0) for letter in code)):
        page = scanned(browser(shop.worker), spelt.format(a=meant[:4], b=meant[4:]))
        assert page.context["pickup"]["code"] == code


def test_a_pickup_code_of_digits_alone_is_no_six_digits(shop: Shop) -> None:
    assert "没有这个取货码" in scanned(browser(shop.worker), "23467892").content.decode()
    assert "没有这个码" in scanned(browser(shop.worker), "234678").content.decode()


def test_a_photo_of_the_code_is_read_too(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), browser(shop.worker)
    drawn = io.BytesIO()
    segno.make(made.pickup_code, micro=False).save(drawn, kind="png", scale=6)
    page = client.post(f"{COUNTER}identify/", {"image": SimpleUploadedFile("c.png", drawn.getvalue(), "image/png")})
    assert page.context["pickup"]["code"] == made.pickup_code


def test_the_same_form_twice_hands_over_once(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), browser(shop.worker)
    first, second = (handed_over(client, made.pickup_code, key="one-form") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (Redemption.objects.count(), standing(shop.courier).balance) == (1, 500)
    other = handed_over(client, "AAAAAAAA", key="one-form")
    assert (other.status_code, "已经取过货" in other.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_hands_over_once() -> None:
    shop = open_shop()
    form = {"pickup_code": reserve(shop.courier, shop.gift, station=shop.station).pickup_code, "key": "one-form"}
    clients = [browser(shop.worker) for _ in range(8)]
    answers = in_parallel(8, lambda number: clients[number].post(f"{COUNTER}pick-up/", form).headers["Location"])
    assert len(set(answers)) == 1
    assert (Redemption.objects.count(), standing(shop.courier).balance, differences()) == (1, 500, [])


def spoil(shop: Shop, made: Reservation, how: str) -> None:
    match how:
        case "used":
            pick_up(made.pickup_code, station=shop.station, by=shop.colleague)
        case "cancelled":
            cancel(made, by=shop.courier.user)
        case "expired":
            expire_reservations(made.expires_at)
        case "frozen":
            Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=clock.now())
        case "self":
            shop.courier.user.memberships.create(organisation=shop.station.organisation, role="counter")


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("used", 409, "这个取货码已经取过货了。"),
        ("cancelled", 409, "这个预约已取消，不能再改了。"),
        ("expired", 409, "这个预约过期了，积分已退回，可以现场兑换。"),
        ("frozen", 403, "该账号已停用，请联系街道。"),
        ("self", 409, "不能给自己办理，请让同事来办。"),
    ],
)
def test_every_refusal_is_in_words_at_the_scan_and_at_the_button(shop: Shop, how: str, status: int, words: str) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    spoil(shop, made, how)
    before = (standing(shop.courier), on_hand(shop), Redemption.objects.count())
    client = browser(shop.courier.user if how == "self" else shop.worker)
    page = scanned(client, made.pickup_code)
    assert (page.status_code, words in page.content.decode(), page.context["pickup"]) == (status, True, None)
    assert 'data-outcome="refused"' in page.content.decode()
    page = handed_over(client, made.pickup_code)
    assert (page.status_code, words in page.content.decode()) == (status, True)
    assert "没有取成" in page.content.decode()
    assert (standing(shop.courier), on_hand(shop), Redemption.objects.count()) == before
    assert RefusedAttempt.objects.filter(attempt="pick_up").count() == 2


def test_the_wrong_counter_is_told_where_to_go(shop: Shop) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    page = scanned(browser(shop.neighbour), made.pickup_code, "/desk/counter/QK-002/")
    assert "这件礼品预约在汉正街蜂巢，请到那里取。" in page.content.decode()
    assert scanned(browser(shop.neighbour), made.pickup_code).status_code == 404


@pytest.mark.parametrize("changes", [{"key": ""}, {"key": "空 白"}, {"pickup_code": ""}, {"pickup_code": "x" * 50}])
def test_bad_forms_write_nothing(shop: Shop, changes: dict[str, str]) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    answer = handed_over(browser(shop.worker), made.pickup_code, **changes)
    assert (answer.status_code, "请重新扫取货码" in answer.content.decode()) == (409, True)
    assert Redemption.objects.count() == 0


def test_wrong_codes_are_counted_by_scan_and_button_together(shop: Shop) -> None:
    made, client = reserve(shop.courier, shop.gift, station=shop.station), browser(shop.worker)
    for number in range(counter.WRONG_CODES):
        answer = scanned(client, "AAAAAAAA") if number % 2 else handed_over(client, "AAAAAAAA")
        assert answer.status_code == 409
    page = scanned(client, made.pickup_code)
    assert (page.status_code, "连续输错太多次" in page.content.decode()) == (429, True)


def test_what_waits_here_is_shown_without_its_code(shop: Shop) -> None:
    give(shop.courier, 5000)
    client = browser(shop.worker)
    assert "等着来取的" not in client.get(COUNTER).content.decode()
    made = [reserve(shop.courier, shop.gift, station=shop.station) for _ in range(2)]
    reserve_elsewhere(shop)
    page = client.get(COUNTER)
    assert page.context["waiting_count"] == 2
    assert page.context["waiting"] == [{"name": "何*", "gift": "手提纸", "until": one.expires_at} for one in made]
    text = page.content.decode()
    assert '等着来取的 <b class="num">2</b> 件' in text and not any(one.pickup_code in text for one in made)
    cancel(made[0], by=shop.courier.user)
    assert client.get(COUNTER).context["waiting_count"] == 1
    with time_machine.travel(made[1].expires_at + timedelta(seconds=1), tick=False):
        assert browser(shop.worker).get(COUNTER).context["waiting_count"] == 0


def reserve_elsewhere(shop: Shop) -> None:
    receive(shop.gift, shop.other, quantity=1, by=shop.neighbour)
    reserve(shop.courier, shop.gift, station=shop.other)


def test_the_list_of_refusals_says_what_was_tried_and_is_the_counter_s_own(shop: Shop) -> None:
    poor = courier(name="欧阳小蜂")
    with pytest.raises(InsufficientPoints):
        reserve(poor, shop.gift, station=shop.station)
    client = browser(shop.worker)
    assert client.get(COUNTER).context["refused"] == []
    made = reserve(shop.courier, shop.gift, station=shop.station)
    cancel(made, by=shop.courier.user)
    scanned(client, made.pickup_code)
    scanned(client, "AAAAAAAA")
    rows = client.get(COUNTER).context["refused"]
    assert [(row["attempt"], row["name"], row["gift"], row["detail"]) for row in rows] == [
        ("取货", "", "", "没有这个取货码，请核对。"),
        ("取货", "何*", "手提纸", "这个预约已取消，不能再改了。"),
    ]


def through_service(shop: Shop, code: str) -> None:
    pick_up(code, station=shop.station, by=shop.worker)


def through_api(shop: Shop, code: str) -> None:
    body = {"pickup_code": code, "station": "QK-001"}
    api(shop.worker).post("/api/v1/redemptions/", body, format="json", headers={"Idempotency-Key": "a"})


def through_page(shop: Shop, code: str) -> None:
    client = browser(shop.worker)
    pickup = scanned(client, code).context["pickup"]
    handed_over(client, pickup["code"], key=str(pickup["key"]))


def rows_left(shop: Shop) -> dict[str, Any]:
    made = Reservation.objects.get()
    slip = made.redemption
    assert slip is not None
    return {
        "reservation": (made.state, made.points, made.ended_at is not None),
        "redemption": (
            slip.courier_id == shop.courier.pk, slip.gift.code, slip.station.code, slip.points, slip.state,
            slip.by_id == shop.worker.pk,
        ),
        "entries": list(
            Entry.objects.filter(transfer__source_kind="redemption")
            .order_by("account__kind")
            .values_list("transfer__kind", "transfer__title", "account__kind", "amount", "balance_after")
        ),
        "holds": list(Hold.objects.order_by("amount").values_list("amount", "resolution")),
        "audit": list(AuditLog.objects.filter(verb__startswith="redemption").values_list("verb")),
        "refused": RefusedAttempt.objects.count(),
    }  # fmt: skip


@pytest.mark.django_db
def test_every_door_leaves_the_same_rows() -> None:
    left = []
    for door in (through_service, through_api, through_page):
        with transaction.atomic():
            shop = open_shop()
            door(shop, reserve(shop.courier, shop.gift, station=shop.station).pickup_code)
            left.append(rows_left(shop))
            assert differences() == []
            transaction.set_rollback(True)
    assert left[0]["reservation"] == ("handed_over", 1000, True) and len(left[0]["entries"]) == 4
    assert left[1] == left[0]
    assert left[2] == left[0]
