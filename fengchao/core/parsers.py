"""What the API accepts as a body."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from fengchao.core.errors import TooLarge

BIGINT = 2**63
DEEPEST = 20


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8 that every later stage can hold.

    Refused with 400: what is not JSON (NaN, Infinity), a name twice in one object, numbers beyond bigint or double,
    NUL characters and lone surrogates (PostgreSQL stores neither), nesting below `DEEPEST` levels, a body that is no
    object.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        try:
            body = json.loads(
                raw.decode("utf-8"),
                parse_constant=_refuse,
                parse_int=_bounded_int,
                parse_float=_bounded_float,
                object_pairs_hook=_without_twins,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError("内容不是有效的 JSON。", code="malformed") from error
        if not isinstance(body, dict):
            raise ParseError("内容必须是一个 JSON 对象。", code="malformed")
        _check(body, depth=1)
        return body


class StrictFormParser(BaseParser):
    """A form in UTF-8. Django takes other bytes for Latin-1, and what nobody can read would be kept as if he had."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> QueryDict:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        try:
            return QueryDict(raw.decode("utf-8"), encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ParseError("请用 UTF-8 编码。", code="malformed") from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _bounded_int(digits: str) -> int:
    if len(digits) > 20 or not -BIGINT <= (number := int(digits)) < BIGINT:
        raise ValueError("beyond bigint")
    return number


def _bounded_float(digits: str) -> float:
    number = float(digits)
    if abs(number) == float("inf"):
        raise ValueError("beyond double")
    return number


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name twice")
    return result


def _check(value: Any, *, depth: int) -> None:
    if depth > DEEPEST and isinstance(value, dict | list):
        raise ParseError("内容嵌套太深。", code="malformed")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)
    elif isinstance(value, str):
        _check_text(value)


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError("内容含有无法保存的字符。", code="malformed")
