"""Rows of several models from one hand-written SELECT, and a row written by a ready-made INSERT, both planned once.

For the statements that stand in every hand-over and every call of a program: building such a query costs the ORM
several times what running it does. Anywhere else the ORM reads better and is quick enough.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

from fengchao.core.fields import EncryptedTextField
from fengchao.core.postgres.base import DatabaseWrapper

M = TypeVar("M", bound=Model)


def fetch(sql: str, parameters: list[Any]) -> list[Any]:
    """The rows that a statement gives, none where it gives no rows. It stays prepared on this connection, so its text
    is one of few: values are parameters (%s) and never part of it."""
    database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    with database.cursor() as cursor:
        cursor.execute(database.prepared(sql), parameters)
        return cursor.fetchall() if cursor.description else []


def first(tail: str, parameters: list[Any], /, **models: type[Model]) -> list[Any] | None:
    """An instance of each of `models` (alias=Model, in this order) from the first row of `SELECT … {tail}`, or None.

    `tail` begins with FROM and calls the tables by these aliases. What one instance has of another (a foreign key) is
    the caller's to tie together. What an outer join did not find is an instance without a key.
    """
    found = fetch(f"SELECT {columns(models)} {tail}", parameters)
    if not found:
        return None
    values = iter(found[0])
    return [instance(model, values) for model in models.values()]


def insert(
    row: Model, *, asking: str = "", parameters: Sequence[Any] = (), then: tuple[str, list[Any]] | None = None
) -> Any:
    """Write a new `row` and give it its key, as `save(force_insert=True)` does for a model of one table whose key the
    database makes.

    In the same statement: the answer is that of the expression `asking` with its `parameters`, as things stood before
    this row; and `then` is an INSERT with its parameters that reads the new key as `made.key`.
    """
    model = type(row)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _but_key(model)]
    statement, more = then or ("", [])
    row.pk, answer = fetch(_insertion(model, asking, statement), [*values, *parameters, *more])[0]
    row._state.adding, row._state.db = False, connection.alias
    return answer


def columns(models: dict[str, type[Model]], *, encrypted: bool = False) -> str:
    """What a SELECT names for an `instance` of each of `models`, by their aliases."""
    fields = [(alias, field) for alias, model in models.items() for field in _read(model, encrypted)]
    return ", ".join(f"{alias}.{field.column}" for alias, field in fields)


def instance(model: type[M], values: Iterator[Any], *, encrypted: bool = False) -> M:
    """A row of `model` from as many of `values` as `columns` names for it.

    Unless asked for, `encrypted` ones are not among them: hardly anybody who is looked up is telephoned, and
    deciphering takes longer than the query. They are then read when somebody wants them.
    """
    fields = _fields(model, encrypted)
    own = [
        value if convert is None else convert(value, None, connection)
        for (_, convert), value in zip(fields, islice(values, len(fields)), strict=True)
    ]
    return model.from_db(connection.alias, [name for name, _ in fields], own)


@cache
def _insertion(model: type[Model], asking: str, then: str) -> str:
    meta, names = model._meta, [field.column for field in _but_key(model)]
    return f"""
        WITH made AS (
            INSERT INTO {meta.db_table} ({", ".join(names)}) VALUES ({", ".join(["%s"] * len(names))})
            RETURNING {meta.pk.column} AS key, {asking or "NULL"} AS answer
        ) {f", noted AS ({then})" if then else ""}
        SELECT key, answer FROM made
    """


@cache
def _but_key(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@cache
def _fields(model: type[Model], encrypted: bool) -> list[tuple[str, Any]]:
    """The name of each column's attribute, and what makes Python's value of the database's."""
    return [(field.attname, getattr(field, "from_db_value", None)) for field in _read(model, encrypted)]


def _read(model: type[Model], encrypted: bool) -> list[Any]:
    fields = model._meta.concrete_fields
    return [field for field in fields if encrypted or not isinstance(field, EncryptedTextField)]
