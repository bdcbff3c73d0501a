"""What the database refuses whoever asks, beside the legal form of the same act."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from fengchao.core import clock
from points import ledger
from points.models import ClosedDay, DayTotal, EarningRule, Transfer
from points.services import grant
from points.verify import checks
from tests.points.conftest import give, new_clerk, new_courier, spend

pytestmark = pytest.mark.django_db

TRANSFER = """INSERT INTO points_transfer (id, kind, title, source_kind, source_key, source_round, created_at)
    VALUES (90001, 'raw', '', 'raw', '1', 0, now());"""
MOVE = "UPDATE points_balance SET posted = posted + 5, version = version + 1 WHERE account_id = {mine};"
ENTRIES = "INSERT INTO points_entry (transfer_id, account_id, unit, amount, balance_after, version) VALUES "
HOLD = """INSERT INTO points_hold (account_id, amount, source_kind, source_key, created_at, expires_at, resolution)
    VALUES ({{mine}}, {}, 'raw', '1', now(), now() + interval '1 day', '')"""
RELEASE = """UPDATE points_hold SET resolved_at = now(), resolution = 'voided';
    UPDATE points_balance SET held = held - 20 WHERE account_id = {other}"""
LEGAL = f"""{TRANSFER}{MOVE}{ENTRIES} (90001, {{mine}}, 'points', 5, 65, 3),
    (90001, {{manual}}, 'points', -5, NULL, NULL)"""

GRANT = """INSERT INTO points_grant (courier_id, points, reason, state, by_id, at, decision_note, taken_back_reason)
    VALUES ({courier}, 5, '好', 'pending', {clerk}, now(), '', '')"""
RULE = """INSERT INTO points_earningrule (event, version, title, programme, points, valid_from)
    VALUES ('deed', 1, '用心做', 'deeds', 5, now())"""


@dataclass(frozen=True)
class Books:
    """One courier with two entries (100 given, 40 spent), stock of 3 pieces, and the numbers of it all."""

    mine: int
    other: int
    manual: int
    stock: int
    supplier: int
    transfer: int
    spent: int
    grant: int
    clerk: int
    courier: int
    rule: int


@pytest.fixture
def books(street: object) -> Iterator[Books]:
    courier, other, clerk = new_courier(street), new_courier(street), new_clerk(street)  # type: ignore[arg-type]
    given, spent = give(courier, 100), spend(courier, 40)
    give(other, 50)
    stock, supplier = ledger.stock_account(7, "soap"), ledger.goods_account("supplier", "soap")
    legs = [ledger.Leg(supplier, -3), ledger.Leg(stock, 3)]
    ledger.post(legs, kind="received", source=ledger.Source("movement", "1"), by=None)
    ledger.hold(
        [ledger.Leg(ledger.courier_account(other.pk), 20)],
        source=ledger.Source("test", "held"),
        expires_at=clock.now() + timedelta(days=2),
    )
    ClosedDay.objects.create(day=date(2020, 1, 1), closed_at=clock.now())
    DayTotal.objects.create(account_id=supplier, day=date(2020, 1, 1), received=0, given=0)
    rule = EarningRule.objects.create(event="check_in", title="签到", programme="checkins", points=7)
    yield Books(
        mine=ledger.courier_account(courier.pk),
        other=ledger.courier_account(other.pk),
        manual=ledger.programme_account("manual", Transfer.objects.get(pk=given.transfer_id).created_at.year),
        stock=stock,
        supplier=supplier,
        transfer=given.transfer_id,
        spent=spent.transfer_id,
        grant=grant(other, 20, reason="好人好事", by=clerk).pk,
        clerk=clerk.pk,
        courier=other.pk,
        rule=rule.pk,
    )
    assert list(checks()) == []


def run(sql: str, books: Books) -> None:
    """To the end of a transaction, where what is checked late is checked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(**vars(books)))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def undone(sql: str, books: Books) -> None:
    with transaction.atomic():
        run(sql, books)
        transaction.set_rollback(True)


BROKEN = {
    # the books are append-only
    "change an entry": "UPDATE points_entry SET amount = 200 WHERE transfer_id = {transfer}",
    "change an entry's title of nothing": "UPDATE points_entry SET unit = unit",
    "delete an entry": "DELETE FROM points_entry WHERE transfer_id = {transfer}",
    "delete every entry": "DELETE FROM points_entry",
    "change a transfer": "UPDATE points_transfer SET title = 'x' WHERE id = {transfer}",
    "move a transfer to another day": "UPDATE points_transfer SET created_at = '2020-01-01' WHERE id = {transfer}",
    "delete a transfer": "DELETE FROM points_transfer WHERE id = {transfer}",
    "give an account to another courier": "UPDATE points_account SET owner_id = 99 WHERE id = {mine}",
    "turn points into pieces": "UPDATE points_account SET unit = 'gift:soap' WHERE id = {mine}",
    "delete an account": "DELETE FROM points_account WHERE id = {other}",
    "delete a balance": "DELETE FROM points_balance WHERE account_id = {mine}",
    # a balance is what its entries say
    "raise a balance": "UPDATE points_balance SET posted = 1000 WHERE account_id = {mine}",
    "raise a balance with a version": MOVE,
    "go back to an earlier balance": "UPDATE points_balance SET posted = 100, version = 1 WHERE account_id = {mine}",
    "count a version": "UPDATE points_balance SET version = version + 1 WHERE account_id = {mine}",
    "declare an overdraft": "UPDATE points_balance SET overdraft = TRUE WHERE account_id = {mine}",
    "make old points young": "UPDATE points_balance SET earned[1] = 1 WHERE account_id = {mine}",
    "let held be negative": "UPDATE points_balance SET held = -1 WHERE account_id = {mine}",
    "hold more than is there": f"UPDATE points_balance SET held = 61 WHERE account_id = {{mine}}; {HOLD.format(61)}",
    "reserve more than is in stock": "UPDATE points_balance SET held = 4 WHERE account_id = {stock}",
    # what is held is what was promised
    "hold without a promise": "UPDATE points_balance SET held = 60 WHERE account_id = {mine}",
    "promise without a hold": HOLD.format(60),
    "hold less than was promised": f"UPDATE points_balance SET held = 9 WHERE account_id = {{mine}}; {HOLD.format(60)}",
    "promise nothing": HOLD.format(0),
    "end a promise and keep the hold": "UPDATE points_hold SET resolved_at = now(), resolution = 'voided'",
    "end a promise half": RELEASE.replace("voided", ""),
    "end a promise twice": f"{RELEASE}; UPDATE points_hold SET resolved_at = now(), resolution = 'posted'",
    "promise more than was promised": "UPDATE points_hold SET amount = 30",
    "give a promise to another account": "UPDATE points_hold SET account_id = {mine}",
    "forget a promise": "DELETE FROM points_hold",
    # a closed day is over
    "a transfer on a closed day": f"INSERT INTO points_closedday VALUES (current_date + 2, now()); {LEGAL}",
    "open a day again": "DELETE FROM points_closedday",
    "another total of a day": "UPDATE points_daytotal SET given = 7",
    "give a programme a rich balance": """INSERT INTO points_balance
        (account_id, posted, held, version, overdraft, earned_year, earned)
        VALUES ({manual}, 9, 0, 0, FALSE, 0, '{{0,0,0,0,0}}')""",
    # a transfer is whole and sums to zero
    "a transfer without entries": TRANSFER,
    "a transfer with one entry": f"{TRANSFER}{ENTRIES} (90001, {{manual}}, 'points', -5, NULL, NULL)",
    "entries that do not sum to zero": LEGAL.replace("-5", "-4"),
    "units that do not sum to zero": f"""{TRANSFER}{MOVE}{ENTRIES} (90001, {{mine}}, 'points', 5, 65, 3),
        (90001, {{supplier}}, 'gift:soap', -5, NULL, NULL)""",
    "entries in two statements": f"""{TRANSFER}{ENTRIES} (90001, {{manual}}, 'points', -5, NULL, NULL);
        {MOVE}{ENTRIES} (90001, {{mine}}, 'points', 5, 65, 3)""",
    "more entries for an old transfer": f"""{MOVE}{ENTRIES} ({{transfer}}, {{mine}}, 'points', 5, 65, 3),
        ({{transfer}}, {{manual}}, 'points', -5, NULL, NULL)""",
    "an entry of nothing": f"""{TRANSFER}{ENTRIES} (90001, {{manual}}, 'points', 0, NULL, NULL),
        (90001, {{manual}}, 'points', 0, NULL, NULL)""",
    "an entry in the unit of another account": LEGAL.replace("'points'", "'gift:soap'"),
    "an entry of an unknown account": LEGAL.replace("{manual}", "99999999"),
    "an entry of an unknown transfer": LEGAL.replace(TRANSFER, ""),
    # entries continue the balance
    "entries without a balance moved": LEGAL.replace(MOVE, ""),
    "an entry that skips a version": LEGAL.replace("65, 3", "65, 4"),
    "an entry with a version used before": LEGAL.replace("65, 3", "65, 2"),
    "an entry with another balance after it": LEGAL.replace("65, 3", "66, 3"),
    "a courier's entry without a balance": LEGAL.replace("65, 3", "NULL, NULL"),
    "a programme's entry with a balance": LEGAL.replace("-5, NULL, NULL", "-5, -5, 1"),
    "a balance without a version": LEGAL.replace("65, 3", "65, NULL"),
    # a source posts once, a transfer is reversed once
    "the same source again": LEGAL.replace("'raw', '', 'raw', '1', 0", "'received', '', 'movement', '1', 0"),
    "a reversal of itself": LEGAL.replace("source_round, created_at", "source_round, created_at, reverses_id").replace(
        "now()", "now(), 90001"
    ),
    "a transfer from nowhere": LEGAL.replace("'raw', '1', 0", "'', '', 0"),
    "an amount too large to count": LEGAL.replace("'points', 5, 65", "'points', 99999999999999999999, 65"),
    # accounts and what hangs on them
    "a second account of a courier": """INSERT INTO points_account (kind, unit, owner_id, period, cached)
        SELECT kind, unit, owner_id, period, cached FROM points_account WHERE id = {mine}""",
    "a courier's account without limits": """INSERT INTO points_account (kind, unit, owner_id, period, cached)
        VALUES ('courier', 'points', 99, 0, FALSE)""",
    "a courier's account in pieces": """INSERT INTO points_account (kind, unit, owner_id, period, cached)
        VALUES ('courier', 'gift:soap', 99, 0, TRUE)""",
    "nobody's courier account": """INSERT INTO points_account (kind, unit, owner_id, period, cached)
        VALUES ('courier', 'points', 0, 0, TRUE)""",
    "a grant of nothing": GRANT.replace("5, '好'", "0, '好'"),
    "a grant without a reason": GRANT.replace("'好'", "''"),
    "a grant to oneself": GRANT.replace("{courier}", "{clerk}"),
    "a large grant by one person": """INSERT INTO points_grant (courier_id, points, reason, state, by_id, at,
        decision_note, taken_back_reason, transfer_id)
        VALUES ({courier}, 51, '好', 'posted', {clerk}, now(), '', '', {transfer})""",
    "a grant turned down by nobody": GRANT.replace("'pending'", "'rejected'"),
    "other points than were written": "UPDATE points_grant SET points = 50 WHERE id = {grant}",
    "another reason than was written": "UPDATE points_grant SET reason = '协助防汛' WHERE id = {grant}",
    "a grant decided again": "UPDATE points_grant SET state = 'rejected', transfer_id = NULL WHERE id = {grant}",
    "a grant taken back by nobody": "UPDATE points_grant SET taken_back_at = now() WHERE id = {grant}",
    "a grant deleted": "DELETE FROM points_grant WHERE id = {grant}",
    "a posted grant without a transfer": "UPDATE points_grant SET transfer_id = NULL WHERE id = {grant}",
    "a pending grant with a transfer": "UPDATE points_grant SET state = 'pending' WHERE id = {grant}",
    "a grant decided by its clerk": """UPDATE points_grant SET decided_by_id = {clerk}, decided_at = now()
        WHERE id = {grant}""",
    "a rule that gives nothing": RULE.replace("'deeds', 5", "'deeds', 0"),
    "a rule paid by a courier": RULE.replace("deeds", "courier"),
    "a rule that gave something else": "UPDATE points_earningrule SET points = 8 WHERE id = {rule}",
    "a rule deleted": "DELETE FROM points_earningrule WHERE id = {rule}",
    "a budget of what gives nothing": "INSERT INTO points_budget (programme, year, points) VALUES ('gifts', 2026, 5)",
}

ALLOWED = {
    "a whole transfer in the right order": LEGAL,
    "holding what is there": f"UPDATE points_balance SET held = 60 WHERE account_id = {{mine}}; {HOLD.format(60)}",
    "ending a hold": RELEASE,
    "a transfer after a closed day": f"INSERT INTO points_closedday VALUES (current_date - 2, now()); {LEGAL}",
    "another courier's account": """WITH opened AS (INSERT INTO points_account (kind, unit, owner_id, period, cached)
        VALUES ('courier', 'points', 99, 0, TRUE) RETURNING id) INSERT INTO points_balance
        (account_id, posted, held, version, overdraft, earned_year, earned)
        SELECT id, 0, 0, 0, FALSE, 0, '{{0,0,0,0,0}}' FROM opened""",
    "another source": LEGAL.replace("'raw', '', 'raw', '1', 0", "'received', '', 'movement', '2', 0"),
    "a reversal": LEGAL.replace("source_round, created_at", "source_round, created_at, reverses_id").replace(
        "now()", "now(), {spent}"
    ),
    "a grant that waits": GRANT,
    "another rule": RULE,
    "the end of a rule": "UPDATE points_earningrule SET valid_until = now() + interval '1 day' WHERE id = {rule}",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_legal_form_passes(name: str, books: Books) -> None:
    undone(ALLOWED[name], books)


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str, books: Books) -> None:
    with pytest.raises(DatabaseError):
        run(BROKEN[name], books)


def test_there_are_seventy_of_them() -> None:
    assert len(BROKEN) >= 70
