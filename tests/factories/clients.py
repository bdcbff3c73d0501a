"""Clients that fail on an unexpected status, so a test reads as what it expects."""

import json
import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.services import tokens


class Api:
    """Calls the API below /api/v1/. `status` is what is expected; the answer is the decoded body (None for 204)."""

    def __init__(self, token: str | None = None) -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.last: HttpResponse | None = None

    def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        return self._checked(self.client.get(_address(path), query, headers=self.headers), status)

    def post(self, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        return self._send("POST", path, body, status, key)

    def patch(self, path: str, body: Any, *, status: int = 200) -> Any:
        return self._send("PATCH", path, body, status, None)

    def delete(self, path: str, *, status: int = 204) -> Any:
        return self._send("DELETE", path, None, status, None)

    def _send(self, method: str, path: str, body: Any, status: int, key: str | None) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        text = json.dumps({} if body is None else body)
        answer = self.client.generic(method, _address(path), text, content_type="application/json", headers=headers)
        return self._checked(answer, status)

    def _checked(self, answer: Any, status: int) -> Any:
        self.last = answer
        assert answer.status_code == status, (answer.status_code, answer.content.decode()[:2000])
        return json.loads(answer.content) if answer.content else None


def api_of(person: User, *, staff: bool = False) -> Api:
    """As `person`, by a token; `staff` when he gave password and second factor for it."""
    return Api(tokens.issue(person, staff=staff)[1])


def page_client(person: User | None = None, *, staff: bool = False, **options: Any) -> Client:
    """A browser without script; signed in by text message, or as staff."""
    client = Client(**options)
    if person is not None:
        signed_in(client, person, staff=staff)
    return client


def signed_in(client: Client, person: User, *, staff: bool = False) -> Client:
    """Sign a test client in. With `staff` the session says that password and second factor were given just now."""
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    if staff:
        session = client.session
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": time.time()},
            {"method": "mfa", "at": time.time(), "type": "totp"},
        ]
        session.save()
    return client


def staff_client(person: User, **options: Any) -> Client:
    return page_client(person, staff=True, **options)


def totp_now(person_or_secret: User | str, *, step: int = 0) -> str:
    """The six digits the authenticator app shows now, or `step` times 30 seconds later."""
    secret = person_or_secret
    if isinstance(person_or_secret, User):
        held = Authenticator.objects.get(user=person_or_secret, type=Authenticator.Type.TOTP)
        secret = decrypt(held.data["secret"])
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(str(secret), counters[len(counters) // 2] + step))


def _address(path: str) -> str:
    return path if path.startswith("/") or "://" in path else f"/api/v1/{path}"
