"""Days are closed: totals equal sums, and a closed day takes nothing more."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from accounts.models import Courier
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from points.models import Account, Budget, ClosedDay, DayTotal, Entry, Transfer
from points.services import close_days, points_issued_and_redeemed, programme_totals
from points.services.closing import EARNED_FROM
from points.verify import checks
from tests.points.conftest import give, in_parallel, numbers, spend

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 10, 12, tzinfo=clock.SHANGHAI)


@pytest.fixture(autouse=True)
def books_balance() -> Iterator[None]:
    yield
    assert list(checks()) == []


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def earn(courier: Courier, programme: str, points: int, at: datetime) -> Transfer:
    legs = [
        Leg(ledger.programme_account(programme, clock.shanghai_day(at).year), -points),
        Leg(ledger.courier_account(courier.pk), points),
    ]
    source = Source("test", f"closing-{next(numbers)}")
    return Transfer.objects.get(pk=ledger.post(legs, kind="award", source=source, by=None, at=at).transfer_id)


def sums(until: date) -> dict[tuple[int, date], tuple[int, int]]:
    """Straight from the entries."""
    found: dict[tuple[int, date], tuple[int, int]] = {}
    for entry in Entry.objects.filter(version=None).select_related("transfer"):
        day = clock.shanghai_day(entry.transfer.created_at)
        if day <= until:
            received, given = found.get((entry.account_id, day), (0, 0))
            found[entry.account_id, day] = (received + max(entry.amount, 0), given + max(-entry.amount, 0))
    return found


def totals() -> dict[tuple[int, date], tuple[int, int]]:
    return {(row.account_id, row.day): (row.received, row.given) for row in DayTotal.objects.all()}


def history(courier: Courier, days: int = 6) -> None:
    """Some of everything on each of the days up to today, also a second before midnight and at midnight."""
    for back in reversed(range(days)):
        midnight = clock.day_bounds(clock.shanghai_day(NOON - timedelta(days=back)))[0]
        earn(courier, "reports", 40, midnight)
        taken_back = earn(courier, "deeds", 30, midnight + timedelta(hours=8))
        ledger.reverse(taken_back, by=None, at=midnight + timedelta(hours=9))
        earn(courier, "manual", 20, midnight + timedelta(hours=10))
        spend(courier, 15, at=midnight + timedelta(hours=23, minutes=59, seconds=59))
    settle()


def settle() -> None:
    """What waits for the commit is looked at now, as the commit would before the day is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_totals_of_closed_days_are_the_sums_of_their_entries(courier: Courier) -> None:
    history(courier)
    before = programme_totals(2026), points_issued_and_redeemed()
    assert close_days() == 4
    assert ClosedDay.objects.latest("day").day == date(2026, 5, 8)  # today and yesterday stay open
    assert totals() == sums(date(2026, 5, 8))
    assert len(totals()) == 16
    assert (programme_totals(2026), points_issued_and_redeemed()) == before
    assert points_issued_and_redeemed() == (6 * 60, 6 * 15)


def test_days_on_which_nothing_happened_are_closed_too(courier: Courier) -> None:
    give(courier, 10, at=NOON - timedelta(days=30))
    settle()
    assert (close_days(), close_days()) == (29, 0)
    assert DayTotal.objects.count() == 1


def test_there_is_nothing_to_close_before_the_first_transfer() -> None:
    assert close_days() == 0


def test_a_moment_ahead_closes_no_more_than_now(courier: Courier) -> None:
    history(courier)
    assert close_days(NOON + timedelta(days=400)) == 4
    assert close_days(NOON + timedelta(days=400)) == 0
    give(courier, 5, at=NOON - timedelta(days=1))


def test_a_moment_before_closes_less(courier: Courier) -> None:
    history(courier)
    assert close_days(NOON - timedelta(days=2)) == 2


@pytest.mark.parametrize("days", [2, 3, 400])
def test_a_closed_day_takes_no_transfer(days: int, courier: Courier) -> None:
    history(courier)
    close_days()
    late = NOON - timedelta(days=days)
    with pytest.raises(IntegrityError, match=r"the day of transfer \d+ is closed"), transaction.atomic():
        give(courier, 5, at=late)
        settle()
    give(courier, 5, at=clock.day_bounds(date(2026, 5, 9))[0])


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_a_closed_day_is_not_opened_again(statement: str, courier: Courier) -> None:
    history(courier)
    close_days()
    for table, column in (("points_daytotal", "given"), ("points_closedday", "day")):
        with (
            pytest.raises(Exception, match="Cannot update or delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table, column, column))


def test_programmes_and_their_budgets(courier: Courier) -> None:
    earn(courier, "reports", 90, NOON)
    earn(courier, "deeds", 89, NOON)
    earn(courier, "manual", 7, NOON)
    ledger.reverse(earn(courier, "reports", 50, NOON), by=None, at=NOON)
    earn(courier, "deeds", 1000, NOON.replace(year=2025))
    for programme in ("reports", "deeds"):
        Budget.objects.create(programme=programme, year=2026, points=100)
    Budget.objects.create(programme="checkins", year=2026, points=0)
    Budget.objects.create(programme="deeds", year=2025, points=500)
    found = {total.programme: total for total in programme_totals(2026)}
    assert [found[kind].points for kind in EARNED_FROM] == [7, 90, 89, 0]
    assert [found[kind].budget for kind in EARNED_FROM] == [None, 100, 100, 0]
    assert [found[kind].share for kind in EARNED_FROM] == [None, 0.9, 0.89, None]
    assert [found[kind].nearly_spent for kind in EARNED_FROM] == [False, True, False, False]
    both = programme_totals(2026, 2025)
    assert both[:4] == list(found.values())
    assert [(total.year, total.points) for total in both[4:] if total.points] == [(2025, 1000)]


def test_the_first_point_overspends_a_budget_of_nothing(courier: Courier) -> None:
    Budget.objects.create(programme="manual", year=2026, points=0)
    earn(courier, "manual", 1, NOON)
    assert programme_totals(2026)[0].nearly_spent


def test_totals_cost_the_same_for_one_year_and_for_three(courier: Courier, django_assert_num_queries: object) -> None:
    history(courier)
    with django_assert_num_queries(5):
        programme_totals(2026)
    close_days()
    with django_assert_num_queries(5):
        programme_totals(2026, 2025, 2024)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_close_each_day_once_while_others_write(courier: Courier) -> None:
    history(courier, days=10)

    def act(number: int) -> object:
        return close_days() if number % 5 == 0 else give(courier, 1, at=NOON - timedelta(days=number % 2))

    answers = in_parallel(act, 60, threads=8)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert (ClosedDay.objects.count(), totals() == sums(date(2026, 5, 8))) == (8, True)


@pytest.mark.django_db(transaction=True)
def test_control_a_total_that_misses_an_entry_is_found(courier: Courier) -> None:
    """What the lock is for: a transfer of the day that is committed after the day was summed."""
    history(courier)
    close_days()
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")  # without what the database refuses
        give(courier, 5, at=datetime(2026, 5, 7, 4, tzinfo=UTC))
    found = {difference.check for difference in checks()}
    assert found == {"day_total_is_the_sum_of_entries"}
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        manual = Account.objects.get(kind="manual", period=2026)
        DayTotal.objects.filter(account=manual, day=date(2026, 5, 7)).update(given=25)
    assert DayTotal.objects.filter(account=manual).aggregate(Sum("given"))["given__sum"] == 20 * 4 + 5
