import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from fengchao.core import limits
from fengchao.core.errors import TooMany
from fengchao.core.models import Counter
from tests.core.conftest import in_parallel

AT = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.django_db
def test_the_limit_is_reached_and_the_next_is_refused() -> None:
    for _ in range(3):
        limits.hit("k", limit=3, window=HOUR, at=AT)
    with pytest.raises(TooMany) as refused:
        limits.hit("k", limit=3, window=HOUR, at=AT + timedelta(minutes=10))
    assert (refused.value.status, refused.value.retry_after) == (429, 50 * 60)
    assert limits.peek("k", at=AT) == 3


@pytest.mark.django_db
def test_the_window_begins_with_the_first_hit_and_ends_exactly() -> None:
    limits.hit("k", limit=1, window=HOUR, at=AT)
    with pytest.raises(TooMany):
        limits.hit("k", limit=1, window=HOUR, at=AT + HOUR - timedelta(microseconds=1))
    limits.hit("k", limit=1, window=HOUR, at=AT + HOUR)
    assert Counter.objects.get().window_start == AT + HOUR


@pytest.mark.django_db
def test_keys_are_counted_apart_and_forgotten() -> None:
    limits.hit("a", limit=1, window=HOUR, at=AT)
    limits.hit("b", limit=1, window=HOUR, at=AT)
    limits.forget("a")
    assert (limits.peek("a", at=AT), limits.peek("b", at=AT), limits.peek("b", at=AT + HOUR)) == (0, 1, 0)
    assert limits.delete_ended(AT + HOUR) == 1


@pytest.mark.django_db(transaction=True)
def test_the_count_is_exact_in_parallel() -> None:
    results = in_parallel(60, lambda number: limits.hit("k", limit=10, window=HOUR, at=AT))
    assert [result for result in results if result is None] == [None] * 10
    assert sum(isinstance(result, TooMany) for result in results) == 50


@pytest.mark.django_db(transaction=True)
def test_a_count_that_is_read_first_is_not_exact() -> None:
    """The control: the same crowd gets past a limit that reads, then writes."""
    Counter.objects.create(key="k", window_start=AT, window_end=AT + HOUR, count=9)

    def naive(number: int) -> bool:
        with transaction.atomic():
            if limits.peek("k", at=AT) >= 10:
                return False
            meeting.wait(5)
            Counter.objects.filter(key="k").update(count=F("count") + 1)
            return True

    meeting = threading.Barrier(4)
    assert in_parallel(4, naive) == [True] * 4
