"""Every address × method × role × relation answers as the table says, and what is refused shows nothing."""

import re
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, resolve

from accounts.roles import Role
from tests.matrix.calls import call
from tests.matrix.routes import METHODS, Route, methods, walk
from tests.matrix.table import ROWS
from tests.matrix.world import ACTORS, COURIER, DISTRICT_WIDE, NOBODY, Actor, Place, World

pytestmark = pytest.mark.django_db
NEVER = "never"
REDIRECTS = (301, 302, 303)
# The admin's addresses are asked model by model in test_admin.py; the API answers every unknown address alike.
ELSEWHERE = re.compile(r"admin:|api/\(\?P<rest>")


def relations(cell: str) -> tuple[str, ...]:
    return ("own", "other", NEVER) if "/" in cell or "~" in cell else ("own",)


def expected(cell: str, relation: str) -> str:
    """The part of a cell that speaks of a thing in scope ("own"), out of it ("other") or nowhere ("never")."""
    there, _, nowhere = cell.partition("~")
    if nowhere and relation == NEVER:
        return nowhere
    return there.split("/")[-1 if relation != "own" else 0]


def place_of(world: World, actor: str, relation: str) -> Place:
    return (
        world.places[NEVER]
        if relation == NEVER
        else world.elsewhere(actor)
        if relation == "other"
        else world.places["near"]
    )


def ask(actor: Actor, name: str, method: str, place: Place) -> Any:
    """The answer; what it did is undone."""
    client = actor.api() if name.startswith("api_") else actor.browser()
    headers = {"idempotency-key": uuid.uuid4().hex} if name.startswith("api_") and method == "POST" else {}
    with transaction.atomic():
        response = call(name, method, actor, place).send(client, name, method, **headers)
        transaction.set_rollback(True)
    return response


def answer_of(response: Any) -> str:
    """The status, or the name of the page to which the answer leads."""
    if response.status_code in REDIRECTS:
        return resolve(response["Location"].partition("?")[0]).view_name
    return str(response.status_code)


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


def bare(text: str) -> str:
    """Without what differs between any two answers: tokens against forgery, and the id of the request."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|[0-9a-f]{32}', "", text)


def leaks(world: World, actor: str, response: Any, text: str) -> list[str]:
    """Names and numbers of others, wherever they stand; and what is kept of places that the answer may not speak of."""
    user = world.actors[actor].user
    shown = [mark for mark, whose in world.private.items() if mark in text and not (user and whose == user.pk)]
    shown = [mark for mark in shown if mark not in world.told.get(actor, ())]
    reach = {"near", "next"} if actor in DISTRICT_WIDE else {"near"}
    served = response.status_code < 300
    for name, place in world.places.items():
        if not (served and name in reach):
            shown += [mark for mark in place.marks if mark in text]
    return shown


def published(world: World, address: str) -> set[str]:
    """Marks that everybody may read there: numbers and accepted words of ordinary reports, and nobody's name."""
    if not address.startswith("open311_"):
        return set()
    return {mark for name, place in world.places.items() for mark in (f"秘告{name}", *place.reports.values())}


@pytest.mark.parametrize(("name", "method"), ROWS, ids=["-".join(row) for row in ROWS])
def test_who_may_what(world: World, name: str, method: str) -> None:
    """One row of the table: every actor, in every relation the cell speaks of."""
    # The schema is written anew for each answer, which takes half a second, and it is open to all.
    asked = (NOBODY, COURIER, Role.SYSTEM_ADMIN) if name == "api_schema" else ACTORS
    found = {actor: wrong for actor in asked if (wrong := wrong_answers(world, name, method, actor))}
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize("actor", ACTORS)
def test_who_may_read_the_schema(world: World, actor: str) -> None:
    assert wrong_answers(world, "api_schema", "GET", actor) == []


def wrong_answers(world: World, name: str, method: str, actor: str) -> list[str]:
    cell = ROWS[name, method][actor]
    wrong, seen = [], {}
    for relation in relations(cell):
        response = ask(world.actors[actor], name, method, place_of(world, actor, relation))
        text = text_of(response)
        seen[relation] = bare(text)
        if (answer := answer_of(response)) != expected(cell, relation):
            wrong.append(f"{relation}: {answer}, not {expected(cell, relation)}: {text[:200]}")
        shown = set(leaks(world, actor, response, text)) - published(world, name)
        wrong += [f"{relation}: shows {mark}" for mark in sorted(shown)]
        if not response.get("X-Request-Id"):
            wrong.append(f"{relation}: no request id")
    if "/" in cell and "~" not in cell and seen["other"] != seen[NEVER]:
        wrong.append("out of scope differs from never existed")
    return wrong


@pytest.mark.parametrize(
    ("cell", "why"),
    [("201/404", "own: 200"), ("200/403", "never: 404"), ("200", "")],
)
def test_a_wrong_cell_is_found(world: World, monkeypatch: pytest.MonkeyPatch, cell: str, why: str) -> None:
    monkeypatch.setitem(ROWS, ("api_redemption", "GET"), {"counter": cell})
    assert why in " ".join(wrong_answers(world, "api_redemption", "GET", "counter"))


def test_a_leak_is_found(world: World) -> None:
    near = world.places["near"]
    served = ask(world.actors["counter"], "api_redemption", "GET", near)
    assert leaks(world, COURIER, served, text_of(served)) == []
    assert leaks(world, COURIER, served, world.places["next"].marks[0]) != []
    refused = ask(world.actors["counter"], "api_redemption", "GET", world.places["next"])
    assert leaks(world, "counter", refused, near.marks[0]) != []


def without_row(routes: list[Route]) -> list[str]:
    asked = [route for route in routes if not ELSEWHERE.match(route.name)]
    return sorted(
        f"{method} {route.name} ({route.path})"
        for route in asked
        for method in methods(route.view)
        if (route.name, method) not in ROWS
    )


def test_every_address_has_its_rows() -> None:
    assert without_row(walk()) == []


def test_every_row_has_its_address() -> None:
    answered = {(route.name, method) for route in walk() for method in methods(route.view)}
    assert sorted(set(ROWS) - answered) == []


def test_an_address_without_a_row_is_found() -> None:
    def extra(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    class WithExtra:
        urlpatterns = [path("", include("fengchao.urls")), path("v2/", include([path("extra/", extra, name="extra")]))]

    found = set(without_row(walk(WithExtra))) - set(without_row(walk()))
    assert found == {f"{method} extra (v2/extra/)" for method in METHODS}


@pytest.mark.parametrize("name", sorted({name for name, _ in ROWS}))
def test_other_methods_are_refused(world: World, name: str) -> None:
    """Also to those who may most; HEAD and OPTIONS say nothing that a GET would not."""
    allowed = {method for known, method in ROWS if known == name}
    if "POST" in allowed and not name.startswith("api_"):
        allowed.add("PUT")  # the same to Django's form views
    for actor in (COURIER, "anonymous", "district_admin"):
        for method in {*METHODS, "HEAD", "OPTIONS"} - allowed:
            response = ask(world.actors[actor], name, method, world.places["near"])
            quiet = method == "OPTIONS" or (method == "HEAD" and "GET" in allowed)
            text = text_of(response)
            assert response.status_code in (401, 403, 404, 405, *REDIRECTS) or quiet, (actor, method)
            assert response.status_code < 500
            assert leaks(world, actor, response, text) == [], (actor, method)
