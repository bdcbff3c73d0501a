"""Points that nobody spent in time: the second at which they go, what is held, and rounds at once under load."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Courier
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from points.models import Account, Balance, Entry, Hold, Transfer
from points.problems import Insufficient
from points.services import expire_points, expiring, expiring_soon, holds, standing, statement
from points.services.expiry import overdue
from points.services.standing import Expiring
from points.verify import checks
from tests.points.conftest import give, in_parallel, new_courier, spend
from tests.points.lots import Lots

pytestmark = pytest.mark.django_db

EARNED = datetime(2025, 3, 1, 4, tzinfo=UTC)
LAST_SECOND = datetime(2026, 12, 31, 23, 59, 58, tzinfo=clock.SHANGHAI)
NEW_YEAR = datetime(2027, 1, 1, 0, 0, 1, tzinfo=clock.SHANGHAI)


def held(courier: Courier, points: int, at: datetime) -> Source:
    source = Source("test", f"hold-{courier.pk}")
    parts = [Leg(ledger.courier_account(courier.pk), points)]
    ledger.hold(parts, source=source, at=at, expires_at=at + timedelta(days=2))
    return source


class TestRound:
    @pytest.fixture(autouse=True)
    def books_balance(self, db: None) -> Iterator[None]:
        yield
        assert list(checks()) == []

    def test_the_year_turns_at_midnight_in_shanghai(self, courier: Courier) -> None:
        give(courier, 100, at=EARNED)
        assert (expire_points(LAST_SECOND), standing(courier).balance) == (0, 100)
        assert (expire_points(NEW_YEAR), standing(courier).balance) == (1, 0)
        entry = statement(courier)[0]
        assert (entry.amount, entry.transfer.title) == (-100, "2025 年及以前的积分到期")
        assert Entry.objects.get(account__kind=Account.Kind.EXPIRED).amount == 100

    def test_what_is_earned_around_midnight_lives_a_year_apart(self, courier: Courier) -> None:
        give(courier, 10, at=LAST_SECOND)
        give(courier, 7, at=NEW_YEAR)
        expire_points(LAST_SECOND.replace(year=2027))
        assert standing(courier).balance == 17
        expire_points(NEW_YEAR.replace(year=2028))
        assert standing(courier).balance == 7
        expire_points(NEW_YEAR.replace(year=2029))
        assert standing(courier).balance == 0

    @pytest.mark.parametrize("years", [1, 2, 3, 4])
    def test_how_long_points_live_is_a_setting(self, years: int, courier: Courier, settings: Any) -> None:
        settings.POINTS_YEARS = years
        give(courier, 100, at=EARNED)
        last = date(2025 + years, 12, 31)
        assert expiring(courier, at=EARNED) == [Expiring(last, 100)]
        assert expire_points(LAST_SECOND.replace(year=last.year)) == 0
        assert expire_points(NEW_YEAR.replace(year=last.year + 1)) == 1

    def test_a_second_round_takes_nothing(self, courier: Courier) -> None:
        give(courier, 100, at=EARNED)
        give(courier, 30, at=LAST_SECOND)
        assert [expire_points(NEW_YEAR) for _ in range(3)] == [1, 0, 0]
        assert standing(courier).balance == 30

    def test_held_points_stay_until_the_hold_ends(self, courier: Courier) -> None:
        give(courier, 100, at=EARNED)
        source = held(courier, 60, LAST_SECOND)
        expire_points(NEW_YEAR)
        assert (standing(courier).balance, standing(courier).held) == (60, 60)
        assert expire_points(NEW_YEAR) == 0
        ledger.release(source, resolution=Hold.Resolution.EXPIRED, at=NEW_YEAR)
        assert (expire_points(NEW_YEAR), standing(courier).balance) == (1, 0)

    def test_a_gift_set_aside_in_time_costs_the_oldest_points(self, courier: Courier) -> None:
        """Fetched on New Year's Day it costs what it would have cost on New Year's Eve."""
        give(courier, 50, at=EARNED)
        give(courier, 50, at=LAST_SECOND)
        source = held(courier, 60, LAST_SECOND)
        assert expire_points(NEW_YEAR) == 0
        ledger.release(source, resolution=Hold.Resolution.POSTED, at=NEW_YEAR)
        spend(courier, 60, at=NEW_YEAR)
        assert (expire_points(NEW_YEAR), standing(courier).balance) == (0, 40)

    def test_points_given_back_after_their_time_go_with_the_next_round(self, courier: Courier) -> None:
        give(courier, 100, at=EARNED)
        spent = Transfer.objects.get(pk=spend(courier, 70, at=LAST_SECOND).transfer_id)
        expire_points(NEW_YEAR)
        ledger.reverse(spent, by=None, at=NEW_YEAR)
        assert standing(courier).balance == 70
        assert (expire_points(NEW_YEAR), standing(courier).balance) == (1, 0)

    def test_who_owes_loses_nothing(self, courier: Courier) -> None:
        earned = Transfer.objects.get(pk=give(courier, 100, at=EARNED).transfer_id)
        spend(courier, 70, at=EARNED)
        ledger.reverse(earned, by=None, overdraft=True, at=LAST_SECOND)
        assert (expire_points(NEW_YEAR), standing(courier).balance, expiring(courier)) == (0, -70, [])

    def test_stock_does_not_expire(self, db: None) -> None:
        legs = [Leg(ledger.goods_account("supplier", "soap"), -5), Leg(ledger.stock_account(7, "soap"), 5)]
        ledger.post(legs, kind="received", source=Source("m", "1"), by=None, at=EARNED)
        assert expire_points(NEW_YEAR) == 0


@pytest.mark.parametrize(
    ("day", "warned"), [(date(2026, 11, 29), False), (date(2026, 11, 30), True), (date(2026, 12, 31), True)]
)
def test_a_warning_comes_a_month_ahead(day: date, warned: bool, courier: Courier) -> None:
    give(courier, 100, at=EARNED)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=clock.SHANGHAI)
    found = expiring_soon(expiring(courier, at=at), at=at)
    assert found == (Expiring(date(2026, 12, 31), 100) if warned else None)


def test_open_holds_of_the_courier_alone(courier: Courier) -> None:
    for rider in (courier, new_courier()):
        give(rider, 100)
        held(rider, 60, clock.now())
    assert [hold.amount for hold in holds(courier)] == [60]
    ledger.release(Source("test", f"hold-{courier.pk}"), resolution=Hold.Resolution.VOIDED)
    assert list(holds(courier)) == []


class TestUnderLoad:
    """Two rounds at once, while the same couriers spend and earn."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def proof(self, *, couriers: int, rounds: int, busy: int) -> int:
        """How many entries of expiry there are, each exactly what lots said at its place in the courier's account."""
        riders = [new_courier() for _ in range(couriers)]
        for rider in riders:
            for part in range(10):
                give(rider, 10, at=EARNED + timedelta(days=part))
        jobs: list[Any] = [lambda: expire_points(NEW_YEAR)] * (2 * rounds)
        for number in range(busy):
            rider = riders[number % couriers]
            jobs.append(lambda rider=rider: spend(rider, 7, at=NEW_YEAR))
            jobs.append(lambda rider=rider: give(rider, 5, at=NEW_YEAR))
        # Rounds are spread over the spending and earning of both threads of four.
        order = sorted(range(len(jobs)), key=lambda number: (number * 7919) % len(jobs))
        answers = in_parallel(lambda number: jobs[order[number]](), len(jobs), threads=8)
        unexpected = [a for a in answers if isinstance(a, Exception) and not isinstance(a, Insufficient)]
        assert unexpected == []
        expire_points(NEW_YEAR)
        assert expire_points(NEW_YEAR) == 0
        assert list(checks()) == []
        return sum(self.agrees(rider) for rider in riders)

    def agrees(self, rider: Courier) -> int:
        """Replay what the account says was done to it, in its order."""
        model, expired = Lots(1), 0
        for entry in statement(rider).order_by("version"):
            if entry.transfer.kind == "expiry":
                assert -entry.amount == model.expire(2027) > 0
                expired += 1
            elif entry.amount < 0:
                model.take(-entry.amount)
            else:
                model.earn(entry.amount, clock.shanghai_day(entry.transfer.created_at).year)
            assert model.available == entry.balance_after
        assert model.overdue(2027) == 0
        return expired

    def test_nothing_expires_twice(self) -> None:
        assert self.proof(couriers=8, rounds=2, busy=60) >= 4

    @pytest.mark.slow
    def test_nothing_expires_twice_at_length(self) -> None:
        assert sum(self.proof(couriers=60, rounds=4, busy=1500) for _ in range(5)) >= 200

    def test_control_a_round_that_looks_before_it_has_the_row_takes_twice(self) -> None:
        rider = new_courier()
        give(rider, 100, at=EARNED)
        give(rider, 300, at=NEW_YEAR)
        account, expired = ledger.courier_account(rider.pk), ledger.programme_account("expired", 2027)
        everybody_has_looked = threading.Barrier(4)

        def look_then_take(number: int) -> None:
            with transaction.atomic():
                points = overdue(Balance.objects.get(account_id=account), 2027)
                everybody_has_looked.wait(timeout=10)
                legs = [Leg(account, -points), Leg(expired, points)]
                ledger.post(legs, kind="expiry", source=Source("expiry", f"run {number}"), by=None, at=NEW_YEAR)

        in_parallel(look_then_take, 4, threads=4)
        assert standing(rider).balance == 0  # of 300 that had a year to live
        with pytest.raises(AssertionError):
            self.agrees(rider)
        connection.close()
