"""Who did what to what. One row for each change by staff and for each look at personal data."""

import json
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from fengchao.core import clock, crypto, requests, rows

# By hand, because it is in every act of staff: the ORM takes longer to build it than PostgreSQL to run it.
_COLUMNS = "core_auditlog (at, actor_id, verb, subject_kind, changed, request_id, subject_key)"
_INSERT = f"INSERT INTO {_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s, %s)"
_NOTE = f"INSERT INTO {_COLUMNS} SELECT %s, %s, %s, %s, %s, %s, made.key::text FROM made"


class Actor(Protocol):
    """A user: anything with a primary key, since this app knows no accounts."""

    @property
    def pk(self) -> Any: ...


def record(
    by: Actor | None,
    verb: str,
    subject: Model | tuple[str, str],
    changed: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> None:
    """Write the row, in the caller's transaction, so there is no change without it and no row without a change.

    `by` is None for timed rules. `changed` holds names of fields with values that are not personal. Values of
    `personal` (text, or a list such as [before, after]) are stored as keyed hashes: enough to show later that a value
    was this one, and not to read it back.
    """
    kind, key = (subject._meta.label_lower, str(subject.pk)) if isinstance(subject, Model) else subject
    facts = {**(changed or {}), **{name: _hidden(value) for name, value in (personal or {}).items()}}
    rows.fetch(_INSERT, [*_facts(by, verb, kind, facts), str(key)])


def insert(row: Model, by: Actor, verb: str, changed: dict[str, Any], *, asking: str = "", parameters: Any = ()) -> Any:
    """`record` and the new `row` it is about in one statement, which `core.rows.insert` describes."""
    note = _NOTE, _facts(by, verb, row._meta.label_lower, changed)
    return rows.insert(row, asking=asking, parameters=parameters, then=note)


def _facts(by: Actor | None, verb: str, kind: str, facts: dict[str, Any]) -> list[Any]:
    actor = by.pk if by is not None else None
    return [clock.now(), actor, verb, kind, json.dumps(facts, cls=DjangoJSONEncoder), requests.current_id()]


def _hidden(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_hidden(part) for part in value]
    return None if value is None else f"hmac:{crypto.keyed_hash(str(value))}"
