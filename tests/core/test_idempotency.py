import threading
import time
from datetime import timedelta
from typing import Any

import psycopg2.errors
import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from fengchao.core import idempotency
from fengchao.core.errors import RuleBroken
from fengchao.core.idempotency import ATTEMPTS, Answer, Key, KeyMismatch, once
from fengchao.core.models import Counter, IdempotencyKey
from tests.core.conftest import in_parallel

KEY = Key(user_id=1, value="k", method="POST", path="/x/", digest="d")


def make() -> Counter:
    number = Counter.objects.count() + 1
    at = timezone.now()
    return Counter.objects.create(key=str(number), window_start=at, window_end=at, count=number)


def shown(counter: Counter) -> tuple[int, dict[str, Any]]:
    return 201, {"b": counter.count, "a": 1}


@pytest.mark.django_db
def test_a_repeat_gives_the_first_answer_and_does_nothing() -> None:
    assert once(KEY, make, shown) == Answer(201, {"b": 1, "a": 1}, replayed=False)
    assert once(KEY, make, shown) == Answer(201, {"b": 1, "a": 1}, replayed=True)
    assert Counter.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_every_time_is_the_first() -> None:
    assert [once(None, make, shown).body["b"] for _ in range(2)] == [1, 2]
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"method": "PUT"}, {"path": "/y/"}, {"digest": "e"}])
def test_the_same_key_with_another_request_is_refused(other: dict[str, str]) -> None:
    once(KEY, make, shown)
    with pytest.raises(KeyMismatch):
        once(Key(**{**vars(KEY), **other}), make, shown)
    assert Counter.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_two_users_are_two_keys() -> None:
    once(KEY, make, shown)
    assert once(Key(**{**vars(KEY), "user_id": 2}), make, shown).body["b"] == 2


@pytest.mark.django_db
def test_a_refusal_leaves_the_key_free() -> None:
    def refuse() -> Counter:
        make()
        raise RuleBroken

    with pytest.raises(RuleBroken):
        once(KEY, refuse, shown)
    assert not IdempotencyKey.objects.exists()
    assert once(KEY, make, shown) == Answer(201, {"b": 1, "a": 1}, replayed=False)


@pytest.mark.django_db
def test_an_answer_that_is_not_2xx_is_not_stored() -> None:
    assert once(KEY, make, lambda counter: (409, {})).status == 409
    assert once(KEY, make, shown) == Answer(201, {"b": 2, "a": 1}, replayed=False)


@pytest.mark.django_db
def test_a_key_is_kept_thirty_days() -> None:
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False) as clock:
        once(KEY, make, shown)
        clock.shift(timedelta(days=30))
        assert once(KEY, make, shown).replayed
        assert idempotency.delete_expired() == 0
        clock.shift(timedelta(seconds=1))
        assert not once(KEY, make, shown).replayed
        clock.shift(timedelta(days=30, seconds=1))
        assert idempotency.delete_expired() == 1


@pytest.mark.django_db(transaction=True)
def test_twins_wait_and_one_of_them_acts() -> None:
    answers = in_parallel(40, lambda number: once(KEY, make, shown))
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 39
    assert {answer.body["b"] for answer in answers} == {1}
    assert Counter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_key_the_same_twins_all_act() -> None:
    """The control: it is the key that holds them back."""
    in_parallel(8, lambda number: once(None, lambda: _make_named(number), shown))
    assert Counter.objects.count() == 8


def _make_named(number: int) -> Counter:
    at = timezone.now()
    return Counter.objects.create(key=f"twin {number}", window_start=at, window_end=at, count=1)


@pytest.mark.django_db(transaction=True)
def test_the_twin_of_a_refused_one_acts_itself() -> None:
    entered = threading.Event()

    def first_refuses() -> Counter:
        entered.set()
        time.sleep(0.3)
        raise RuleBroken

    def act(number: int) -> Answer:
        if number == 0:
            return once(KEY, first_refuses, shown)
        entered.wait(5)
        return once(KEY, make, shown)

    refused, acted = in_parallel(2, act)
    assert isinstance(refused, RuleBroken)
    assert acted == Answer(201, {"b": 1, "a": 1}, replayed=False)


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_repeated() -> None:
    """Two transactions take two rows in opposite order; PostgreSQL stops one and it is done again."""
    make(), make()
    meeting = threading.Barrier(2)

    def cross(number: int) -> Answer:
        tries: list[int] = []

        def act() -> Counter:
            tries.append(number)
            for row in ("1", "2") if number == 0 else ("2", "1"):
                counter = Counter.objects.select_for_update().get(key=row)
                if len(tries) == 1 and row == ("1" if number == 0 else "2"):
                    meeting.wait(5)
            return counter

        return once(Key(**{**vars(KEY), "value": str(number)}), act, lambda counter: (200, {"tries": len(tries)}))

    answers = in_parallel(2, cross)
    assert sorted(answer.body["tries"] for answer in answers) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_stays_locked_is_given_up_after_some_attempts() -> None:
    tries: list[int] = []

    def act() -> Counter:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20ms'")
        return Counter.objects.select_for_update().get(key="1")

    make()
    release = threading.Event()
    held = threading.Event()

    def hold(number: int) -> Any:
        if number == 0:
            return once(
                None, lambda: [Counter.objects.select_for_update().get(), held.set(), release.wait(5)][0], shown
            )
        held.wait(5)
        try:
            return once(None, act, shown)
        finally:
            release.set()

    _, given_up = in_parallel(2, hold)
    assert isinstance(given_up, OperationalError)
    assert isinstance(given_up.__cause__, psycopg2.errors.LockNotAvailable)
    assert len(tries) == ATTEMPTS


# --- Through the API


def post(client: APIClient, body: Any, key: str | None = "k") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/api/count/", body, format="json", headers=headers)


def test_the_repeated_body_is_the_same_to_the_byte(api: APIClient) -> None:
    first, second = post(api, {"a": 1, "b": [2]}), post(api, {"b": [2], "a": 1})
    assert (first.status_code, first.content.decode()) == (201, '{"number":1,"amount":1.5,"名":"蜂"}')
    assert (second.status_code, second.content) == (201, first.content)
    assert first.headers.get("Idempotency-Replayed") is None
    assert second.headers["Idempotency-Replayed"] == "true"


def test_other_content_is_a_mismatch(api: APIClient) -> None:
    post(api, {"a": 1})
    other = post(api, {"a": 2})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_another_user_may_use_the_same_key(api: APIClient, stranger: User) -> None:
    post(api, {})
    api.force_authenticate(stranger)
    assert post(api, {}).json()["number"] == 2


def test_a_refused_request_may_be_sent_again(api: APIClient) -> None:
    assert post(api, {"refuse": True}).status_code == 409
    assert post(api, {}).status_code == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("", "idempotency_key_invalid"),
        ("a b", "idempotency_key_invalid"),
        ("é", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
    ],
)
def test_a_key_must_be_there_and_readable(api: APIClient, key: str | None, code: str) -> None:
    answer = post(api, {}, key)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Counter.objects.exists()


@pytest.mark.parametrize("key", ["!", "~" * 255])
def test_the_longest_and_the_shortest_key(api: APIClient, key: str) -> None:
    assert post(api, {}, key).status_code == 201
