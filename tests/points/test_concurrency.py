"""Races on real connections, each beside a control that loses them."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from points import ledger
from points.ledger import Leg, Source
from points.models import Balance, EarningRule, RefusedAward
from points.problems import AlreadyPosted, Insufficient
from points.services import earn, standing
from points.verify import checks
from tests.points.conftest import give, in_parallel, new_courier, spend

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hundred_spend_what_is_there_for_ten() -> None:
    courier = new_courier()
    give(courier, 100)
    answers = in_parallel(lambda _: spend(courier, 10), 100)
    assert sum(isinstance(answer, ledger.Posting) for answer in answers) == 10
    assert sum(isinstance(answer, Insufficient) for answer in answers) == 90
    assert standing(courier).balance == 0
    assert list(checks()) == []


def test_control_look_then_write_spends_more_than_is_there() -> None:
    courier = new_courier()
    give(courier, 100)
    account = ledger.courier_account(courier.pk)
    handed_out: list[int] = []
    everybody_has_looked = threading.Barrier(16)

    def look_then_write(_: int) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")  # without what the database refuses
            balance = Balance.objects.get(account_id=account)
            everybody_has_looked.wait(timeout=10)
            if balance.posted >= 10:
                balance.posted -= 10
                balance.save()
                handed_out.append(10)

    in_parallel(look_then_write, 16)
    assert sum(handed_out) == 160  # of 100
    assert "balance_is_the_sum_of_entries" in {difference.check for difference in checks()}


def test_one_source_at_once_posts_once() -> None:
    courier = new_courier()
    legs = [Leg(ledger.programme_account("deeds", 2026), -5), Leg(ledger.courier_account(courier.pk), 5)]
    answers = in_parallel(lambda _: ledger.post(legs, kind="deed", source=Source("deed", "1"), by=None), 64)
    first = next(answer for answer in answers if isinstance(answer, ledger.Posting))
    assert [a.transfer_id for a in answers if isinstance(a, AlreadyPosted)] == [first.transfer_id] * 63
    assert standing(courier).balance == 5


def test_an_account_is_opened_once() -> None:
    assert len(set(in_parallel(lambda _: ledger.courier_account(4711), 32))) == 1
    assert Balance.objects.count() == 1


def test_transfers_in_both_directions_do_not_deadlock() -> None:
    here, there = ledger.stock_account(1, "soap"), ledger.stock_account(2, "soap")
    supplier = ledger.goods_account("supplier", "soap")
    legs = [Leg(supplier, -200), Leg(here, 100), Leg(there, 100)]
    ledger.post(legs, kind="received", source=Source("m", "0"), by=None)

    def move(number: int) -> ledger.Posting:
        pair = (here, there) if number % 2 else (there, here)
        legs = [Leg(pair[0], -1), Leg(pair[1], 1)]
        return ledger.post(legs, kind="transferred", source=Source("move", str(number)), by=None)

    assert [answer for answer in in_parallel(move, 100) if isinstance(answer, Exception)] == []
    assert list(Balance.objects.order_by("account_id").values_list("posted", flat=True)) == [100, 100]


def test_repeatable_read_gives_an_error_and_never_a_wrong_result() -> None:
    courier = new_courier()
    give(courier, 100)
    ledger.programme_account("gifts", 2026)
    together = threading.Barrier(8)

    def at_one_snapshot(_: int) -> ledger.Posting:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT count(*) FROM points_balance")
            together.wait(timeout=10)
            return spend(courier, 10)

    answers = in_parallel(at_one_snapshot, 8, threads=8)
    errors: list[Any] = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert [error.__cause__.pgcode for error in errors] == ["40001"] * 7
    assert standing(courier).balance == 90
    assert list(checks()) == []


def test_caps_hold_when_two_hundred_arrive_at_once() -> None:
    courier = new_courier()
    EarningRule.objects.create(event="check_in", title="到站签到", programme="checkins", points=7, day_cap=50)
    answers = in_parallel(lambda number: earn(courier, "check_in", source=Source("visit", str(number))), 200)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sum(answer is not None for answer in answers) == 8  # seven whole ones and one cut to a single point
    assert standing(courier).balance == 50
    assert RefusedAward.objects.filter(courier=courier, code="cap_reached").count() == 192
    assert list(checks()) == []
