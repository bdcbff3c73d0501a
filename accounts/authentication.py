"""Who is calling the API: a bearer token, or the session of our own pages."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Membership, Organisation, Token, User
from fengchao.core import rows

REFUSED = "登录已失效，请重新登录。"


class TokenAuthentication(KnoxTokenAuthentication):
    """Found by its digest, which is the primary key, with its user and his roles, in one query.

    Knox itself looks at every token of the user and deletes the expired ones on the way; the job does that here.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        try:
            found: tuple[User, Token] | None = super().authenticate(request)
        except AuthenticationFailed as refusal:
            raise AuthenticationFailed(REFUSED, code="token_invalid") from refusal
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError as garbage:
            raise AuthenticationFailed(REFUSED) from garbage
        held = _find(digest)
        if held is None or not held.user.is_active or (held.expiry and held.expiry <= timezone.now()):
            raise AuthenticationFailed(REFUSED)
        held.user.acts_as_staff = held.staff
        return held.user, held


def _find(digest: str) -> Token | None:
    """Every request of a program begins here, and the ORM takes ten times as long to build this as to run it."""
    found = rows.fetch(_query(), [digest])
    if not found:
        return None
    values = iter(found[0])
    token, user = rows.instance(Token, values), rows.instance(User, values, encrypted=True)
    user.held_roles = [(role, organisation, path) for role, organisation, path in next(values)]
    token.user = user
    return token


@cache
def _query() -> str:
    token, user, held, place = (model._meta.db_table for model in (Token, User, Membership, Organisation))
    return f"""
        SELECT {rows.columns({"t": Token, "u": User}, encrypted=True)}, (
            SELECT coalesce(json_agg(json_build_array(m.role, m.organisation_id, o.path)), '[]')
            FROM {held} m JOIN {place} o ON o.id = m.organisation_id WHERE m.user_id = u.id)
        FROM {token} t JOIN {user} u ON u.id = t.user_id WHERE t.digest = %s
    """


class SessionAuthentication(authentication.SessionAuthentication):
    """As DRF's, with a challenge, so that nobody signed in is 401 and not 403."""

    def authenticate_header(self, request: Request) -> Any:
        return "Session"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
