"""Lists in keyset pages: a page costs the same at any depth, and rows that arrive meanwhile shift nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from fengchao.core.errors import BadValue

SALT = "fengchao.cursor"


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: the values of the row it stands at, and which way to go from there."""

    backward: bool
    values: list[Any]


class KeysetPagination(BasePagination):
    """`?limit=&cursor=` → `{"results", "next", "previous"}`, without counts.

    A view names its order in `ordering` (one name or several, "-" for descending); the last must be unique. Fields may
    be annotations but not null. Default: newest first by id.
    """

    default_limit = 50
    highest_limit = 100

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        if not isinstance(queryset, QuerySet):
            raise TypeError("Only a queryset has keys to page by.")
        ordering = getattr(view, "ordering", None) or "-id"
        self.ordering = (ordering,) if isinstance(ordering, str) else tuple(ordering)
        self.model: type[Model] = queryset.model
        self.url = request.build_absolute_uri()
        limit = self._limit(request)
        cursor = self._cursor(request)
        backward = cursor is not None and cursor.backward
        order = [_reversed(name) for name in self.ordering] if backward else self.ordering
        if cursor is not None:
            queryset = queryset.filter(_after(order, cursor.values))
        rows = list(queryset.order_by(*order)[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        if backward:
            rows.reverse()
        self.has_next = backward or more
        self.has_previous = more if backward else cursor is not None
        self.rows = rows
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "results": data,
                "next": self._link(self.rows[-1], backward=False) if self.has_next and self.rows else None,
                "previous": self._link(self.rows[0], backward=True) if self.has_previous and self.rows else None,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True, "example": None}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": self.highest_limit, "default": self.default_limit}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "每页条数", "schema": limit},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "翻页位置，取自上一次答复的 next 或 previous",
                "schema": {"type": "string"},
            },
        ]

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit")
        if text is None:
            return self.default_limit
        if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= self.highest_limit:
            raise BadValue(f"limit 必须是 1 到 {self.highest_limit} 的整数。", field="limit")
        return int(text)

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            # The order is part of the token: a cursor of another list does not fit this one.
            ordering, backward, values = signing.loads(text, salt=SALT)
            if tuple(ordering) != (self.model._meta.label_lower, *self.ordering):
                raise ValueError("of another list")
            return Cursor(backward, [self._from_text(*pair) for pair in zip(self.ordering, values, strict=True)])
        except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
            raise BadValue("cursor 无法识别，请从第一页开始。", field="cursor") from error

    def _link(self, row: Model, *, backward: bool) -> str:
        values = [_to_text(_value(row, name.lstrip("-"))) for name in self.ordering]
        token = signing.dumps([[self.model._meta.label_lower, *self.ordering], backward, values], salt=SALT)
        return str(replace_query_param(remove_query_param(self.url, "cursor"), "cursor", token))

    def _from_text(self, name: str, value: Any) -> Any:
        try:
            return self.model._meta.get_field(name.lstrip("-")).to_python(value)  # type: ignore[union-attr]
        except (FieldDoesNotExist, AttributeError):
            return value


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    return row


def _to_text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind the cursor. The first field also stands alone: that is the range an index can begin with."""
    condition = Q()
    equal = Q()
    for name, value in zip(order, values, strict=True):
        field = name.lstrip("-")
        condition |= equal & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{field: value})
    first = order[0].lstrip("-")
    return Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]}) & condition
