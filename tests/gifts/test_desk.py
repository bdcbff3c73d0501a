import uuid
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Courier
from accounts.services.codes import show_code
from fengchao.core.models import AuditLog
from gifts.models import Gift, Redemption, RefusedAttempt
from gifts.services import annul, redeem, redeem_with_ticket, reserve
from points.models import Entry
from stations.models import Station
from tests.core.conftest import in_parallel
from tests.factories import courier, page_client, staff
from tests.gifts.shop import Shop, api, available, browser, differences, give, on_hand, open_shop, ticket

COUNTER = "/desk/counter/QK-001/"


def identified(shop: Shop, client: Client) -> str:
    answer = client.post(f"{COUNTER}identify/", {"code": show_code(shop.courier).digits})
    assert answer.status_code == 200
    return str(answer.context["ticket"])


def hand_over(shop: Shop, client: Client, **changes: Any) -> Any:
    form = {"ticket": ticket(shop), "gift": "tissue", "key": str(uuid.uuid4()), **changes}
    return client.post(f"{COUNTER}redeem/", form)


def test_one_station_leads_straight_to_its_counter(shop: Shop) -> None:
    assert browser(shop.worker).get("/desk/").headers["Location"] == COUNTER
    shop.worker.memberships.create(organisation=shop.other.organisation, role="counter")
    page = browser(shop.worker).get("/desk/").content.decode()
    assert "汉正街蜂巢" in page and "六角亭蜂巢" in page


def test_identify_pick_confirm_undo(shop: Shop) -> None:
    client = browser(shop.worker)
    page = client.post(f"{COUNTER}identify/", {"code": f" {show_code(shop.courier).digits} "})
    text = page.content.decode()
    assert "何*" in text and "1,500" in text and "还差 500 分" not in text and "本站没有了" in text
    assert (shop.courier.user.phone or "") not in text
    answer = client.post(
        f"{COUNTER}redeem/",
        {"ticket": page.context["ticket"], "gift": "tissue", "key": page.context["redeem_key"]},
    )
    number = Redemption.objects.get().number
    assert answer.headers["Location"] == f"{COUNTER}?done={number}"
    text = client.get(answer.headers["Location"]).content.decode()
    assert "已兑换 手提纸 × 1" in text and number in text and "撤销" in text
    assert (available(shop), on_hand(shop)) == (500, 9)

    assert number in client.get(f"{COUNTER}annul/{number}/").content.decode()
    assert client.post(f"{COUNTER}annul/{number}/", {"reason": ""}).status_code == 200
    assert client.post(f"{COUNTER}annul/{number}/", {"reason": "给错了"}).headers["Location"] == COUNTER
    assert (available(shop), on_hand(shop)) == (1500, 10)
    again = client.post(f"{COUNTER}annul/{number}/", {"reason": "给错了"}).content.decode()
    assert "已经撤销过" in again
    assert "已撤销" in client.get(COUNTER).content.decode()


def test_what_is_only_set_aside_is_not_said_to_be_handed_over(shop: Shop) -> None:
    give(shop.courier, 1000)
    reserve(shop.courier, shop.gift, station=shop.station)
    code = show_code(shop.courier).digits
    assert "本月已兑 0 件" in browser(shop.worker).post(f"{COUNTER}identify/", {"code": code}).content.decode()
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    code = show_code(shop.courier).digits
    assert "本月已兑 1 件" in browser(shop.worker).post(f"{COUNTER}identify/", {"code": code}).content.decode()


def test_the_same_form_twice_hands_over_once(shop: Shop) -> None:
    client = browser(shop.worker)
    form = {"ticket": ticket(shop), "gift": "tissue", "key": "k"}
    first, second = (client.post(f"{COUNTER}redeem/", form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (Redemption.objects.count(), available(shop)) == (1, 500)
    other = client.post(f"{COUNTER}redeem/", {**form, "gift": "cooker"})
    assert (other.status_code, "已经兑换过" in other.content.decode()) == (422, True)


def test_a_refusal_stands_on_the_page_and_the_courier_stays(shop: Shop) -> None:
    client = browser(shop.worker)
    answer = hand_over(shop, client, gift="cooker")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "没有兑换成" in text and "积分不够，还差 500 分。" in text and answer.context["ticket"]
    assert RefusedAttempt.objects.get().code == "insufficient_points"
    assert "今天没兑换成的" in client.get(COUNTER).content.decode()


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"ticket": "garbage"}, 409, "识别已过期"),
        ({"ticket": ""}, 409, "重新识别"),
        ({"gift": ""}, 409, "请先选一件礼品"),
        ({"gift": "nothing"}, 404, "没有这种礼品"),
        ({"gift": "a b"}, 409, "请先选一件礼品"),
        ({"key": ""}, 409, "重新识别"),
        ({"key": "空 白"}, 409, "重新识别"),
        ({"ticket": "x\0y"}, 409, "重新识别"),
    ],
)
def test_bad_forms_write_nothing(shop: Shop, changes: dict[str, str], status: int, words: str) -> None:
    answer = hand_over(shop, browser(shop.worker), **changes)
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert (Redemption.objects.count(), available(shop)) == (0, 1500)


@pytest.mark.parametrize("form", [{"code": ""}, {"code": "000000"}, {"code": "nonsense"}, {"code": "x" * 601}, {}])
def test_a_code_that_is_none(shop: Shop, form: dict[str, str]) -> None:
    answer = browser(shop.worker).post(f"{COUNTER}identify/", form)
    assert answer.status_code in (200, 409)
    assert answer.context["form"].errors and answer.context["ticket"] is None


def test_full_width_digits_and_tokens_are_read(shop: Shop) -> None:
    client = browser(shop.worker)
    wide = show_code(shop.courier).digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert client.post(f"{COUNTER}identify/", {"code": wide}).context["ticket"]
    assert client.post(f"{COUNTER}identify/", {"code": show_code(shop.courier).token}).context["ticket"]


def test_an_unverified_courier_is_verified_at_the_counter(shop: Shop) -> None:
    Courier.objects.filter(pk=shop.courier.pk).update(verified_at=None)
    client = browser(shop.worker)
    held = identified(shop, client)
    page = hand_over(shop, client, ticket=held)
    assert "核验" in page.content.decode() and page.status_code == 409
    verified = client.post(f"{COUNTER}verify/", {"ticket": held})
    assert (verified.status_code, verified.context["courier"]["verified"]) == (200, True)
    assert hand_over(shop, client, ticket=held).status_code == 302
    assert client.post(f"{COUNTER}verify/", {"ticket": held}).status_code == 409
    assert AuditLog.objects.filter(verb="courier.verified").count() == 1


def test_who_may_stand_at_the_counter(shop: Shop) -> None:
    assert page_client().get(COUNTER).headers["Location"].startswith("/staff/login/?next=")
    rider = page_client(courier().user)
    assert (rider.get("/desk/").status_code, rider.get(COUNTER).status_code) == (403, 403)
    assert browser(shop.auditor).get(COUNTER).status_code == 403
    for code in ("QK-002", "XX-999"):
        assert browser(shop.worker).get(f"/desk/counter/{code}/").status_code == 404
    by_text_message = page_client(shop.worker)
    assert by_text_message.get(COUNTER).headers["Location"].startswith("/staff/login/?next=")


@pytest.mark.parametrize("door", ["identify", "redeem", "verify"])
def test_a_reload_of_an_answer_leads_back_to_the_counter(shop: Shop, door: str) -> None:
    assert browser(shop.worker).get(f"{COUNTER}{door}/").headers["Location"] == COUNTER


def test_a_slip_of_another_station_is_not_there(shop: Shop) -> None:
    hand_over(shop, browser(shop.worker))
    number = Redemption.objects.get().number
    shop.other.organisation.memberships.all()
    assert browser(shop.neighbour).get(f"/desk/counter/QK-002/annul/{number}/").status_code == 404
    assert browser(shop.neighbour).get(f"{COUNTER}annul/{number}/").status_code == 404
    assert number not in browser(shop.neighbour).get(f"/desk/counter/QK-002/?done={number}").content.decode()


def test_the_page_costs_the_same_for_one_and_for_three(shop: Shop, django_assert_max_num_queries: Any) -> None:
    client = browser(shop.worker)
    give(shop.courier, 5000)
    for rows in (1, 3):
        while Redemption.objects.count() < rows:
            hand_over(shop, client)
        with django_assert_max_num_queries(11):  # session, user, roles, station, others, two counts, three lists
            assert len(client.get(COUNTER).context["today"]) == rows


def test_the_courier_s_page_of_gifts(shop: Shop, django_assert_max_num_queries: Any) -> None:
    visitor = page_client()
    with django_assert_max_num_queries(2):
        text = visitor.get("/gifts/").content.decode()
    assert "手提纸" in text and "登录" in text and "余 10" not in text
    assert "余 10" in visitor.get("/gifts/?station=QK-001").content.decode()
    text = page_client(shop.courier.user).get("/gifts/?station=QK-001").content.decode()
    assert "可以换" in text and "本站暂缺" in text
    assert "差 500 分" in page_client(shop.courier.user).get("/gifts/?station=nothing").content.decode()


def through_service(shop: Shop) -> None:
    redemption = redeem_with_ticket(ticket(shop), shop.gift, station=shop.station, by=shop.worker)
    annul(redemption, reason="给错了", by=shop.worker)


def through_api(shop: Shop) -> None:
    client = api(shop.worker)
    body = {"ticket": ticket(shop), "gift": "tissue", "station": "QK-001"}
    answer = client.post("/api/v1/redemptions/", body, format="json", headers={"Idempotency-Key": "a"})
    path = f"/api/v1/redemptions/{answer.json()['number']}/annul/"
    client.post(path, {"reason": "给错了"}, format="json", headers={"Idempotency-Key": "b"})


def through_page(shop: Shop) -> None:
    client = browser(shop.worker)
    hand_over(shop, client)
    client.post(f"{COUNTER}annul/{Redemption.objects.get().number}/", {"reason": "给错了"})


def rows_left(shop: Shop) -> dict[str, Any]:
    redemption = Redemption.objects.get()
    return {
        "redemption": (
            redemption.courier_id == shop.courier.pk, redemption.gift.code, redemption.station.code, redemption.points,
            redemption.state, redemption.by_id == shop.worker.pk, redemption.annul_reason,
        ),
        "entries": list(
            Entry.objects.filter(transfer__source_kind="redemption")
            .order_by("transfer_id", "account__kind")
            .values_list("transfer__kind", "transfer__title", "account__kind", "amount", "balance_after")
        ),
        "audit": list(AuditLog.objects.filter(verb__startswith="redemption").order_by("id").values_list("verb")),
        "refused": RefusedAttempt.objects.count(),
    }  # fmt: skip


@pytest.mark.django_db
def test_every_door_leaves_the_same_rows() -> None:
    left = []
    for door in (through_service, through_api, through_page):
        with transaction.atomic():
            shop = open_shop()
            door(shop)
            left.append(rows_left(shop))
            assert differences() == []
            transaction.set_rollback(True)
    assert left[0]["redemption"][4] == "annulled" and len(left[0]["entries"]) == 8
    assert left[1] == left[0]
    assert left[2] == left[0]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_hands_over_once() -> None:
    shop = open_shop()
    form = {"ticket": ticket(shop), "gift": "tissue", "key": "one-form"}
    clients = [browser(shop.worker) for _ in range(8)]
    answers = in_parallel(8, lambda number: clients[number].post(f"{COUNTER}redeem/", form).headers["Location"])
    assert len(set(answers)) == 1
    assert (Redemption.objects.count(), available(shop), differences()) == (1, 500, [])


def test_nobody_without_a_station_sees_one(shop: Shop) -> None:
    Station.objects.update(is_active=False)
    helper = staff("counter", shop.station.organisation)
    assert "还没有分到蜂巢" in browser(helper).get("/desk/").content.decode()
    assert Gift.objects.count() == 2
