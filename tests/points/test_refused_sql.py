"""What the database refuses whoever asks, beside the legal form of the same act."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from points import ledger
from points.models import EarningRule, Transfer
from points.services import grant
from points.verify import checks
from tests.points.conftest import give, new_clerk, new_courier, spend

pytestmark = pytest.mark.django_db

TRANSFER = """INSERT INTO points_transfer (id, kind, title, source_kind, source_key, source_round, created_at)
    VALUES (90001, 'raw', '', 'raw', '1', 0, now());"""
MOVE = "UPDATE points_balance SET posted = posted + 5, version = version + 1 WHERE account_id = {mine};"
ENTRIES = "INSERT INTO points_entry (transfer_id, account_id, unit, amount, balance_after, version) VALUES "
LEGAL = f"""{TRANSFER}{MOVE}{ENTRIES} (90001, {{mine}}, 'points', 5, 65, 3),
    (90001, {{manual}}, 'points', -5, NULL, NULL)"""


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
    stock, supplier = ledger.stock_account(7, "soap"), ledger.goods_account("supplier", "soap")
    legs = [ledger.Leg(supplier, -3), ledger.Leg(stock, 3)]
    ledger.post(legs, kind="received", source=ledger.Source("movement", "1"), by=None)
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
    "make old points young": "UPDATE points_balance SET earned = 1 WHERE account_id = {mine}",
    "let held be negative": "UPDATE points_balance SET held = -1 WHERE account_id = {mine}",
    "hold more than is there": "UPDATE points_balance SET held = 61 WHERE account_id = {mine}",
    "reserve more than is in stock": "UPDATE points_balance SET held = 4 WHERE account_id = {stock}",
    "give a programme a rich balance": """INSERT INTO points_balance
        (account_id, posted, held, version, overdraft, earned_year, earned) VALUES ({manual}, 9, 0, 0, FALSE, 0, 0)""",
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
    "a grant of nothing": "UPDATE points_grant SET points = 0 WHERE id = {grant}",
    "a grant without a reason": "UPDATE points_grant SET reason = '' WHERE id = {grant}",
    "a posted grant without a transfer": "UPDATE points_grant SET transfer_id = NULL WHERE id = {grant}",
    "a pending grant with a transfer": "UPDATE points_grant SET state = 'pending' WHERE id = {grant}",
    "a grant decided by its clerk": """UPDATE points_grant SET decided_by_id = {clerk}, decided_at = now()
        WHERE id = {grant}""",
    "a rule that gives nothing": "UPDATE points_earningrule SET points = 0 WHERE id = {rule}",
    "a rule paid by a courier": "UPDATE points_earningrule SET programme = 'courier' WHERE id = {rule}",
}

ALLOWED = {
    "a whole transfer in the right order": LEGAL,
    "holding what is there": "UPDATE points_balance SET held = 60 WHERE account_id = {mine}",
    "reserving what is in stock": "UPDATE points_balance SET held = 3 WHERE account_id = {stock}",
    "another courier's account": """WITH opened AS (INSERT INTO points_account (kind, unit, owner_id, period, cached)
        VALUES ('courier', 'points', 99, 0, TRUE) RETURNING id) INSERT INTO points_balance
        (account_id, posted, held, version, overdraft, earned_year, earned)
        SELECT id, 0, 0, 0, FALSE, 0, 0 FROM opened""",
    "another source": LEGAL.replace("'raw', '', 'raw', '1', 0", "'received', '', 'movement', '2', 0"),
    "a reversal": LEGAL.replace("source_round, created_at", "source_round, created_at, reverses_id").replace(
        "now()", "now(), {spent}"
    ),
    "another reason": "UPDATE points_grant SET reason = '协助防汛' WHERE id = {grant}",
    "another programme": "UPDATE points_earningrule SET programme = 'deeds', points = 3 WHERE id = {rule}",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_legal_form_passes(name: str, books: Books) -> None:
    undone(ALLOWED[name], books)


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str, books: Books) -> None:
    with pytest.raises((IntegrityError, DataError)):
        run(BROKEN[name], books)


def test_there_are_forty_of_them() -> None:
    assert len(BROKEN) >= 40
