"""Writing the books."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from accounts.models import Courier
from points import ledger
from points.ledger import Leg, Source
from points.models import Balance, Entry, Transfer
from points.problems import AlreadyPosted, Insufficient
from points.services import expiring, standing, statement
from points.services.standing import Expiring
from points.verify import checks
from tests.points.conftest import give, new_courier, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_balance() -> object:
    yield
    assert list(checks()) == []


def test_a_transfer_moves_points_and_says_what_is_left(courier: Courier) -> None:
    posting = give(courier, 80)
    account = ledger.courier_account(courier.pk)
    assert (posting.balances, posting.credited) == ({account: 80}, 80)
    assert standing(courier).available == 80
    entries = Entry.objects.filter(account=account).values_list("amount", "balance_after", "version")
    assert list(entries) == [(80, 80, 1)]


def test_stock_and_points_move_in_one_transfer(courier: Courier) -> None:
    give(courier, 1000)
    mine, stock = ledger.courier_account(courier.pk), ledger.stock_account(7, "tissue")
    supplier, out = ledger.goods_account("supplier", "tissue"), ledger.goods_account("handed_out", "tissue")
    ledger.post([Leg(supplier, -2), Leg(stock, 2)], kind="received", source=Source("movement", "1"), by=None)
    posting = ledger.post(
        [Leg(mine, -1000), Leg(ledger.programme_account("gifts", 2026), 1000), Leg(stock, -1), Leg(out, 1)],
        kind="redeem", source=Source("redemption", "A1"), by=None,
    )  # fmt: skip
    assert (posting.balances, posting.credited) == ({mine: 0, stock: 1}, 0)


def test_what_is_not_there_is_not_spent(courier: Courier) -> None:
    give(courier, 50)
    with pytest.raises(Insufficient) as refusal, transaction.atomic():
        spend(courier, 51)
    short = refusal.value
    assert short.account_id == ledger.courier_account(courier.pk)
    assert (short.is_stock, short.left, short.overdraft) == (False, 50, False)
    assert standing(courier).balance == 50


def test_held_points_are_not_spent(courier: Courier) -> None:
    give(courier, 50)
    holding = Balance.objects.filter(account_id=ledger.courier_account(courier.pk))
    holding.update(held=20)
    with pytest.raises(Insufficient) as refusal, transaction.atomic():
        spend(courier, 31)
    assert refusal.value.left == 30
    spend(courier, 30)
    assert (standing(courier).balance, standing(courier).held, standing(courier).available) == (20, 20, 0)
    holding.update(held=0)


def test_empty_stock_names_the_stock_account() -> None:
    stock, out = ledger.stock_account(7, "tissue"), ledger.goods_account("handed_out", "tissue")
    with pytest.raises(Insufficient) as refusal, transaction.atomic():
        ledger.post([Leg(stock, -1), Leg(out, 1)], kind="out", source=Source("x", "1"), by=None, overdraft=True)
    assert (refusal.value.account_id, refusal.value.is_stock, refusal.value.left) == (stock, True, 0)


def test_a_source_posts_once(courier: Courier) -> None:
    legs = [Leg(ledger.programme_account("deeds", 2026), -5), Leg(ledger.courier_account(courier.pk), 5)]
    first = ledger.post(legs, kind="deed", source=Source("deed", "1"), by=None)
    with pytest.raises(AlreadyPosted) as refusal:
        ledger.post(legs, kind="deed", source=Source("deed", "1"), by=None)
    assert refusal.value.transfer_id == first.transfer_id
    assert standing(courier).balance == 5
    ledger.post(legs, kind="deed", source=Source("deed", "1", round=1), by=None)
    assert standing(courier).balance == 10


def test_a_reversal_puts_everything_back_once(courier: Courier) -> None:
    give(courier, 50)
    spent = Transfer.objects.get(pk=spend(courier, 40).transfer_id)
    ledger.reverse(spent, by=None, title="撤销")
    assert standing(courier).balance == 50
    with pytest.raises(AlreadyPosted):
        ledger.reverse(spent, by=None)
    with pytest.raises(AlreadyPosted):
        ledger.reverse(spent, by=None, kind="another_word")
    with pytest.raises(ValueError, match="cannot be reversed"):
        ledger.reverse(Transfer.objects.get(reverses=spent), by=None)
    assert standing(courier).balance == 50


def test_a_claw_back_goes_below_zero_and_blocks_spending(courier: Courier) -> None:
    earned = Transfer.objects.get(pk=give(courier, 50).transfer_id)
    spend(courier, 40)
    with pytest.raises(Insufficient), transaction.atomic():
        ledger.reverse(earned, by=None)
    ledger.reverse(earned, by=None, overdraft=True)
    assert (standing(courier).balance, standing(courier).overdrawn) == (-40, True)
    give(courier, 10)
    assert (standing(courier).balance, standing(courier).overdrawn) == (-30, True)
    with pytest.raises(Insufficient) as refusal, transaction.atomic():
        spend(courier, 1)
    assert (refusal.value.left, refusal.value.overdraft) == (-30, True)
    give(courier, 30)
    assert (standing(courier).balance, standing(courier).overdrawn) == (0, False)


def test_the_statement_is_newest_first_and_costs_the_same_for_any_length(
    courier: Courier, django_assert_num_queries: object
) -> None:
    assert list(statement(courier)) == []
    give(courier, 5)
    with django_assert_num_queries(2):
        assert [entry.transfer.kind for entry in statement(courier)] == ["gift_of_the_test"]
    give(courier, 7)
    spend(courier, 2)
    with django_assert_num_queries(2):
        assert [(entry.amount, entry.transfer.source_kind) for entry in statement(courier)] == [
            (-2, "test"), (7, "test"), (5, "test"),
        ]  # fmt: skip


def test_couriers_do_not_share_anything(courier: Courier) -> None:
    give(courier, 5)
    stranger = new_courier()
    assert standing(stranger).balance == 0
    assert list(statement(stranger)) == []


def test_old_points_expire_first_and_new_ones_a_year_later(courier: Courier) -> None:
    last_year, this_year = datetime(2025, 12, 31, 15, 59, 58, tzinfo=UTC), datetime(2025, 12, 31, 16, tzinfo=UTC)
    give(courier, 100, at=last_year)  # 23:59:58 on 31 December in Shanghai
    give(courier, 70, at=this_year)  # and midnight
    at = datetime(2026, 6, 1, tzinfo=UTC)
    end, next_end = datetime(2026, 12, 31).date(), datetime(2027, 12, 31).date()
    assert expiring(courier, at=at) == [Expiring(end, 100), Expiring(next_end, 70)]
    spent = spend(courier, 120, at=at)
    assert expiring(courier, at=at) == [Expiring(next_end, 50)]
    ledger.reverse(Transfer.objects.get(pk=spent.transfer_id), by=None, at=at)
    assert expiring(courier, at=at) == [Expiring(end, 100), Expiring(next_end, 70)]


def test_the_views_for_auditors_say_the_same(courier: Courier) -> None:
    empty = new_courier()
    give(courier, 5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT courier_id, balance, held FROM audit_balance ORDER BY courier_id")
        assert cursor.fetchall() == [(courier.pk, 5, 0), (empty.pk, 0, 0)]
        cursor.execute("SELECT courier_id, points, kind, source_kind FROM audit_ledger ORDER BY points")
        assert cursor.fetchall() == [
            (None, -5, "gift_of_the_test", "test"),
            (courier.pk, 5, "gift_of_the_test", "test"),
        ]
