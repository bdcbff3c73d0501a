"""A repeat is harmless: the key of a request is stored with the effect, and a second one gets the first answer."""

import hashlib
import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fengchao.core import clock, rows
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.models import IdempotencyKey
from fengchao.core.transactions import unit_of_work

T = TypeVar("T")

KEPT = timedelta(days=30)
ATTEMPTS = 3
REPEATABLE = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")

# A twin in flight waits here for the first one's end, on the unique index. A key past its days is taken over.
_CLAIM = """
    INSERT INTO core_idempotencykey AS held (user_id, value, method, path, digest, status, body, created_at)
    VALUES (%s, %s, %s, %s, %s, 0, '', %s)
    ON CONFLICT (user_id, value) DO UPDATE SET
        method = EXCLUDED.method, path = EXCLUDED.path, digest = EXCLUDED.digest,
        status = 0, body = '', created_at = EXCLUDED.created_at
    WHERE held.created_at < %s
    RETURNING id
"""
_KEEP = "UPDATE core_idempotencykey SET status = %s, body = %s WHERE id = %s"


class KeyRequired(RuleBroken):
    code = "idempotency_key_required"
    message = "缺少 Idempotency-Key 请求头。"
    status = 400


class KeyInvalid(BadValue):
    code = "idempotency_key_invalid"
    message = "Idempotency-Key 必须是 1 到 255 个可见的 ASCII 字符。"


class KeyMismatch(RuleBroken):
    code = "idempotency_mismatch"
    message = "这个 Idempotency-Key 已用于另一个请求。"
    status = 422


@dataclass(frozen=True)
class Key:
    """What makes two requests the same request. Keys of different users have nothing to do with each other."""

    user_id: int
    value: str
    method: str
    path: str
    digest: str


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    replayed: bool


def once(key: Key | None, act: Callable[[], T], answer: Callable[[T], tuple[int, dict[str, Any]]]) -> Answer:
    """Do `act` unless this key has done it, and give the answer: the stored one or a new one.

    The key's row, the effect and the answer are one transaction. A refusal or an error leaves no row, so the key may be
    used again; an answer that is not 2xx is not stored. The same key with another method, path or body is refused
    with `KeyMismatch`. What PostgreSQL asks to repeat (deadlock, lock timeout) is repeated, `ATTEMPTS` times in all.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work():
                return _once(key, act, answer)
        except OperationalError as error:
            if attempt == ATTEMPTS or getattr(error.__cause__, "pgcode", None) not in REPEATABLE:
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)
    raise AssertionError("unreachable")


def key_from(request: Request, *, required: bool) -> Key | None:
    """The key of this request. None when it carries none, or when nobody is signed in: keys belong to users."""
    value = request.headers.get("Idempotency-Key")
    if value is None:
        if required:
            raise KeyRequired
        return None
    if not _VISIBLE_ASCII.fullmatch(value):
        raise KeyInvalid(field="Idempotency-Key")
    if request.user.pk is None:
        return None
    return Key(request.user.pk, value, request.method or "", request.path, _digest(request))


def respond(
    request: Request,
    act: Callable[[], T],
    answer: Callable[[T], tuple[int, dict[str, Any]]],
    *,
    required: bool = True,
) -> Response:
    """`once` for a view, which has checked before that the caller may do this still, stored answer or not."""
    result = once(key_from(request, required=required), act, answer)
    return Response(
        result.body, status=result.status, headers={"Idempotency-Replayed": "true"} if result.replayed else None
    )


def delete_expired(at: datetime | None = None) -> int:
    return IdempotencyKey.objects.filter(created_at__lt=(at or clock.now()) - KEPT).delete()[0]


def _once(key: Key | None, act: Callable[[], T], answer: Callable[[T], tuple[int, dict[str, Any]]]) -> Answer:
    row_id = None
    if key is not None:
        row_id = _claim(key)
        if row_id is None:
            return _replay(key)
    status, body = answer(act())
    # What is stored is what is sent: both go through the same text.
    text = JSONRenderer().render(body).decode()
    if row_id is not None:
        if 200 <= status < 300:
            rows.fetch(_KEEP, [status, text, row_id])
        else:
            IdempotencyKey.objects.filter(pk=row_id).delete()
    return Answer(status, json.loads(text), replayed=False)


def _claim(key: Key) -> int | None:
    at = clock.now()
    claimed = rows.fetch(_CLAIM, [key.user_id, key.value, key.method, key.path, key.digest, at, at - KEPT])
    return claimed[0][0] if claimed else None


def _replay(key: Key) -> Answer:
    row = IdempotencyKey.objects.get(user_id=key.user_id, value=key.value)
    if (row.method, row.path, row.digest) != (key.method, key.path, key.digest):
        raise KeyMismatch
    return Answer(row.status, json.loads(row.body), replayed=True)


def _digest(request: Request) -> str:
    """Of what the body says, not of how it is spelt: blanks and the order of keys do not count, files do."""
    body = hashlib.sha256()
    plain = {name: value for name, value in _items(request.data) if name not in request.FILES}
    body.update(json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
    for name, upload in sorted(_files(request), key=itemgetter(0)):
        body.update(f"\n{name}\n".encode())
        for chunk in upload.chunks():
            body.update(chunk)
        upload.seek(0)
    return body.hexdigest()


def _items(data: Any) -> list[tuple[str, Any]]:
    return [(name, data.getlist(name)) for name in data] if hasattr(data, "getlist") else list(data.items())


def _files(request: Request) -> list[tuple[str, UploadedFile]]:
    return [(name, upload) for name in request.FILES for upload in request.FILES.getlist(name)]
