"""What each courier's points did in a month, from the entries themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from accounts.models import Courier
from fengchao.core import clock

# Each entry of a courier beside the programme on the other side of its transfer: one row for an account and programme.
_MOVED = """
    WITH moved AS (
        SELECT e.account_id, programme.kind, sum(e.amount)::bigint AS amount, max(e.version) AS newest
        FROM points_transfer t
        JOIN points_entry e ON e.transfer_id = t.id AND e.version IS NOT NULL AND e.unit = 'points'
        JOIN points_entry other ON other.transfer_id = t.id AND other.version IS NULL AND other.unit = 'points'
        JOIN points_account programme ON programme.id = other.account_id
        WHERE t.created_at >= %s AND t.created_at < %s
        GROUP BY e.account_id, programme.kind
    ), whole AS (
        SELECT account_id, sum(amount)::bigint AS total, max(newest) AS newest FROM moved GROUP BY account_id
    )
    SELECT mine.owner_id, moved.kind, moved.amount, last.balance_after - whole.total, last.balance_after
    FROM whole JOIN moved USING (account_id)
    JOIN points_account mine ON mine.id = account_id
    JOIN points_entry last ON last.account_id = mine.id AND last.version = whole.newest
    ORDER BY mine.owner_id, moved.kind
"""


@dataclass
class CourierMonth:
    """A courier whose points moved in the month; `moved` is by programme, each less what was taken back or annulled."""

    courier_id: int
    opening: int
    closing: int
    moved: dict[str, int] = field(default_factory=dict)


def courier_months(month: date, couriers: Iterable[int] | None = None) -> Iterator[CourierMonth]:
    """In order of the couriers' ids, those of `couriers` (None: all) whose points moved in the Shanghai month."""
    start, end = clock.month_bounds(datetime.combine(month, datetime.min.time(), tzinfo=clock.SHANGHAI))
    wanted = None if couriers is None else set(couriers)
    row: CourierMonth | None = None
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [start, end])
        for courier_id, kind, amount, opening, closing in cursor:
            if wanted is not None and courier_id not in wanted:
                continue
            if row is None or row.courier_id != courier_id:
                if row is not None:
                    yield row
                row = CourierMonth(courier_id, opening, closing)
            row.moved[kind] = amount
    if row is not None:
        yield row


def names_of(couriers: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Courier id → (name, outlet); the name is for the caller to mask."""
    rows = Courier.objects.filter(pk__in=couriers).values_list("pk", "user__name", "outlet__name")
    return {pk: (name, outlet or "") for pk, name, outlet in rows}
