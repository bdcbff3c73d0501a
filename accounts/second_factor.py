"""What a browser session has proved: read from the record that allauth keeps of it.

A session won by SMS has no record. Only the staff sign-in writes `password`, and only the second factor writes `mfa`;
a role counts with both (`User.acts_as_staff`).
"""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import User
from accounts.services.staff import SESSION_LIFE

PASSWORD_JUST_GIVEN = 5 * 60  # seconds: nobody is asked twice in a row


def password_given(request: HttpRequest, user: User, *, within: float = SESSION_LIFE.total_seconds()) -> bool:
    """Whether `user` gave his password in this session, at most `within` seconds ago."""
    return any(time.time() - record["at"] < within for record in _records(request, user, "password"))


def both_given(request: HttpRequest, user: User) -> bool:
    """Whether this session has password and second factor, and is not older than a staff session may get."""
    first = min((record["at"] for record in _records(request, user, "password")), default=None)
    if first is None or time.time() - first >= SESSION_LIFE.total_seconds():
        return False
    return bool(_records(request, user, "mfa"))


def enrolled(request: HttpRequest, user: User) -> None:
    """He proved the authenticator app by setting it up just now, after his password."""
    record_authentication(request, user, "mfa", type=Authenticator.Type.TOTP.value)


def _records(request: HttpRequest, user: User, method: str) -> list[dict[str, Any]]:
    return [record for record in get_authentication_records(request, user) if record.get("method") == method]
