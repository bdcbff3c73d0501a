"""`verify` finds what is wrong, and only that; a loaded history is as good as a posted one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Courier
from points import ledger
from points.history import Loader, Original, Past, loading
from points.models import Transfer
from points.problems import Insufficient
from points.services import expiring, standing, statement
from points.verify import checks
from tests.points.conftest import give, new_courier, spend

pytestmark = pytest.mark.django_db


@contextmanager
def without_triggers() -> Iterator[None]:
    """As a superuser may, and nobody else."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end is looked at before the fault
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


FAULTS = {
    "transfer_sums_to_zero": "UPDATE points_entry SET amount = amount + 1 WHERE version IS NULL",
    "transfer_has_entries": "DELETE FROM points_entry WHERE version IS NULL",
    "balance_is_the_sum_of_entries": "UPDATE points_balance SET posted = posted + 1",
    "balance_has_the_newest_version": "UPDATE points_balance SET version = version + 1",
    "entries_continue": "UPDATE points_entry SET balance_after = balance_after + 1 WHERE version = 1",
    "cached_account_has_a_balance": "DELETE FROM points_balance",
    "entry_has_a_balance_when_cached": "UPDATE points_entry SET version = NULL, balance_after = NULL",
    "held_is_the_sum_of_holds": "UPDATE points_balance SET held = 1",
    "nothing_below_zero_without_overdraft": "UPDATE points_balance SET overdraft = TRUE",
    "reversal_is_the_opposite": "UPDATE points_transfer SET reverses_id = (SELECT min(id) FROM points_transfer)"
    " WHERE kind = 'spent_by_the_test'",
    "earned_is_the_awards_of_five_years": "UPDATE points_balance SET earned[1] = earned[1] + 1",
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found(check: str, courier: Courier) -> None:
    give(courier, 100)
    spend(courier, 40)
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(FAULTS[check])
    assert check in {difference.check for difference in checks()}


START = datetime(2025, 12, 30, tzinfo=UTC)


def tell(books: Loader, courier: int, *, visits: int = 3) -> list[int]:
    """`visits` good deeds, a gift, and its return; the ids of these transfers."""
    deeds, gifts = ledger.programme_account("deeds", 2025), ledger.programme_account("gifts", 2026)
    deed, earned = "做好事\t\\ 一\n件", [(deeds, -50), (courier, 50)]
    ids = [
        books.add(Past(START + timedelta(days=day), "deed", "deed", str(day), deed, 7, earned)) for day in range(visits)
    ]
    later = START + timedelta(days=visits)
    legs = [(courier, -30), (gifts, 30)]
    paid = books.add(Past(later, "redeem", "redemption", "A1", "兑换 手提纸", None, legs))
    back, original = [(account, -amount) for account, amount in legs], Original(paid, later)
    return [
        *ids,
        paid,
        books.add(Past(later, "redeem_back", "redemption", "A1", "撤销", None, back, reverses=original)),
    ]


@pytest.fixture
def programmes() -> None:
    ledger.programme_account("deeds", 2025), ledger.programme_account("gifts", 2026)


@pytest.mark.usefixtures("programmes")
def test_a_loaded_history_equals_a_posted_one(courier: Courier) -> None:
    give(courier, 10, at=START - timedelta(days=1))
    account = ledger.courier_account(courier.pk)
    with loading() as books:
        ids = tell(books, account)
    assert list(Transfer.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)) == ids
    assert [entry.balance_after for entry in statement(courier)] == [160, 130, 160, 110, 60, 10]
    assert statement(courier).last().transfer.title == ""
    assert statement(courier)[3].transfer.title == "做好事\t\\ 一\n件"
    assert Transfer.objects.get(reverses=ids[3]).pk == ids[4]
    assert [part.points for part in expiring(courier, at=START + timedelta(days=9))] == [110, 50]
    give(courier, 5, at=START + timedelta(days=9))
    assert standing(courier).balance == 165
    assert list(checks()) == []


@pytest.mark.usefixtures("programmes")
def test_a_history_in_many_batches(courier: Courier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("points.history.BATCH", 2)
    account = ledger.courier_account(courier.pk)
    with loading() as books:
        tell(books, account, visits=5)
    assert standing(courier).balance == 250
    assert list(checks()) == []


@pytest.mark.usefixtures("programmes")
def test_a_history_that_spends_what_is_not_there_is_refused() -> None:
    account = ledger.courier_account(new_courier().pk)
    with pytest.raises(Insufficient), loading() as books:
        tell(books, account, visits=0)
    assert Transfer.objects.count() == 0


@pytest.mark.usefixtures("programmes")
@pytest.mark.parametrize("amounts", [[-50, 49], [50], []])
def test_a_history_that_breaks_the_books_is_refused_whole(courier: Courier, amounts: list[int]) -> None:
    deeds, mine = ledger.programme_account("deeds", 2025), ledger.courier_account(courier.pk)
    legs = list(zip([deeds, mine][-len(amounts) :], amounts, strict=False))
    with pytest.raises(AssertionError, match="transfer_"), loading() as books:
        books.add(Past(START, "deed", "deed", "1", "", None, legs))
    assert Transfer.objects.count() == 0


@pytest.mark.usefixtures("programmes")
def test_one_source_twice_in_a_history_is_refused(courier: Courier) -> None:
    legs = [(ledger.programme_account("deeds", 2025), -5), (ledger.courier_account(courier.pk), 5)]
    with pytest.raises(IntegrityError), transaction.atomic(), loading() as books:
        for _ in range(2):
            books.add(Past(START, "deed", "deed", "1", "", None, legs))


@pytest.mark.usefixtures("programmes")
def test_the_books_have_every_check_again_after_a_history(courier: Courier) -> None:
    account, before = ledger.courier_account(courier.pk), parts_of_the_books()
    with loading() as books:
        tell(books, account)
        assert parts_of_the_books() != before
    assert parts_of_the_books() == before


def parts_of_the_books() -> list[tuple[str, str]]:
    """Constraints, indexes and triggers, with their definitions."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid IN ('points_transfer'::regclass, 'points_entry'::regclass)
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('points_transfer', 'points_entry')
            UNION ALL SELECT tgname, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger
            WHERE tgrelid IN ('points_transfer'::regclass, 'points_entry'::regclass) AND NOT tgisinternal
            ORDER BY 1, 2""")
        found: list[tuple[str, str]] = cursor.fetchall()
    return found
