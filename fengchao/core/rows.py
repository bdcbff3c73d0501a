"""Rows of several models from one hand-written SELECT, and a row written by a ready-made INSERT.

For the look-ups that stand in every hand-over and every call of a program: building such a query costs the ORM several
times what running it does. Anywhere else the ORM reads better and is quick enough.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def first(tail: str, parameters: list[Any], /, **models: type[Model]) -> list[Any] | None:
    """An instance of each of `models` (alias=Model, in this order) from the first row of `SELECT … {tail}`, or None.

    `tail` begins with FROM and calls the tables by these aliases. What one instance has of another (a foreign key) is
    the caller's to tie together.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(**models)} {tail}", parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    return [instance(model, values) for model in models.values()]


def insert(row: Model) -> None:
    """Write a new `row` and give it its key, as `save(force_insert=True)` does for a model of one table whose key the
    database makes."""
    model = type(row)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _but_key(model)]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(model), values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


def columns(**models: type[Model]) -> str:
    return ", ".join(f"{alias}.{name}" for alias, model in models.items() for name in _columns(model))


def instance(model: type[M], values: Iterator[Any]) -> M:
    """A row of `model` from as many of `values` as it has columns."""
    own = [
        value if convert is None else convert(value, None, connection)
        for (_, convert), value in zip(_fields(model), islice(values, len(_fields(model))), strict=True)
    ]
    return model.from_db(connection.alias, [name for name, _ in _fields(model)], own)


@cache
def _insertion(model: type[Model]) -> str:
    meta, names = model._meta, [field.column for field in _but_key(model)]
    values = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {meta.db_table} ({', '.join(names)}) VALUES ({values}) RETURNING {meta.pk.column}"


@cache
def _but_key(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@cache
def _columns(model: type[Model]) -> list[str]:
    return [column for field in model._meta.concrete_fields if (column := field.column)]


@cache
def _fields(model: type[Model]) -> list[tuple[str, Any]]:
    """The name of each column's attribute, and what makes Python's value of the database's."""
    return [(field.attname, getattr(field, "from_db_value", None)) for field in model._meta.concrete_fields]
