"""POST stations/{code}/check-ins/, by couriers and by the counter."""

from typing import Any

import pytest

from fengchao.core import clock, limits
from points.models import EarningRule
from stations.models import RefusedCheckIn, Visit
from stations.services import posters
from stations.services.visits import WRONG_POSTERS
from tests import factories
from tests.factories import api_of
from tests.gifts.shop import Shop, ticket

pytestmark = pytest.mark.django_db
PATH = "stations/QK-001/check-ins/"
HERE = {"lat": 30.57, "lng": 114.27}


@pytest.fixture(autouse=True)
def rule(shop: Shop) -> None:
    EarningRule.objects.create(event="check_in", title="到站签到", programme="checkins", points=5, day_cap=10)


def body(shop: Shop, **other: Any) -> dict[str, Any]:
    return {"poster": posters.token_for(shop.station), **HERE, **other}


def test_a_courier_comes_and_the_same_visit_is_two_hundred(shop: Shop) -> None:
    api = api_of(shop.courier.user)
    first = api.post(PATH, body(shop), status=201)
    visit = Visit.objects.get()
    assert first == {"id": visit.pk, "at": visit.at.astimezone(clock.SHANGHAI).isoformat(), "near": "yes", "points": 5}
    assert api.post(PATH, body(shop), status=200) == first
    assert api.get("me/points/")["balance"] == 1505
    assert api.get("me/entries/")["results"][0]["source"] == {
        "kind": "visit",
        "key": str(visit.pk),
    }
    data = api.get("me/data/")
    assert [(seen["id"], seen["points"]) for seen in data["visits"]] == [(visit.pk, 5)]


def test_without_a_position_nothing_is_earned(shop: Shop) -> None:
    answer = api_of(shop.courier.user).post(PATH, {"poster": posters.token_for(shop.station)}, status=201)
    assert (answer["near"], answer["points"]) == ("unknown", 0)


def test_the_counter_checks_in_by_ticket(shop: Shop) -> None:
    api, held = api_of(shop.worker, staff=True), ticket(shop)
    first = api.post(PATH, {"ticket": held}, status=201)
    assert (first["near"], first["points"]) == ("yes", 5)
    assert api.post(PATH, {"ticket": held}, status=200) == first
    assert api_of(shop.colleague, staff=True).post(PATH, {"ticket": held}, status=409)["code"] == "ticket_expired"
    assert api.post("stations/QK-002/check-ins/", {"ticket": held}, status=404)["code"] == "not_found"


def test_a_repeat_with_the_key_gives_the_first_answer(shop: Shop) -> None:
    api, sent = api_of(shop.courier.user), body(shop)
    first = api.post(PATH, sent, status=201, key="k")
    assert api.post(PATH, sent, status=201, key="k") == first
    assert api.last is not None and api.last["Idempotency-Replayed"] == "true"
    assert api.post(PATH, {**sent, "lat": 30.58}, status=422, key="k")["code"] == "idempotency_mismatch"
    # A refusal is on record though it leaves no key behind.
    assert api.post(PATH, {**sent, "poster": "x"}, status=409, key="other")["code"] == "poster_unknown"
    assert RefusedCheckIn.objects.count() == 1
    api.post(PATH, sent, status=200, key="other")


def test_refusals(shop: Shop) -> None:
    api = api_of(shop.courier.user)
    foreign = posters.token_for(shop.other)
    assert api.post(PATH, body(shop, poster=foreign), status=409)["code"] == "wrong_station"
    assert api.post("stations/NO-1/check-ins/", body(shop), status=404)["code"] == "not_found"
    assert api.post(PATH, {"ticket": ticket(shop)}, status=403)["code"] == "not_allowed"
    newcomer = factories.courier(registered=False, verified=False)
    assert api_of(newcomer.user).post(PATH, body(shop), status=403)["code"] == "registration_required"
    assert api_of(shop.worker, staff=True).post(PATH, body(shop), status=403)["code"] == "not_allowed"
    shop.courier.frozen_at = clock.now()
    shop.courier.save()
    assert api.get("me/points/", status=403)["code"] == "not_allowed"  # nobody, to every other door of couriers
    assert Visit.objects.count() == 0


def test_a_frozen_courier_is_refused_on_record(shop: Shop) -> None:
    """Freezing ends his tokens; one that was issued at the same moment may still come."""
    api, worker, held = api_of(shop.courier.user), api_of(shop.worker, staff=True), ticket(shop)
    shop.courier.frozen_at = clock.now()
    shop.courier.save()
    assert api.post(PATH, body(shop), status=403)["code"] == "account_frozen"
    assert api.post(PATH, body(shop, poster="x"), status=409)["code"] == "poster_unknown"
    assert worker.post(PATH, {"ticket": held}, status=409)["code"] == "ticket_expired"
    assert Visit.objects.count() == 0
    rows = RefusedCheckIn.objects.order_by("pk").values_list("code", "courier", "way", "by")
    assert list(rows) == [
        ("account_frozen", shop.courier.pk, "poster", None),
        ("poster_unknown", shop.courier.pk, "poster", None),
        ("ticket_expired", None, "counter", shop.worker.pk),
    ]


def test_ten_wrong_posters_and_he_waits_and_good_ones_never_count(shop: Shop) -> None:
    api, sent = api_of(shop.courier.user), body(shop)
    for _ in range(WRONG_POSTERS + 1):  # good ones never count, nor what is refused for another reason
        api.post(PATH, sent, status=201 if not Visit.objects.exists() else 200)
        api.post("stations/NO-1/check-ins/", sent, status=404)
    for number in range(WRONG_POSTERS):
        poster = posters.token_for(shop.other) if number % 2 else "x"
        api.post(PATH, {**sent, "poster": poster}, status=409, key=f"key-{number}" if number % 3 else None)
    for tried in (sent, {**sent, "poster": "x"}):
        assert api.post(PATH, tried, status=429)["code"] == "too_many_requests"
        assert api.last is not None and 0 < int(api.last["Retry-After"]) <= 600
    assert [row.code for row in RefusedCheckIn.objects.order_by("pk")] == [
        *["poster_unknown", "wrong_station"] * 5, *["too_many_requests"] * 2,
    ]  # fmt: skip
    other = factories.courier()
    assert api_of(other.user).post(PATH, sent, status=201)["points"] == 5  # it is his limit alone
    limits.forget(f"wrong-posters:{shop.courier.pk}")  # as when the ten minutes are over
    api.post(PATH, sent, status=200)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"lat": 114.27, "lng": 30.57}, "lat"), ({"lat": 0, "lng": 0}, "lat"), ({"lat": "NaN"}, "lat"),
     ({"lng": "nan"}, "lng"), ({"lng": "Infinity"}, "lng"), ({"lng": None}, "lng"), ({"lat": "x"}, "lat"),
     ({"ticket": "t"}, "poster"), ({"poster": None}, "poster"), ({"poster": ""}, "poster"),
     ({"poster": "a" * 601}, "poster"), ({"lat": 90.1}, "lat"), ({"lat": -30.57, "lng": -114.27}, "lat")],
)  # fmt: skip
def test_bad_bodies(shop: Shop, change: dict[str, Any], field: str) -> None:
    answer = api_of(shop.courier.user).post(PATH, body(shop, **change), status=400)
    assert answer["errors"][0]["field"] == field
    assert Visit.objects.count() == RefusedCheckIn.objects.count() == 0


def test_half_a_position_and_an_empty_body(shop: Shop) -> None:
    api, poster = api_of(shop.courier.user), posters.token_for(shop.station)
    assert api.post(PATH, {"poster": poster, "lat": 30.57}, status=400)["errors"][0]["field"] == "lng"
    assert api.post(PATH, {}, status=400)["errors"][0]["field"] == "poster"


def test_figures_count_the_visits_of_today(shop: Shop) -> None:
    api_of(shop.courier.user).post(PATH, body(shop), status=201)
    assert api_of(shop.courier.user).get("figures/")["visits_today"] == 1
