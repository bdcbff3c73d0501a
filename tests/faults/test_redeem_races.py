"""Everybody at once: exactly what is there is handed over, and everybody else is told why not.

Each proof runs on real connections, and the same harness oversells when the ledger's look under the lock is taken out.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Courier
from accounts.services import tokens
from gifts.models import Gift, Redemption, RefusedAttempt
from gifts.services import annul, redeem, redeem_with_ticket
from tests.core.conftest import in_parallel
from tests.factories import courier
from tests.gifts.shop import Shop, available, differences, give, on_hand, open_shop, ticket

pytestmark = pytest.mark.django_db(transaction=True)

REDEMPTIONS = "/api/v1/redemptions/"
LOOKS_AGAIN = "b.posted - b.held + v_leg.amount >= 0"
LOOKED_BEFORE = """(SELECT p.posted - p.held + v_leg.amount >= 0 AND pg_sleep(0.05) IS NOT NULL
                    FROM points_balance p WHERE p.account_id = v_leg.id)"""


def outcomes(results: list[Any]) -> Counter[str]:
    return Counter("done" if isinstance(r, Redemption) else getattr(r, "code", repr(r)) for r in results)


def crowd(shop: Shop, people: int) -> list[Courier]:
    """Each with the points for one gift."""
    riders = [courier() for _ in range(people)]
    for rider in riders:
        give(rider, shop.gift.points)
    return riders


def last_pieces(*, people: int, pieces: int, threads: int) -> Counter[str]:
    shop = open_shop(pieces=pieces, points=0)
    riders = crowd(shop, people)
    station, worker = shop.station, shop.worker
    worker.roles  # noqa: B018  # read once, as in a request
    results = in_parallel(
        people, lambda number: redeem(riders[number], shop.gift, station=station, by=worker), threads=threads
    )
    found = outcomes(results)
    assert on_hand(shop) == pieces - found["done"]
    assert Redemption.objects.count() == found["done"]
    assert RefusedAttempt.objects.filter(code="sold_out").count() == found["sold_out"]
    return found


def test_sixty_for_the_last_six() -> None:
    assert last_pieces(people=60, pieces=6, threads=16) == {"done": 6, "sold_out": 54}
    assert differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("run", range(20))
def test_five_hundred_for_the_last_fifty(run: int) -> None:
    assert last_pieces(people=500, pieces=50, threads=32) == {"done": 50, "sold_out": 450}
    assert differences() == []


def test_control_without_the_look_under_the_lock_it_oversells() -> None:
    with broken_ledger():
        found = last_pieces(people=60, pieces=6, threads=16)
    assert found["done"] > 6
    assert "nothing_below_zero_without_overdraft" in "".join(differences())


@pytest.mark.parametrize("times", [100])
def test_one_ticket_and_points_for_one_gift(times: int) -> None:
    shop = open_shop(pieces=times, points=1000)
    held = ticket(shop)
    found = outcomes(
        in_parallel(times, lambda _: redeem_with_ticket(held, shop.gift, station=shop.station, by=shop.worker))
    )
    assert found == {"done": 1, "insufficient_points": times - 1}
    assert (available(shop), on_hand(shop), differences()) == (0, times - 1, [])


def test_control_one_ticket_without_the_look_spends_more_than_is_there() -> None:
    shop = open_shop(pieces=100, points=1000)
    # The first hand-over of a year opens accounts, and the others would wait for it.
    redeem(crowd(shop, 1)[0], shop.gift, station=shop.station, by=shop.worker)
    held = ticket(shop)
    together = Barrier(8)

    def act(_: int) -> Redemption:
        connection.ensure_connection()
        together.wait(timeout=30)
        return redeem_with_ticket(held, shop.gift, station=shop.station, by=shop.worker)

    with broken_ledger():
        found = outcomes(in_parallel(8, act, threads=8))
    assert found["done"] > 1
    assert available(shop) < 0


def test_the_monthly_limit_is_exact() -> None:
    shop = open_shop(pieces=100, points=50_000)
    Gift.objects.filter(pk=shop.gift.pk).update(monthly_limit=3)
    gift = Gift.objects.get(pk=shop.gift.pk)
    found = outcomes(in_parallel(40, lambda _: redeem(shop.courier, gift, station=shop.station, by=shop.worker)))
    assert found == {"done": 3, "limit_reached": 37}
    assert (on_hand(shop), differences()) == (97, [])


def test_one_key_a_hundred_times_is_one_effect_and_one_answer() -> None:
    shop = open_shop(points=5000)
    body = {"ticket": ticket(shop), "gift": "tissue", "station": "QK-001"}
    token = tokens.issue(shop.worker, staff=True)[1]

    def send(_: int) -> tuple[int, bytes, str]:
        client = APIClient(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "the-same"})
        answer = client.post(REDEMPTIONS, body, format="json")
        return answer.status_code, answer.content, answer.headers.get("Idempotency-Replayed", "")

    answers = in_parallel(100, send)
    assert {(status, content) for status, content, _ in answers} == {(201, answers[0][1])}
    assert Counter(replayed for _, _, replayed in answers) == {"true": 99, "": 1}
    assert (Redemption.objects.count(), available(shop), on_hand(shop)) == (1, 4000, 9)
    assert differences() == []


def test_a_hundred_keys_with_one_ticket_are_one_redemption() -> None:
    shop = open_shop(pieces=100, points=1000)
    body = {"ticket": ticket(shop), "gift": "tissue", "station": "QK-001"}
    token = tokens.issue(shop.worker, staff=True)[1]

    def send(number: int) -> str:
        client = APIClient(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{number}"})
        answer = client.post(REDEMPTIONS, body, format="json")
        return f"{answer.status_code} {answer.json().get('code', '')}"

    assert Counter(in_parallel(100, send)) == {"201 ": 1, "409 insufficient_points": 99}
    assert RefusedAttempt.objects.filter(code="insufficient_points").count() == 99
    assert (available(shop), on_hand(shop), differences()) == (0, 99, [])


def test_a_slip_is_undone_once() -> None:
    shop = open_shop()
    redemption = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    results = in_parallel(30, lambda _: annul(redemption, reason="给错了", by=shop.worker))
    assert outcomes(results) == {"done": 1, "wrong_state": 29}
    assert (available(shop), on_hand(shop), differences()) == (1500, 10, [])


def test_handing_over_and_undoing_at_once_do_not_deadlock() -> None:
    shop = open_shop(pieces=100, points=100_000)
    slips = [redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker) for _ in range(20)]

    def act(number: int) -> Redemption:
        if number % 2:
            return annul(slips[number // 2], reason="给错了", by=shop.worker)
        return redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)

    assert outcomes(in_parallel(40, act)) == {"done": 40}
    assert (available(shop), on_hand(shop), differences()) == (80_000, 80, [])


@contextmanager
def broken_ledger() -> Iterator[None]:
    """The ledger as it would be if it looked before it has the lock, and not under it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('points_post'::regproc)")
        whole = cursor.fetchone()[0]
        assert whole.count(LOOKS_AGAIN) == 1
        cursor.execute(whole.replace(LOOKS_AGAIN, LOOKED_BEFORE))
        try:
            yield
        finally:
            cursor.execute(whole)
