"""Points over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from points.models import Grant
from tests.points.conftest import give, new_clerk, new_courier, spend

pytestmark = pytest.mark.django_db

GRANTS = "/api/v1/grants/"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def ask(user: User, body: Any, key: str | None = "k1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client_of(user).post(GRANTS, body, headers=headers, format="json")


def test_what_i_have(courier: Courier) -> None:
    give(courier, 80)
    spend(courier, 30)
    answer = client_of(courier.user).get("/api/v1/me/points/")
    assert (answer.status_code, answer.json()["balance"], answer.json()["available"]) == (200, 50, 50)
    assert [part["points"] for part in answer.json()["expiring"]] == [50]


def test_my_statement_in_pages(courier: Courier) -> None:
    for points in (1, 2, 3):
        give(courier, points)
    give(new_courier(), 99)
    client = client_of(courier.user)
    first = client.get("/api/v1/me/entries/?limit=2").json()
    assert [row["points"] for row in first["results"]] == [3, 2]
    assert set(first["results"][0]) == {"id", "at", "kind", "points", "balance_after", "title", "source"}
    assert set(first["results"][0]["source"]) == {"kind", "key"}
    second = client.get(first["next"]).json()
    assert ([row["points"] for row in second["results"]], second["next"]) == ([1], None)
    assert [row["points"] for row in client.get(second["previous"]).json()["results"]] == [3, 2]


def test_points_are_for_couriers(clerk: User) -> None:
    assert APIClient().get("/api/v1/me/points/").status_code == 401
    assert client_of(clerk).get("/api/v1/me/points/").status_code == 403
    assert client_of(clerk).get("/api/v1/me/entries/").status_code == 403


def test_a_grant_and_its_repeat(courier: Courier, clerk: User) -> None:
    body = {"courier": courier.pk, "points": 20, "reason": "协助防汛"}
    first, repeat = ask(clerk, body), ask(clerk, body)
    assert (first.status_code, first.json()["state"]) == (201, "posted")
    assert (repeat.status_code, repeat.json(), repeat["Idempotency-Replayed"]) == (201, first.json(), "true")
    assert Grant.objects.count() == 1
    other = ask(clerk, {**body, "points": 21})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    listed = client_of(clerk).get(GRANTS).json()["results"]
    assert [(row["id"], row["points"], row["courier"]["name"]) for row in listed] == [(first.json()["id"], 20, "何*")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *[({"points": value}, "points") for value in (0, -1, "20", 1.0, True, 2**62, None)],
        *[({"reason": value}, "reason") for value in ("", " ", [], None, "长" * 201)],
        *[({"courier": value}, "courier") for value in (999_999, {}, "x", 2**62)],
    ],
)
def test_bad_values_are_named(change: dict[str, Any], field: str, courier: Courier, clerk: User) -> None:
    answer = ask(clerk, {"courier": courier.pk, "points": 20, "reason": "协助防汛", **change})
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert Grant.objects.count() == 0


@pytest.mark.parametrize("body", [[], "x", None, {}])
def test_bodies_that_are_no_grant(body: Any, clerk: User) -> None:
    assert ask(clerk, body).status_code == 400


def test_who_may_grant(courier: Courier, district: Organisation, other_street: Organisation) -> None:
    body = {"courier": courier.pk, "points": 20, "reason": "协助防汛"}
    assert ask(courier.user, body).status_code == 403
    assert ask(new_clerk(district, Role.AUDITOR), body).status_code == 403
    elsewhere = new_clerk(other_street)
    assert ask(elsewhere, body).json()["errors"][0]["field"] == "courier"
    assert ask(new_clerk(district, Role.DISTRICT_ADMIN), body).status_code == 201
    assert client_of(elsewhere).get(GRANTS).json()["results"] == []
    assert ask(new_clerk(district, Role.DISTRICT_ADMIN), body, key=None).json()["code"] == "idempotency_key_required"


def test_grants_are_filtered_by_state(courier: Courier, clerk: User) -> None:
    ask(clerk, {"courier": courier.pk, "points": 20, "reason": "协助防汛"}, "a")
    ask(clerk, {"courier": courier.pk, "points": 51, "reason": "协助防汛"}, "b")
    found = client_of(clerk).get(GRANTS + "?state=pending").json()["results"]
    assert [row["points"] for row in found] == [51]
    assert client_of(clerk).get(GRANTS + "?state=nonsense").status_code == 400


def decide(user: User, given: int, move: str, body: Any = None, key: str | None = "d1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client_of(user).post(f"{GRANTS}{given}/{move}/", body or {}, headers=headers, format="json")


def waiting(courier: Courier, clerk: User) -> int:
    answer = ask(clerk, {"courier": courier.pk, "points": 120, "reason": "协助防汛"}, f"w{Grant.objects.count()}")
    assert (answer.status_code, answer.json()["state"], answer.json()["allowed"]) == (201, "pending", [])
    return int(answer.json()["id"])


def test_an_approval_and_its_repeat(courier: Courier, clerk: User, district: Organisation) -> None:
    given, second = waiting(courier, clerk), new_clerk(district, Role.DISTRICT_ADMIN)
    assert client_of(second).get(f"{GRANTS}{given}/").json()["allowed"] == ["approve", "reject"]
    first, repeat = decide(second, given, "approve"), decide(second, given, "approve")
    assert (first.status_code, first.json()["state"], first.json()["allowed"]) == (200, "posted", [])
    assert (first.json()["by"], first.json()["decided_by"], first.json()["points"]) == ("李*", "李*", 120)
    assert (repeat.status_code, repeat.json(), repeat["Idempotency-Replayed"]) == (200, first.json(), "true")
    assert client_of(second).get(f"{GRANTS}{given}/").json() == first.json()
    assert client_of(courier.user).get("/api/v1/me/points/").json()["balance"] == 120


def test_a_rejection_says_why(courier: Courier, clerk: User, district: Organisation) -> None:
    given, second = waiting(courier, clerk), new_clerk(district, Role.DISTRICT_ADMIN)
    answer = decide(second, given, "reject", {"reason": "先核实"})
    assert (answer.status_code, answer.json()["state"], answer.json()["decision_note"]) == (200, "rejected", "先核实")
    assert client_of(courier.user).get("/api/v1/me/points/").json()["balance"] == 0
    assert decide(second, waiting(courier, clerk), "reject", {}, "d2").json()["decision_note"] == ""


@pytest.mark.parametrize("move", ["approve", "reject"])
def test_refusals_of_a_decision(move: str, courier: Courier, clerk: User, district: Organisation) -> None:
    given, second = waiting(courier, clerk), new_clerk(district, Role.DISTRICT_ADMIN)
    own = decide(clerk, given, move)
    assert (own.status_code, own.json()["code"]) == (409, "self_dealing")
    assert decide(second, given, move, key=None).json()["code"] == "idempotency_key_required"
    assert decide(second, given, move).status_code == 200
    late = decide(second, given, move, key="d2")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    other = decide(second, given, move, {"reason": "x"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("move", ["approve", "reject"])
def test_a_courier_on_the_staff_is_refused_his_own(move: str, courier: Courier, clerk: User) -> None:
    Membership.objects.create(user=courier.user, organisation=courier.street, role=Role.STREET_ADMIN)
    given = waiting(courier, clerk)
    seen = client_of(courier.user).get(f"{GRANTS}{given}/").json()
    assert (seen["state"], seen["allowed"]) == ("pending", [])
    answer = decide(courier.user, given, move)
    assert (answer.status_code, answer.json()["code"]) == (409, "self_dealing")


@pytest.mark.parametrize("move", ["approve", "reject"])
def test_who_may_decide(
    move: str, courier: Courier, clerk: User, district: Organisation, other_street: Organisation
) -> None:
    given = waiting(courier, clerk)
    assert decide(courier.user, given, move).status_code == 403
    assert decide(new_clerk(district, Role.AUDITOR), given, move).status_code == 403
    assert decide(new_clerk(other_street), given, move).status_code == 404
    assert decide(new_clerk(district, Role.DISTRICT_ADMIN), 999_999, move).status_code == 404
    assert Grant.objects.get().state == "pending"


@pytest.mark.parametrize("reason", [None, 5, [], "长" * 201, "\u202e"])
def test_bad_reasons_are_named(reason: Any, courier: Courier, clerk: User, district: Organisation) -> None:
    given = waiting(courier, clerk)
    answer = decide(new_clerk(district, Role.DISTRICT_ADMIN), given, "reject", {"reason": reason})
    if reason == 5:  # a number is read as its digits, as in every text field
        assert answer.json()["decision_note"] == "5"
        return
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["reason"])
    assert Grant.objects.get().state == "pending"


def test_what_i_may_do_stands_on_each_row(courier: Courier, clerk: User, district: Organisation) -> None:
    second = new_clerk(district, Role.DISTRICT_ADMIN)
    waiting(courier, clerk)
    waiting(courier, second)
    assert [row["allowed"] for row in client_of(second).get(GRANTS).json()["results"]] == [[], ["approve", "reject"]]
    assert [row["allowed"] for row in client_of(clerk).get(GRANTS).json()["results"]] == [["approve", "reject"], []]
    auditor = new_clerk(district, Role.AUDITOR)
    assert [row["allowed"] for row in client_of(auditor).get(GRANTS).json()["results"]] == [[], []]
