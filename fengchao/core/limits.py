"""How often something may happen. The count lives in PostgreSQL and is exact for any number of processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil

from django.db import connection
from django.db.models import F

from fengchao.core import clock
from fengchao.core.errors import TooMany
from fengchao.core.models import Counter

# A refused hit changes nothing, so the count never passes the limit and nobody lengthens a wait by trying.
_HIT = """
    INSERT INTO core_counter AS counter (key, window_start, window_end, count)
    VALUES (%(key)s, %(at)s, %(end)s, 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN counter.window_end <= %(at)s THEN 1 ELSE counter.count + 1 END,
        window_start = CASE WHEN counter.window_end <= %(at)s THEN %(at)s ELSE counter.window_start END,
        window_end = CASE WHEN counter.window_end <= %(at)s THEN %(end)s ELSE counter.window_end END
    WHERE counter.window_end <= %(at)s OR counter.count < %(limit)s
    RETURNING count
"""


def hit(key: str, *, limit: int, window: timedelta, at: datetime | None = None) -> None:
    """Count one; `TooMany` when `limit` hits already stand in the window, which begins at the first of them.

    The count belongs to the caller's transaction and locks the key's row until its end. A caller that refuses for
    another reason after the hit (a wrong code) therefore hits before it opens its unit of work, or the count is rolled
    back with the rest. `key` names no person in clear: put a keyed hash of a phone number into it.
    """
    at = at or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_HIT, {"key": key, "at": at, "end": at + window, "limit": limit})
        counted = cursor.fetchone() is not None
    if not counted:
        ends = Counter.objects.filter(key=key).values_list("window_end", flat=True).first() or at
        raise TooMany(retry_after=ceil((ends - at).total_seconds()))


def take_back(key: str) -> None:
    """Uncount one hit: what it counted did not happen."""
    Counter.objects.filter(key=key, count__gt=0).update(count=F("count") - 1)


@contextmanager
def wrong_tries(
    key: str, *, limit: int, window: timedelta, wrong: tuple[type[Exception], ...], at: datetime | None = None
) -> Iterator[None]:
    """Count the try inside before it is made, and take the count back unless it ends in one of `wrong`.

    So the limit is exact for any number of tries at once, and good ones never count. To be opened around the caller's
    transaction, for the count must outlive the refusal. Raises TooMany like `hit`.
    """
    hit(key, limit=limit, window=window, at=at)
    try:
        yield
    except wrong:
        raise
    except BaseException:
        take_back(key)
        raise
    take_back(key)


def peek(key: str, *, at: datetime | None = None) -> int:
    """Hits in the window that is open at `at`."""
    counter = Counter.objects.filter(key=key, window_end__gt=at or clock.now()).first()
    return counter.count if counter else 0


def forget(key: str) -> None:
    """Begin anew, as after a right code."""
    Counter.objects.filter(key=key).delete()


def delete_ended(at: datetime | None = None) -> int:
    return Counter.objects.filter(window_end__lte=at or clock.now()).delete()[0]
