"""Bearer tokens: what a program signs in with."""

from datetime import timedelta

from knox.settings import knox_settings

from accounts.models import Token, User
from accounts.services.staff import SESSION_LIFE


def issue(user: User, *, staff: bool = False, life: timedelta | None = None) -> tuple[Token, str]:
    """A new token and its text, which is nowhere kept. `staff`: password and second factor were given for it."""
    life = life or (SESSION_LIFE if staff else knox_settings.TOKEN_TTL)
    token, text = Token.objects.create(user=user, expiry=life, staff=staff)
    return token, text


def revoke(token: Token) -> None:
    token.delete()
