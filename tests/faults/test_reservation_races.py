"""Everybody at once on what is set aside: the last pieces go out exactly, and every reservation ends once."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import Courier
from fengchao import erasure
from fengchao.core.errors import RuleBroken
from gifts.models import Gift, Redemption, RefusedAttempt, Reservation
from gifts.services import cancel, expire_reservations, pick_up, redeem, reservations, reserve
from points.services import standing
from tests.core.conftest import in_parallel
from tests.factories import courier
from tests.faults.test_redeem_races import crowd
from tests.gifts.shop import Shop, available, differences, give, on_hand, open_shop

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS_AGAIN = "b.posted - b.held >= v_part.amount"
LOOKED_BEFORE = """(SELECT p.posted - p.held >= v_part.amount AND pg_sleep(0.05) IS NOT NULL
                    FROM points_balance p WHERE p.account_id = v_part.id)"""


def outcomes(results: list[Any]) -> Counter[str]:
    done = (Reservation, Redemption)
    return Counter("done" if isinstance(r, done) else getattr(r, "code", repr(r)) for r in results)


def last_pieces(*, people: int, pieces: int, threads: int = 16) -> Counter[str]:
    shop = open_shop(pieces=pieces, points=0)
    riders = crowd(shop, people)
    found = outcomes(
        in_parallel(people, lambda n: reserve(riders[n], shop.gift, station=shop.station), threads=threads)
    )
    assert Reservation.objects.live().count() == found["done"]
    assert RefusedAttempt.objects.filter(code="sold_out", attempt="reserve").count() == found["sold_out"]
    return found


def test_sixty_set_the_last_six_aside() -> None:
    assert last_pieces(people=60, pieces=6) == {"done": 6, "sold_out": 54}
    assert differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("run", range(5))
def test_five_hundred_set_the_last_fifty_aside(run: int) -> None:
    assert last_pieces(people=500, pieces=50, threads=32) == {"done": 50, "sold_out": 450}
    assert differences() == []


def test_control_without_the_look_under_the_lock_only_the_check_of_the_table_is_left() -> None:
    """More would be promised than there is, were it not for the CHECK of the balance: an error and no refusal."""
    with broken_hold():
        found = last_pieces(people=60, pieces=6)
    assert found["done"] == 6
    assert any("balance_available_not_negative" in how for how in found), found
    assert differences() == []


def test_phones_and_the_counter_share_the_last_pieces() -> None:
    shop = open_shop(pieces=6, points=0)
    riders = crowd(shop, 40)
    shop.worker.roles  # noqa: B018  # read once, as in a request

    def act(number: int) -> Any:
        if number % 2:
            return redeem(riders[number], shop.gift, station=shop.station, by=shop.worker)
        return reserve(riders[number], shop.gift, station=shop.station)

    assert outcomes(in_parallel(40, act)) == {"done": 6, "sold_out": 34}
    assert on_hand(shop) - Reservation.objects.live().count() == 0
    assert differences() == []


def test_points_for_one_are_held_once() -> None:
    shop = open_shop(pieces=50, points=1000)
    found = outcomes(in_parallel(50, lambda _: reserve(shop.courier, shop.gift, station=shop.station)))
    assert found == {"done": 1, "insufficient_points": 49}
    assert (available(shop), standing(shop.courier).held, differences()) == (0, 1000, [])


def test_the_monthly_limit_counts_both_doors_exactly() -> None:
    shop = open_shop(pieces=100, points=50_000)
    Gift.objects.filter(pk=shop.gift.pk).update(monthly_limit=3)
    gift = Gift.objects.get(pk=shop.gift.pk)

    def act(number: int) -> Any:
        if number % 2:
            return redeem(shop.courier, gift, station=shop.station, by=shop.worker)
        return reserve(shop.courier, gift, station=shop.station)

    assert outcomes(in_parallel(30, act)) == {"done": 3, "limit_reached": 27}
    assert differences() == []


def test_a_closed_account_has_nothing_set_aside() -> None:
    """Whoever comes first, the phone or the closing."""
    shop = open_shop(pieces=100, points=0)
    riders: list[Courier] = [courier() for _ in range(20)]
    for rider in riders:
        give(rider, 3000)
        reserve(rider, shop.gift, station=shop.station)

    def act(number: int) -> Any:
        rider = riders[number // 2]
        if number % 2:
            return erasure.close_account(rider.user, by=rider.user)
        return reserve(rider, shop.gift, station=shop.station)

    found = outcomes(in_parallel(40, act))
    assert found["None"] == 20
    assert set(found) <= {"None", "done", "account_frozen"}
    assert not Reservation.objects.live().exists()
    assert (on_hand(shop), differences()) == (100, [])


def ends_at_once(shop: Shop, made: Reservation, *, doors: int = 3) -> list[str]:
    """What courier, clock and counter say when they end it at one moment: "won", "refused", or what went wrong."""
    together = Barrier(doors)

    def fetched() -> str:
        pick_up(made.pickup_code, station=shop.station, by=shop.worker)
        return "won"

    def cancelled() -> str:
        cancel(made, by=shop.courier.user)
        return "won"

    def expired() -> str:
        return "won" if expire_reservations(made.expires_at) else "refused"

    ends: list[Callable[[], str]] = [cancelled, expired, fetched]

    def act(number: int) -> str:
        connection.ensure_connection()
        together.wait(timeout=30)
        try:
            return ends[number]()
        except RuleBroken:
            return "refused"

    return [str(said) for said in in_parallel(doors, act, threads=doors)]


def rounds(times: int) -> Counter[str]:
    """State in which each reservation ended → how often, after a look at the books each time."""
    shop = open_shop(pieces=times, points=1000)
    shop.worker.roles, shop.courier.user  # noqa: B018  # read once, as in a request
    found: Counter[str] = Counter()
    left = times
    for _ in range(times):
        made = reserve(shop.courier, shop.gift, station=shop.station)
        said = ends_at_once(shop, made)
        made.refresh_from_db()
        assert sorted(said) == ["refused", "refused", "won"]
        found[made.state] += 1
        fetched = made.state == "handed_over"
        left -= fetched
        assert (standing(shop.courier).balance, standing(shop.courier).held) == (0 if fetched else 1000, 0)
        assert on_hand(shop) == left
        if fetched:
            give(shop.courier, 1000)
        assert differences() == []
    assert Redemption.objects.count() == found["handed_over"]
    return found


def test_a_reservation_ends_once_whoever_comes_first() -> None:
    found = rounds(30)
    assert sum(found.values()) == 30
    assert set(found) <= {"handed_over", "cancelled", "expired"}


@pytest.mark.slow
def test_a_thousand_reservations_end_once_each() -> None:
    found = rounds(1000)
    assert sum(found.values()) == 1000
    assert set(found) <= {"handed_over", "cancelled", "expired"}
    assert len(found) > 1, "one door always wins: they do not meet"


def without_row_lock(monkeypatch: pytest.MonkeyPatch, *, doors: int) -> None:
    """All have read the reservation before the first of them writes."""
    met = Barrier(doors)

    def looked_only(**which: object) -> Reservation | None:
        found = Reservation.objects.select_related("courier__user", "gift", "station").filter(**which).first()
        met.wait(timeout=30)
        return found

    monkeypatch.setattr(reservations, "_locked", looked_only)


def test_control_without_the_row_lock_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger that would still refuse the second end is off too."""
    shop = open_shop()
    made = reserve(shop.courier, shop.gift, station=shop.station)
    without_row_lock(monkeypatch, doors=2)
    with without_trigger("gifts_reservation", "ended_is_final"):
        said = ends_at_once(shop, made, doors=2)
    assert said == ["won", "won"]


def test_without_the_row_lock_the_database_still_lets_one_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without_row_lock(monkeypatch, doors=3)
    shop = open_shop()
    said = ends_at_once(shop, reserve(shop.courier, shop.gift, station=shop.station))
    assert said.count("won") == 1, said
    assert "Cannot update rows from gifts_reservation" in "".join(said)
    assert differences() == []


@contextmanager
def without_trigger(table: str, name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
                       [table, f"pgtrigger_{name}_%"])  # fmt: skip
        ((trigger,),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


@contextmanager
def broken_hold() -> Iterator[None]:
    """The promise as it would be if it looked before it has the lock, and not under it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('points_hold'::regproc)")
        whole = cursor.fetchone()[0]
        assert whole.count(LOOKS_AGAIN) == 1
        cursor.execute(whole.replace(LOOKS_AGAIN, LOOKED_BEFORE))
        try:
            yield
        finally:
            cursor.execute(whole)
