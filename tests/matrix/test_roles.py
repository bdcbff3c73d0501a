"""A role counts from the next request on and until the next request, and only with the second factor."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Membership, User
from accounts.roles import Role
from accounts.services import signin
from tests.matrix.world import BY_SMS, Actor, World

pytestmark = pytest.mark.django_db
GRANTS = "/api/v1/grants/"


def asked(actor: Actor) -> tuple[int, int, int]:
    """A list by token, the same by session, and a page of the desk."""
    return (
        actor.api().get(GRANTS).status_code,
        actor.browser().get(GRANTS).status_code,
        actor.browser().get("/desk/counter/MX-near/").status_code,
    )


def test_a_withdrawn_role_is_gone_at_the_next_request(world: World) -> None:
    actor = world.actors[Role.STREET_ADMIN]
    assert asked(actor) == (200, 200, 200)
    Membership.objects.filter(user=actor.user).delete()
    assert asked(actor) == (403, 403, 403)


def test_a_role_given_anew_counts_at_the_next_request(world: World) -> None:
    actor = world.actors[Role.HANDLER]
    assert asked(actor) == (403, 403, 403)
    seat = world.actors[Role.STREET_ADMIN].user.memberships.get().organisation  # type: ignore[union-attr]
    Membership.objects.create(user=actor.user, organisation=seat, role=Role.STREET_ADMIN)
    assert asked(actor) == (200, 200, 200)


def test_a_seat_moved_moves_the_scope(world: World) -> None:
    actor = world.actors[Role.COUNTER]
    Membership.objects.filter(user=actor.user).update(organisation=world.places["next"].organisation)
    number = {name: place.redemption for name, place in world.places.items()}
    api = actor.api()
    assert api.get(f"/api/v1/redemptions/{number['next']}/").status_code == 200
    assert api.get(f"/api/v1/redemptions/{number['near']}/").status_code == 404


@pytest.mark.parametrize("end", ["sign out everywhere", "locked out"])
def test_ended_sessions_and_tokens_open_nothing(world: World, end: str) -> None:
    actor = world.actors[Role.STREET_ADMIN]
    user = User.objects.get(pk=actor.user.pk)  # type: ignore[union-attr]
    if end == "locked out":
        User.objects.filter(pk=user.pk).update(is_active=False)
    else:
        signin.end_all_sessions(user)
    assert asked(actor) == (401, 401, 302)


@pytest.fixture
def texts(tmp_path: Any, settings: Any) -> Any:
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return tmp_path / "sms.jsonl"


def sent_to(texts: Any) -> str:
    return str(json.loads(texts.read_text().splitlines()[-1])["code"])


def test_a_text_message_alone_gives_no_role_by_token(world: World, texts: Any) -> None:
    """Through the real door, for somebody who holds every role there is."""
    phone = world.actors[BY_SMS].user.phone  # type: ignore[union-attr]
    client = Client()
    client.post("/api/v1/auth/code/", {"phone": phone}, content_type="application/json")
    body = {"phone": phone, "code": sent_to(texts)}
    answer = client.post("/api/v1/auth/token/", body, content_type="application/json").json()
    assert answer["user"]["roles"] == []
    bearer = {"authorization": f"Bearer {answer['token']}"}
    for address in (GRANTS, "/api/v1/redemptions/", "/api/v1/stock/?station=MX-near"):
        assert client.get(address, headers=bearer).status_code == 403


def test_a_text_message_alone_gives_no_role_by_session(world: World, texts: Any) -> None:
    phone = world.actors[BY_SMS].user.phone  # type: ignore[union-attr]
    client = Client()
    client.post("/sign-in/", {"phone": phone})
    assert client.post("/sign-in/code/", {"code": sent_to(texts)}).status_code == 302
    assert client.session["_auth_user_id"]
    assert client.get(GRANTS).status_code == 403
    for address in ("/desk/", "/desk/counter/MX-near/", "/admin/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/staff/login/")


def test_a_session_of_the_first_factor_alone_gives_no_role(world: World) -> None:
    """The password is given, the second factor is not yet."""
    actor = world.actors[Role.STREET_ADMIN]
    client = actor.browser()
    session = client.session
    session["account_authentication_methods"] = session["account_authentication_methods"][:1]
    session.save()
    assert client.get(GRANTS).status_code == 403
    assert client.get("/desk/")["Location"].startswith("/staff/login/")


def test_a_forged_key_of_another_user_is_refused(world: World) -> None:
    token = world.actors[Role.STREET_ADMIN].token
    for forged in (token[:-1], token + "a", token.upper(), "a" * 64, "", "ü", "\0", "a b"):
        answer = Client().get(GRANTS, headers={"authorization": f"Bearer {forged}"})
        assert answer.status_code == 401, forged


def test_writing_by_session_needs_the_token_against_forgery(world: World) -> None:
    """A program with a bearer token has no cookie that a foreign page could use, and needs none."""
    actor = world.actors[Role.STREET_ADMIN]
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = actor.session
    body = {"courier": world.places["near"].courier, "points": 5, "reason": "值守"}
    key = {"idempotency-key": "forged"}
    answer = client.post(GRANTS, body, content_type="application/json", headers=key)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    by_token = {**key, "authorization": f"Bearer {actor.token}"}
    program = Client(enforce_csrf_checks=True)
    assert program.post(GRANTS, body, content_type="application/json", headers=by_token).status_code == 201
    for page in ("/sign-in/", "/sign-out/", "/desk/counter/MX-near/identify/", "/staff/login/"):
        assert client.post(page, {}).status_code == 403
