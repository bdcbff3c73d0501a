"""Codes people read aloud, type or scan, and signed tokens."""

import secrets
from datetime import timedelta
from typing import Any

from django.core import signing

from fengchao.core.errors import RuleBroken

# Without 0/O, 1/I/L, 2/Z, 5/S and 8/B where both would stand: read from a cracked screen or over the phone.
ALPHABET = "2346789ACDEFGHJKMNPQRTUVWXY"


class BadCode(RuleBroken):
    code = "code_unknown"
    message = "这个码无法识别。"


class ExpiredCode(RuleBroken):
    code = "code_expired"
    message = "这个码已过期，请刷新后再试。"


def random_code(length: int = 8) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def random_digits(length: int = 6) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


def sign(purpose: str, payload: list[Any] | dict[str, Any]) -> str:
    """A token for `payload` that says when it was made. A token of one purpose is worthless for every other."""
    return signing.TimestampSigner(salt=f"fengchao.{purpose}").sign_object(payload)


def unsign(purpose: str, token: str, *, max_age: timedelta | None = None) -> Any:
    """The payload; `BadCode` when it is not ours, `ExpiredCode` when it is older than `max_age`."""
    try:
        return signing.TimestampSigner(salt=f"fengchao.{purpose}").unsign_object(token, max_age=max_age)
    except signing.SignatureExpired as error:
        raise ExpiredCode from error
    except (signing.BadSignature, ValueError) as error:
        raise BadCode from error
