from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from fengchao.core.clock import SHANGHAI
from gifts.models import Gift, Movement, Redemption, RefusedAttempt
from gifts.services import redeem, reserve
from tests.factories import courier
from tests.gifts.shop import Shop, api, available, give, on_hand, ticket

REDEMPTIONS = "/api/v1/redemptions/"
MOVEMENTS = "/api/v1/stock/movements/"


def post(client: APIClient, path: str, body: dict[str, Any], key: str | None = "k1") -> Any:
    return client.post(path, body, format="json", headers={"Idempotency-Key": key} if key else {})


def wanted(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {"ticket": ticket(shop), "gift": "tissue", "station": "QK-001", **changes}


def test_anyone_reads_the_gifts(shop: Shop) -> None:
    Gift.objects.create(code="old", name="旧的", points=1, is_active=False)
    answer = APIClient().get("/api/v1/gifts/?station=QK-001")
    assert answer.json() == {
        "results": [
            {"code": "tissue", "name": "手提纸", "points": 1000, "photo": None, "available": 10},
            {"code": "cooker", "name": "电炖锅", "points": 2000, "photo": None, "available": 0},
        ],
        "next": None,
        "previous": None,
    }
    assert [gift["available"] for gift in APIClient().get("/api/v1/gifts/").json()["results"]] == [None, None]
    assert APIClient().get("/api/v1/gifts/?station=XX-9").json()["errors"][0]["field"] == "station"


def test_a_redemption_answers_as_the_contract_says(shop: Shop) -> None:
    answer = post(api(shop.worker), REDEMPTIONS, wanted(shop))
    assert answer.status_code == 201, answer.content
    row = Redemption.objects.get()
    assert answer.json() == {
        "number": row.number,
        "gift": "tissue",
        "points": 1000,
        "balance_after": 500,
        "station": "QK-001",
        "at": row.at.astimezone(SHANGHAI).isoformat(),
        "state": "handed_over",
        "allowed": ["annul"],
    }
    assert (available(shop), on_hand(shop)) == (500, 9)


def test_a_repeat_gives_the_same_answer_and_does_nothing(shop: Shop) -> None:
    client, body = api(shop.worker), wanted(shop)
    first, second = post(client, REDEMPTIONS, body), post(client, REDEMPTIONS, body)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (Redemption.objects.count(), available(shop)) == (1, 500)
    assert post(client, REDEMPTIONS, {**body, "gift": "cooker"}).json()["code"] == "idempotency_mismatch"


def test_a_refused_key_may_be_used_again(shop: Shop) -> None:
    give(shop.courier, -1000)
    client, body = api(shop.worker), wanted(shop)
    refusal = post(client, REDEMPTIONS, body)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "insufficient_points")
    assert RefusedAttempt.objects.get().code == "insufficient_points"
    give(shop.courier, 1000)
    assert post(client, REDEMPTIONS, body).status_code == 201


def test_rights_come_before_a_stored_answer(shop: Shop) -> None:
    client, body = api(shop.worker), wanted(shop)
    assert post(client, REDEMPTIONS, body).status_code == 201
    shop.worker.memberships.all().delete()
    assert post(client, REDEMPTIONS, body).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"ticket": "garbage"}, 409, "ticket_expired", None),
        ({"ticket": 5}, 409, "ticket_expired", None),
        ({"ticket": ""}, 400, "blank", "ticket"),
        ({"ticket": None}, 400, "null", "ticket"),
        ({"gift": "nothing"}, 400, "invalid", "gift"),
        ({"gift": "cooker"}, 409, "insufficient_points", None),
        ({"gift": ["tissue"]}, 400, "invalid", "gift"),
        ({"station": "QK-002"}, 400, "invalid", "station"),
        ({"station": "XX-000"}, 400, "invalid", "station"),
    ],
)
def test_bad_bodies_write_nothing(shop: Shop, change: Any, status: int, code: str, field: str | None) -> None:
    answer = post(api(shop.worker), REDEMPTIONS, wanted(shop, **change))
    document = answer.json()
    assert answer.status_code == status, document
    if field:
        assert (document["errors"][0]["field"], document["errors"][0]["code"]) == (field, code)
    else:
        assert document["code"] == code
    assert (Redemption.objects.count(), available(shop)) == (0, 1500)


def test_without_a_key_nothing_is_done(shop: Shop) -> None:
    answer = post(api(shop.worker), REDEMPTIONS, wanted(shop), key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


def test_who_may_redeem(shop: Shop) -> None:
    body = wanted(shop)
    assert post(APIClient(), REDEMPTIONS, body).status_code == 401
    assert post(api(shop.courier.user, staff=False), REDEMPTIONS, body).status_code == 403
    assert post(api(shop.auditor), REDEMPTIONS, body).status_code == 403
    assert post(api(shop.worker, staff=False), REDEMPTIONS, body).status_code == 403
    assert post(api(shop.neighbour), REDEMPTIONS, body).status_code == 400
    assert post(api(shop.colleague), REDEMPTIONS, body).json()["code"] == "ticket_expired"
    assert Redemption.objects.count() == 0


def test_annul_answers_with_the_whole_object(shop: Shop) -> None:
    client = api(shop.worker)
    number = post(client, REDEMPTIONS, wanted(shop)).json()["number"]
    path = f"{REDEMPTIONS}{number}/annul/"
    assert post(client, path, {}, key="a").json()["errors"][0]["field"] == "reason"
    answer = post(client, path, {"reason": "给错了"}, key="a")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["allowed"], answer.json()["balance_after"]) == ("annulled", [], 1500)
    assert client.get(f"{REDEMPTIONS}{number}/").json() == answer.json()
    assert post(client, path, {"reason": "给错了"}, key="b").json()["code"] == "wrong_state"
    assert post(client, path, {"reason": "给错了"}, key="a").headers["Idempotency-Replayed"] == "true"


def test_out_of_scope_and_never_existed_look_alike(shop: Shop) -> None:
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    stranger = api(shop.neighbour)
    for method, tail, body in (("get", "", None), ("post", "annul/", {"reason": "给错了"})):
        answers = []
        for number in (redemption.number, "RXXXXXXXX"):
            path = f"{REDEMPTIONS}{number}/{tail}"
            answers.append(stranger.get(path) if method == "get" else post(stranger, path, body))
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert stranger.get(REDEMPTIONS).json()["results"] == []
    auditor = api(shop.auditor)
    assert auditor.get(f"{REDEMPTIONS}{redemption.number}/").json()["allowed"] == []
    assert post(auditor, f"{REDEMPTIONS}{redemption.number}/annul/", {"reason": "给错了"}).status_code == 403


def test_the_list_is_newest_first_and_costs_the_same(shop: Shop, django_assert_max_num_queries: Any) -> None:
    client = api(shop.worker)
    give(shop.courier, 5000)
    numbers = []
    for _ in range(3):
        numbers.insert(0, redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker).number)
        with django_assert_max_num_queries(3):
            assert [row["number"] for row in client.get(REDEMPTIONS).json()["results"]] == numbers
    page = client.get(f"{REDEMPTIONS}?limit=2&station=QK-001&state=handed_over").json()
    assert [row["number"] for row in client.get(page["next"]).json()["results"]] == numbers[2:]
    assert client.get(f"{REDEMPTIONS}?state=lost").json()["errors"][0]["field"] == "state"
    assert client.get(f"{REDEMPTIONS}?station=QK-002").json()["errors"][0]["field"] == "station"


def test_stock_is_read_and_moved(shop: Shop) -> None:
    client = api(shop.worker)
    body = {"station": "QK-001", "gift": "cooker", "kind": "received", "quantity": 4, "note": ""}
    answer = post(client, MOVEMENTS, body)
    assert answer.status_code == 201
    assert answer.json() == {"id": Movement.objects.latest("pk").pk, "on_hand": 4}
    assert client.get("/api/v1/stock/?station=QK-001").json()["results"] == [
        {"gift": "tissue", "name": "手提纸", "on_hand": 10, "reserved": 0, "available": 10},
        {"gift": "cooker", "name": "电炖锅", "on_hand": 4, "reserved": 0, "available": 4},
    ]
    for path in ("/api/v1/stock/", "/api/v1/stock/?station=QK-002"):
        assert client.get(path).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"quantity": 1.5}, 400),
        ({"quantity": 1.0}, 400),
        ({"quantity": "3"}, 400),
        ({"quantity": True}, 400),
        ({"quantity": 0}, 400),
        ({"quantity": 10_001}, 400),
        ({"quantity": 2**62}, 400),
        ({"kind": "stolen"}, 400),
        ({"kind": "counted", "quantity": -1}, 400),
        ({"kind": "written_off", "quantity": 11}, 409),
        ({"kind": "transferred"}, 400),
        ({"kind": "transferred", "to_station": "QK-002"}, 400),
        ({"station": "QK-002"}, 400),
        ({"gift": "nothing"}, 400),
        ({"note": "长" * 201}, 400),
    ],
)
def test_bad_movements_write_nothing(shop: Shop, change: dict[str, Any], status: int) -> None:
    body = {"station": "QK-001", "gift": "tissue", "kind": "received", "quantity": 1, **change}
    answer = post(api(shop.worker), MOVEMENTS, body)
    assert answer.status_code == status, answer.content
    assert (Movement.objects.count(), on_hand(shop)) == (1, 10)


def test_a_count_by_api_posts_the_difference(shop: Shop) -> None:
    client = api(shop.worker)
    body = {"station": "QK-001", "gift": "tissue", "kind": "counted", "quantity": 7, "note": "少了三件"}
    answer = post(client, MOVEMENTS, body, key="a")
    movement = Movement.objects.latest("pk")
    assert (answer.status_code, answer.json()) == (201, {"id": movement.pk, "on_hand": 7})
    assert (movement.kind, movement.quantity, movement.difference) == ("counted", 7, -3)
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    again = post(client, MOVEMENTS, body, key="a")  # the same request: the hand-over since then stays handed over
    assert (again.json(), again.headers["Idempotency-Replayed"], on_hand(shop)) == (answer.json(), "true", 6)
    assert post(client, MOVEMENTS, {**body, "quantity": 6}, key="b").json()["on_hand"] == 6
    assert Movement.objects.latest("pk").transfer_id is None
    assert post(client, MOVEMENTS, {**body, "quantity": 0}, key="c").json()["on_hand"] == 0
    never = post(client, MOVEMENTS, {**body, "gift": "cooker", "quantity": 0}, key="d")
    assert (never.status_code, never.json()["on_hand"]) == (201, 0)


def test_a_count_by_api_below_what_is_set_aside(shop: Shop) -> None:
    reserve(shop.courier, shop.gift, station=shop.station)
    body = {"station": "QK-001", "gift": "tissue", "kind": "counted", "quantity": 0}
    answer = post(api(shop.worker), MOVEMENTS, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "below_reserved")
    shelf = api(shop.auditor).get("/api/v1/stock/?station=QK-001").json()["results"][0]
    assert shelf == {"gift": "tissue", "name": "手提纸", "on_hand": 10, "reserved": 1, "available": 9}


def test_who_moves_stock(shop: Shop) -> None:
    body = {"station": "QK-001", "gift": "tissue", "kind": "received", "quantity": 1}
    expected = {shop.worker: 201, shop.chief: 201, shop.auditor: 403, shop.neighbour: 400}
    assert {user: post(api(user), MOVEMENTS, body).status_code for user in expected} == expected
    assert post(api(courier().user, staff=False), MOVEMENTS, body).status_code == 403


def test_the_addresses_have_names() -> None:
    assert reverse("api_redemption_annul", args=["R1"]) == "/api/v1/redemptions/R1/annul/"
