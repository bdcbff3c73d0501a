"""Codes people read aloud, type or scan, and signed tokens."""

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from random import Random
from typing import Any

import segno
from django.core import signing
from django.utils.safestring import SafeString, mark_safe

from fengchao.core.errors import RuleBroken

# Without 0/O, 1/I/L, 2/Z, 5/S and 8/B where both would stand: read from a cracked screen or over the phone.
ALPHABET = "2346789ACDEFGHJKMNPQRTUVWXY"


_secret = secrets.SystemRandom()
_repeatable: ContextVar[Random | None] = ContextVar("repeatable source of codes", default=None)


class BadCode(RuleBroken):
    code = "code_unknown"
    message = "这个码无法识别。"


class ExpiredCode(RuleBroken):
    code = "code_expired"
    message = "这个码已过期，请刷新后再试。"


@contextmanager
def drawn_from(rng: Random) -> Iterator[None]:
    """Inside the block, and in nobody else's thread, codes come from `rng`: the demonstration's, which repeat."""
    token = _repeatable.set(rng)
    try:
        yield
    finally:
        _repeatable.reset(token)


def random_code(length: int = 8) -> str:
    return "".join((_repeatable.get() or _secret).choices(ALPHABET, k=length))


def random_digits(length: int = 6) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


def as_meant(typed: str) -> str:
    """The code a person meant: small letters, full-width ones, blanks and hyphens are forgiven."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).replace("-", "").upper()


def qr_code(text: str, *, error: str = "m") -> SafeString:
    """The QR code of a text of ours as SVG without a size of its own; `error` is how much of it may be damaged."""
    svg = segno.make(text, error=error, micro=False).svg_inline(omitsize=True, border=2)
    return mark_safe(svg)  # drawn here


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
