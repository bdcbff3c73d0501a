"""Reservations by API: the courier's own, and the counter's hand-over by pickup code."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Courier
from fengchao.core import clock
from fengchao.core.clock import SHANGHAI
from gifts.models import Redemption, RefusedAttempt, Reservation
from gifts.services import expire_reservations, pick_up, reserve
from points.services import standing
from stations import counter
from tests.factories import courier
from tests.gifts.shop import Shop, api, available, give, on_hand, ticket

RESERVATIONS = "/api/v1/reservations/"
REDEMPTIONS = "/api/v1/redemptions/"
WANTED = {"gift": "tissue", "station": "QK-001"}


def post(client: APIClient, path: str, body: dict[str, Any], key: str | None = "k1") -> Any:
    return client.post(path, body, format="json", headers={"Idempotency-Key": key} if key else {})


def rider(shop: Shop) -> APIClient:
    return api(shop.courier.user, staff=False)


def test_a_reservation_answers_as_the_contract_says(shop: Shop) -> None:
    answer = post(rider(shop), RESERVATIONS, WANTED)
    assert answer.status_code == 201, answer.content
    row = Reservation.objects.get()
    assert answer.json() == {
        "pickup_code": row.pickup_code,
        "expires_at": row.expires_at.astimezone(SHANGHAI).isoformat(),
        "state": "reserved",
        "gift": "tissue",
        "station": "QK-001",
        "points": 1000,
        "at": row.at.astimezone(SHANGHAI).isoformat(),
        "allowed": ["cancel"],
    }
    assert (available(shop), standing(shop.courier).held, on_hand(shop)) == (500, 1000, 10)


def test_a_repeat_gives_the_same_code_and_holds_nothing_more(shop: Shop) -> None:
    give(shop.courier, 5000)
    client = rider(shop)
    first, second = post(client, RESERVATIONS, WANTED), post(client, RESERVATIONS, WANTED)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert standing(shop.courier).held == 1000
    assert post(client, RESERVATIONS, {**WANTED, "gift": "cooker"}).json()["code"] == "idempotency_mismatch"
    assert post(client, RESERVATIONS, WANTED, key=None).json()["code"] == "idempotency_key_required"


def test_a_refused_key_may_be_used_again(shop: Shop) -> None:
    give(shop.courier, -1000)
    client = rider(shop)
    refusal = post(client, RESERVATIONS, WANTED)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "insufficient_points")
    assert RefusedAttempt.objects.get().attempt == "reserve"
    give(shop.courier, 1000)
    assert post(client, RESERVATIONS, WANTED).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"gift": "nothing"}, 400, "invalid", "gift"),
        ({"gift": None}, 400, "null", "gift"),
        ({"gift": ["tissue"]}, 400, "invalid", "gift"),
        ({"station": "XX-999"}, 400, "invalid", "station"),
        ({"station": ""}, 400, "blank", "station"),
        ({"gift": "cooker"}, 409, "insufficient_points", None),
    ],
)
def test_bad_bodies_write_nothing(shop: Shop, change: Any, status: int, code: str, field: str | None) -> None:
    answer = post(rider(shop), RESERVATIONS, {**WANTED, **change})
    document = answer.json()
    assert answer.status_code == status, document
    if field:
        assert (document["errors"][0]["field"], document["errors"][0]["code"]) == (field, code)
    else:
        assert document["code"] == code
    assert (Reservation.objects.count(), available(shop)) == (0, 1500)


def test_who_may_reserve(shop: Shop) -> None:
    unregistered = courier(registered=False)
    answer = post(api(unregistered.user, staff=False), RESERVATIONS, WANTED)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_required")
    unverified = courier(verified=False)
    give(unverified, 1000)
    answer = post(api(unverified.user, staff=False), RESERVATIONS, WANTED)
    assert (answer.status_code, answer.json()["code"]) == (409, "unverified")
    assert post(api(shop.worker), RESERVATIONS, WANTED).status_code == 403
    assert post(APIClient(), RESERVATIONS, WANTED).status_code == 401
    shop.station.is_active = False
    shop.station.save()
    assert post(rider(shop), RESERVATIONS, WANTED).json()["errors"][0]["field"] == "station"


def test_the_list_is_his_own_newest_first_and_costs_the_same(shop: Shop, django_assert_max_num_queries: Any) -> None:
    give(shop.courier, 5000)
    other = courier()
    give(other, 1000)
    reserve(other, shop.gift, station=shop.station)
    client, made = rider(shop), []
    for _ in range(3):
        made.insert(0, reserve(shop.courier, shop.gift, station=shop.station).pickup_code)
        with django_assert_max_num_queries(3):
            assert [row["pickup_code"] for row in client.get(RESERVATIONS).json()["results"]] == made
    page = client.get(f"{RESERVATIONS}?limit=2&state=reserved").json()
    assert [row["pickup_code"] for row in client.get(page["next"]).json()["results"]] == made[2:]
    assert client.get(f"{RESERVATIONS}?state=cancelled").json()["results"] == []
    assert client.get(f"{RESERVATIONS}?state=lost").json()["errors"][0]["field"] == "state"


def test_cancelling_is_his_own_and_once(shop: Shop) -> None:
    code = reserve(shop.courier, shop.gift, station=shop.station).pickup_code
    stranger = api(courier().user, staff=False)
    theirs, nobodys = stranger.delete(f"{RESERVATIONS}{code}/"), stranger.delete(f"{RESERVATIONS}AAAAAAAA/")
    assert (theirs.status_code, nobodys.status_code, theirs.content) == (404, 404, nobodys.content)
    assert api(shop.worker).delete(f"{RESERVATIONS}{code}/").status_code == 403
    answer = rider(shop).delete(f"{RESERVATIONS}{code.lower()[:4]}-{code.lower()[4:]}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (available(shop), standing(shop.courier).held) == (1500, 0)
    again = rider(shop).delete(f"{RESERVATIONS}{code}/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    row = rider(shop).get(RESERVATIONS).json()["results"][0]
    assert (row["state"], row["allowed"]) == ("cancelled", [])


def test_the_counter_hands_over_by_the_code_as_people_type_it(shop: Shop) -> None:
    code = reserve(shop.courier, shop.gift, station=shop.station).pickup_code
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code.lower())
    client, body = api(shop.worker), {"pickup_code": f" {wide[:4]} {wide[4:]}", "station": "QK-001"}
    answer = post(client, REDEMPTIONS, body)
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
    again = post(client, REDEMPTIONS, body)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (answer.content, "true")
    used = post(client, REDEMPTIONS, body, key="k2")
    assert (used.status_code, used.json()["code"]) == (409, "code_used")
    assert (standing(shop.courier).balance, standing(shop.courier).held, on_hand(shop)) == (500, 0, 9)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ticket": "x", "gift": "tissue"}, 400, "invalid"),
        ({"gift": "tissue"}, 400, "invalid"),
        ({"ticket": "x"}, 400, "invalid"),
        ({"pickup_code": ""}, 400, "invalid"),
        ({"pickup_code": None}, 400, "invalid"),
        ({"pickup_code": ["A"]}, 400, "invalid"),
        ({"pickup_code": "A" * 41}, 400, "invalid"),
        ({"pickup_code": "AAAAAAAA"}, 409, "code_unknown"),
        ({"pickup_code": "－－"}, 409, "code_unknown"),
        ({"pickup_code": "蜂²"}, 409, "code_unknown"),
        ({"station": "QK-002"}, 400, "invalid"),
        ({"station": "XX-999"}, 400, "invalid"),
    ],
)
def test_a_pick_up_that_is_none_writes_nothing(shop: Shop, change: Any, status: int, code: str) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    answer = post(api(shop.worker), REDEMPTIONS, {"pickup_code": made.pickup_code, "station": "QK-001", **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert (Redemption.objects.count(), standing(shop.courier).held, on_hand(shop)) == (0, 1000, 10)


def test_neither_ticket_nor_code_names_the_ticket(shop: Shop) -> None:
    answer = post(api(shop.worker), REDEMPTIONS, {"station": "QK-001"})
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("ticket", "required"),
        ("gift", "required"),
    ]


def test_every_refusal_of_a_pick_up_has_its_code(shop: Shop) -> None:
    give(shop.courier, 5000)
    there, here = api(shop.neighbour), api(shop.worker)
    made = [reserve(shop.courier, shop.gift, station=shop.station) for _ in range(4)]
    codes = [one.pickup_code for one in made]
    assert post(there, REDEMPTIONS, {"pickup_code": codes[0], "station": "QK-002"}).json()["code"] == "wrong_station"
    rider(shop).delete(f"{RESERVATIONS}{codes[1]}/")
    assert post(here, REDEMPTIONS, {"pickup_code": codes[1], "station": "QK-001"}).json()["code"] == "wrong_state"
    pick_up(codes[2], station=shop.station, by=shop.worker)
    assert post(here, REDEMPTIONS, {"pickup_code": codes[2], "station": "QK-001"}).json()["code"] == "code_used"
    shop.courier.user.memberships.create(organisation=shop.station.organisation, role="counter")
    himself = post(api(shop.courier.user), REDEMPTIONS, {"pickup_code": codes[3], "station": "QK-001"})
    assert himself.json()["code"] == "self_dealing"
    Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=clock.now())
    frozen = post(here, REDEMPTIONS, {"pickup_code": codes[3], "station": "QK-001"})
    assert (frozen.status_code, frozen.json()["code"]) == (403, "account_frozen")
    expire_reservations(made[3].expires_at)
    assert post(here, REDEMPTIONS, {"pickup_code": codes[3], "station": "QK-001"}).json()["code"] == "code_expired"
    assert RefusedAttempt.objects.filter(attempt="pick_up").count() == 6


def test_the_eleventh_wrong_code_is_refused_and_the_count_outlives_the_refusals(shop: Shop) -> None:
    client, held = api(shop.worker), ticket(shop)
    made = reserve(shop.courier, shop.gift, station=shop.station)
    wrong = {"pickup_code": "AAAAAAAA", "station": "QK-001"}
    for number in range(counter.WRONG_CODES):
        assert post(client, REDEMPTIONS, wrong, key=f"k{number}").status_code == 409
    full = post(client, REDEMPTIONS, {"pickup_code": made.pickup_code, "station": "QK-001"}, key="good")
    assert (full.status_code, int(full.headers["Retry-After"]) > 0) == (429, True)
    # A ticket is not a code that is guessed, so it is not counted with them.
    assert post(client, REDEMPTIONS, {**WANTED, "ticket": held}, key="t").json()["code"] == "insufficient_points"
    colleague = post(api(shop.colleague), REDEMPTIONS, {"pickup_code": made.pickup_code, "station": "QK-001"})
    assert colleague.status_code == 201


def test_a_good_code_is_not_counted(shop: Shop) -> None:
    give(shop.courier, 20_000)
    client = api(shop.worker)
    for number in range(counter.WRONG_CODES - 1):
        post(client, REDEMPTIONS, {"pickup_code": "AAAAAAAA", "station": "QK-001"}, key=f"w{number}")
    for number in range(3):
        code = reserve(shop.courier, shop.gift, station=shop.station).pickup_code
        answer = post(client, REDEMPTIONS, {"pickup_code": code, "station": "QK-001"}, key=f"g{number}")
        assert answer.status_code == 201


def test_me_data_lists_his_reservations(shop: Shop) -> None:
    made = reserve(shop.courier, shop.gift, station=shop.station)
    listed = rider(shop).get("/api/v1/me/data/").json()["reservations"]
    assert [(row["pickup_code"], row["gift__name"], row["state"]) for row in listed] == [
        (made.pickup_code, "手提纸", "reserved")
    ]
