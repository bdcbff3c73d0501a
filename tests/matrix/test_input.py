"""Nothing that a program can send makes a 5xx, and every refusal of the API is a problem document.

The long form sends everything everywhere. The short one gives each address a share, by its position among the others:
neighbours get different ones, and together they get all of it many times.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from accounts.roles import Role
from tests.matrix import nasty
from tests.matrix.asking import Call
from tests.matrix.calls import call
from tests.matrix.routes import WRITING
from tests.matrix.table import ROWS
from tests.matrix.world import COURIER, World
from tests.shares import share

pytestmark = pytest.mark.django_db
WRITES = [row for row in ROWS if row[0].startswith("api_") and row[1] in WRITING]
WRITE_IDS = ["-".join(row) for row in WRITES]
READS = [name for name, method in ROWS if method == "GET" and name != "api_schema"]  # that is test_schema's
PAGES_THAT_WRITE = [name for name, method in ROWS if method == "POST" and not name.startswith("api_")]
PROBLEM = {"type", "title", "status", "code", "detail", "errors"}
# What each list reads from its address. All others are asked with all names at once.
PARAMETERS = {
    "api_stations": ("limit", "cursor", "q", "near", "open", "facility", "grade", "street"),
    "api_outlets": ("limit", "cursor", "q"),
    "api_gifts": ("limit", "cursor", "station"),
    "api_reservations": ("limit", "cursor", "state"),
    "api_redemptions": ("limit", "cursor", "station", "state"),
    "api_stock": ("limit", "cursor", "station"),
    "api_grants": ("limit", "cursor", "state"),
    "api_entries": ("limit", "cursor"),
    "api_notices": ("limit", "cursor"),
    "api_report_categories": ("limit", "cursor"),
    "api_reports_similar": ("category", "lat", "lng"),
    "api_reports": ("limit", "cursor", "state", "category", "overdue", "area"),
    "api_wishes": ("limit", "cursor", "state", "category", "area", "station", "mine"),
    "api_activities": ("limit", "cursor", "kind", "state", "mine"),
    "api_activity_enrolments": ("limit", "cursor"),
    "api_deeds": ("limit", "cursor", "state"),
    "api_programmes": ("limit", "cursor"),
    "api_vouchers": ("limit", "cursor", "programme", "state", "day"),
    "api_slots": ("limit", "cursor", "programme", "from"),
    "api_care_visits": ("limit", "cursor", "state", "outlet"),
    "api_care_kits": ("limit", "cursor"),
    "desk_care": ("show", "page"),
    "desk_care_plan": ("q", "page", "outlets", "planned_on", "route", "visitors", "organisation"),
    "desk_care_board": ("page",),
    "stations": ("q", "page", "near", "open", "facility", "grade", "street"),
    "stations_map": ("q", "near", "open", "facility", "grade", "street"),
    "points": ("before",),
    "my_code_fragment": ("since",),
    "gifts": ("station",),
    "reserve": ("gift", "station"),
    "counter": ("done",),
    "check_in": ("k",),
    "visits": ("page",),
    "visit": ("again",),
    "stock": ("gift",),
    "desk_sharing": ("show", "kind", "words", "page"),
    "desk_resource": ("day",),
    "desk_wishes": ("show", "category", "street", "price", "page"),
    "desk_clinic": ("day",),
    "desk_clinic_voucher": ("scan",),
    "desk_outlet_vouchers": ("state", "page"),
    "reports": ("page",),
    "report_new": ("category",),
    "report_similar": ("category", "near"),
    "wishes": ("station", "street", "category", "state", "page"),
    "my_wishes": ("page",),
    "wish_new": ("station",),
    "activities": ("kind", "show", "page"),
    "activity_here": ("k",),
    "my_service": ("year",),
    "deeds": ("page",),
    "desk_activities": ("show", "page"),
    "desk_activity": ("page", "scanned"),
    "desk_deeds": ("show", "page"),
}
IN_SCHEMA = {"api_activity_enrolments": "/api/v1/activities/{activity_id}/enrolments/"}
OF_COURIERS = {
    "api_me", "api_me_data", "api_me_code", "api_points", "api_entries", "api_notices", "api_reservations",
    "api_reservation", "home", "my_code", "my_code_fragment", "points", "me", "register", "gifts", "reservations",
    "reserve", "reservation",
    "reservation_cancel", "station_say", "station_confirm", "station_correct", "check_in", "visit", "visits",
    "reports", "report", "report_new", "report_similar", "report_photos", "report_move",
    "api_reports", "api_reports_similar", "api_report_answer", "api_report_appeal", "api_report_rate",
    "my_wishes", "wish_new", "wish", "wish_move", "api_wishes", "api_wish_confirm", "api_wish_thank",
    "api_programmes", "api_voucher", "api_voucher_wait", "api_slots", "api_bookings", "api_booking",
    "api_activity_enrol", "api_activity_leave", "api_deeds",
    "vouchers", "voucher", "voucher_calendar", "voucher_slots", "voucher_move",
    "activities", "activity", "activity_calendar", "activity_here", "activity_move", "my_service", "my_certificate",
    "deeds", "deed_new", "deed",
}  # fmt: skip
OF_UNITS = {"api_report_start", "api_report_return", "api_report_resolve"}
OF_CLAIMERS = {"api_wish_claim", "api_wish_progress", "api_wish_release", "api_wish_deliver"}
OF_DISTRICTS = {"api_programme_wait", "api_vouchers", "api_voucher_void"}
OF_CENTRES = {"api_voucher_check_in", "api_voucher_tick", "api_voucher_complete", "api_voucher_no_show"}
OF_FILES = {"api_photos", "api_identify"}
ALL = sorted({name for names in PARAMETERS.values() for name in names} | {"next", "format"})


def actor_for(name: str) -> str:
    """Somebody who may, so that the body is looked at."""
    if name in OF_UNITS or name.startswith("desk_report"):
        return Role.HANDLER
    if name in OF_CLAIMERS or name.startswith("desk_wish"):
        return Role.CLAIMER
    if name in OF_DISTRICTS:
        return Role.DISTRICT_ADMIN
    if name == "desk_outlet_vouchers":
        return Role.OUTLET_MANAGER
    if name in OF_CENTRES or name.startswith("desk_clinic"):
        return Role.CLINIC
    return COURIER if name in OF_COURIERS else Role.STREET_ADMIN


def fault(response: Any) -> str:
    """What is wrong with the answer, or nothing."""
    if response.status_code >= 500:
        return f"{response.status_code}"
    if response.status_code < 400:
        return ""
    if response["Content-Type"] != "application/problem+json":
        return f"{response.status_code} as {response['Content-Type']}"
    body = json.loads(response.content)
    good = set(body) == PROBLEM and body["status"] == response.status_code and body["code"] and body["detail"]
    chinese = re.search(r"[\u4e00-\u9fff]", body["detail"])
    return "" if good and chinese else f"problem document {body}"


def send(world: World, name: str, method: str, body: bytes, content_type: str, **headers: str) -> Any:
    actor = world.actors[actor_for(name)]
    client = actor.api()
    client.raise_request_exception = False
    made = call(name, method, actor, world.places["near"])
    with transaction.atomic():
        response = client.generic(
            method, reverse(name, kwargs=made.path), body, content_type=content_type,
            headers={"idempotency-key": "nasty", **headers},
        )  # fmt: skip
        transaction.set_rollback(True)
    return response


def bodies_for(name: str, method: str) -> list[str]:
    """Which bodies the short form sends; where files go up all of them, as only there a file is looked at."""
    one_in = 1 if name in OF_FILES else 4
    return share(nasty.BODIES, WRITES.index((name, method)), of=one_in)


def test_there_are_enough_nasty_bodies() -> None:
    assert len(nasty.BODIES) >= 60
    sent = Counter(label for row in WRITES for label in bodies_for(*row))
    assert set(sent) == set(nasty.BODIES)
    assert min(sent.values()) >= len(WRITES) // 4 >= 15
    assert {name for name, _ in WRITES} >= OF_FILES


@pytest.mark.parametrize(("name", "method"), WRITES, ids=WRITE_IDS)
def test_nasty_bodies(world: World, name: str, method: str) -> None:
    nasty_bodies(world, name, method, bodies_for(name, method))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method"), WRITES, ids=WRITE_IDS)
def test_every_nasty_body(world: World, name: str, method: str) -> None:
    nasty_bodies(world, name, method, nasty.BODIES)


def nasty_bodies(world: World, name: str, method: str, labels: Iterable[str]) -> None:
    bad, taken = {}, []
    for label in labels:
        response = send(world, name, method, *nasty.BODIES[label])
        if wrong := fault(response):
            bad[label] = wrong
        elif response.status_code < 300 and not label.startswith("fields"):
            taken.append(label)
    assert bad == {}
    # What takes no body looks at none, and what needs no field takes any object.
    free = ("api_courier_verify", "api_me", "api_grant_approve", "api_grant_reject", "api_report_accept",
            "api_report_start", "api_wish_approve", "api_wish_release", "api_wish_confirm", "api_voucher_check_in",
            "api_voucher_complete", "api_voucher_no_show", "api_activity_publish", "api_activity_start",
            "api_activity", "api_activity_finish", "api_activity_enrol", "api_activity_leave",
            "api_deed_approve")  # fmt: skip
    assert taken == [] or method == "DELETE" or name in free, taken


@pytest.mark.parametrize(("name", "method"), WRITES, ids=WRITE_IDS)
def test_good_bodies_with_one_spoilt_field(world: World, name: str, method: str) -> None:
    few = share(nasty.FEW, WRITES.index((name, method)), of=2)
    assert spoilt_fields(world, name, method, few) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method"), WRITES, ids=WRITE_IDS)
def test_good_bodies_with_every_spoilt_field(world: World, name: str, method: str) -> None:
    assert spoilt_fields(world, name, method, nasty.VALUES) == {}


def spoilt_fields(world: World, name: str, method: str, values: Iterable[str]) -> dict[str, str]:
    good = call(name, method, world.actors[actor_for(name)], world.places["near"]).body or {}
    answers = {label: fault(send(world, name, method, body, nasty.JSON)) for label, body in nasty.spoilt(good, values)}
    return {label: wrong for label, wrong in answers.items() if wrong}


def test_a_fault_would_be_found(world: World) -> None:
    class Answer:
        status_code, content = 400, b'{"detail": "Not found."}'

        def __getitem__(self, name: str) -> str:
            return "application/problem+json"

    assert fault(Answer())
    Answer.status_code = 500
    assert fault(Answer()) == "500"


@pytest.mark.parametrize("value", nasty.KEYS.values(), ids=list(nasty.KEYS))
def test_nasty_idempotency_keys(world: World, value: str) -> None:
    body = {"courier": world.places["near"].courier, "points": 5, "reason": "值守"}
    text = json.dumps(body).encode()
    response = send(world, "api_grants", "POST", text, nasty.JSON, **{"idempotency-key": value})
    assert (response.status_code, json.loads(response.content)["code"]) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("name", READS)
def test_nasty_queries(world: World, name: str) -> None:
    nasty_queries(world, name, one_in=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", READS)
def test_every_nasty_query(world: World, name: str) -> None:
    nasty_queries(world, name, one_in=1)


def nasty_queries(world: World, name: str, *, one_in: int) -> None:
    actor = world.actors[actor_for(name)]
    client = actor.api() if name.startswith("api_") else actor.browser()
    client.raise_request_exception = False
    address = reverse(name, kwargs=call(name, "GET", actor, world.places["near"]).path)
    bad = {}
    labels = nasty.QUERIES if name in PARAMETERS else nasty.FEW_QUERIES
    for number, parameter in enumerate((*PARAMETERS.get(name, ()), "all"), READS.index(name)):
        for label in share(labels, number, of=one_in):
            value = nasty.QUERIES[label]
            asked = ALL if parameter == "all" else (parameter,)
            with transaction.atomic():
                response = client.get(f"{address}?" + "&".join(f"{each}={value}" for each in asked))
                transaction.set_rollback(True)
            if wrong := fault(response) if name.startswith("api_") else response.status_code >= 500:
                bad[f"{parameter}: {label}"] = wrong
    assert bad == {}


def test_every_parameter_of_the_api_is_asked() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    said = {
        address: {part["name"] for part in operation.get("parameters", []) if part["in"] == "query"}
        for address, methods in schema["paths"].items()
        if (operation := methods.get("get"))
    }
    asked = {
        IN_SCHEMA.get(name) or reverse(name): set(names)
        for name, names in PARAMETERS.items() if name.startswith("api_")
    }  # fmt: skip
    assert {address: names for address, names in said.items() if names} == asked


SEGMENTS = {"code": ("%00", "%FF", "a" * 3000, "..", "%2e%2e%2f", "'", "蜂"), "number": ("%00", "R" * 300, "%FF", "'"),
            "move": ("%00", "close", "'"),
            "pickup_code": ("%00", "A" * 300, "%FF", "'"), "name": ("%00", "begin%20", "'"),
            "courier_id": ("0", "9" * 19, "9" * 400), "grant_id": ("0", "9" * 19, "9" * 400),
            "booking_id": ("0", "9" * 19, "9" * 400), "programme_id": ("0", "9" * 19, "9" * 400),
            "visit_id": ("0", "9" * 19, "9" * 400),
            "photo_id": ("0", "9" * 19, "9" * 400), "wish_id": ("0", "9" * 19, "9" * 400),
            "activity_id": ("0", "9" * 19, "9" * 400), "deed_id": ("0", "9" * 19, "9" * 400),
            "year": ("0", "9" * 19, "9" * 400), "token": ("%00", "%FF", "a" * 3000, ":::", "蜂"),
            "key": ("0", "9" * 19, "9" * 400), "format": ("html", "", "json/", "xml%00", "a" * 3000)}  # fmt: skip


def _with_nasty(name: str, path: dict[str, Any], part: str) -> str:
    """The address with a word in place of `part` that can be replaced by anything."""
    if part == "format":
        return reverse(name, kwargs=path).rpartition(".")[0] + ".NASTY"
    return reverse(name, kwargs={**path, part: 77 if part in ("key", "year") or part.endswith("_id") else "NASTY"})


@pytest.mark.parametrize(("name", "method"), [row for row in ROWS if row[1] in ("GET", "POST")], ids=str)
def test_nasty_paths(world: World, name: str, method: str) -> None:
    actor = world.actors[actor_for(name)]
    path = call(name, method, actor, world.places["near"]).path
    client = actor.api() if name.startswith("api_") else actor.browser()
    client.raise_request_exception = False
    for part in path:
        address = _with_nasty(name, path, part)
        for value in SEGMENTS.get(part, ()):
            with transaction.atomic():
                response = client.generic(
                    method, address.replace("NASTY", value).replace("77", value),
                    content_type=nasty.JSON if name.startswith("api_") else "application/x-www-form-urlencoded",
                    headers={"idempotency-key": "nasty"},
                )  # fmt: skip
                transaction.set_rollback(True)
            assert response.status_code in (400, 404, 405), (part, value[:20])
            assert not name.startswith("api_") or fault(response) == ""


@pytest.mark.parametrize("name", PAGES_THAT_WRITE)
def test_nasty_forms(world: World, name: str) -> None:
    nasty_forms(world, name, one_in=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES_THAT_WRITE)
def test_every_nasty_form(world: World, name: str) -> None:
    nasty_forms(world, name, one_in=1)


def nasty_forms(world: World, name: str, *, one_in: int) -> None:
    actor = world.actors[COURIER if name == "sign_in" else actor_for(name)]
    client = actor.browser()
    client.raise_request_exception = False
    good = call(name, "POST", actor, world.places["near"])
    fields = [*(good.form or ("login", "password", "code"))]
    values = ["", "\0", "a" * 5000, "9" * 400, "²", "//evil"]
    for number, field in enumerate(fields, PAGES_THAT_WRITE.index(name)):
        for value in share(values, number, of=one_in):
            nasty_form(client, name, good, field, value)
    for value in values if one_in == 1 else ("//evil",):
        nasty_form(client, name, good, "next", value)


def nasty_form(client: Client, name: str, good: Call, field: str, value: str) -> None:
    form = {**(good.form or {}), field: value}
    with transaction.atomic():
        response = Call(good.path, form=form).send(client, name, "POST")
        transaction.set_rollback(True)
    assert response.status_code < 500, (field, value[:20])
    assert "evil" not in response.get("Location", "").partition("?")[0]
