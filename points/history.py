"""Writes long histories at once: for filling an empty database, not for service.

Looked at one by one, as the database looks at every transfer of service, millions of entries take most of an hour.
Here indexes, references and checks of the books are set aside, everything is copied in, and they are made anew, which
looks at all rows together; what the triggers promise is then proved for the whole books by `points.verify`. All of it
is one transaction that keeps every other reader and writer out, so nobody ever sees books without their checks.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from fengchao.core import clock
from points import verify
from points.models import YEARS_KEPT, Account, Balance
from points.models.books import nothing_earned
from points.problems import Insufficient

BATCH = 20_000  # transfers written by one COPY
TABLES = ["points_transfer", "points_entry"]

_TRANSFER_COLUMNS = (
    "id, kind, title, actor_id, source_kind, source_key, source_round, rule_version, reverses_id, created_at"
)
_ENTRY_COLUMNS = "transfer_id, account_id, unit, amount, balance_after, version"
_OPEN = """
    WITH opened AS (
        INSERT INTO points_account (kind, unit, owner_id, period, cached)
        SELECT %s, unit, owner, 0, TRUE FROM unnest(%s::text[], %s::bigint[]) AS given (unit, owner)
        RETURNING id, unit, owner_id
    ), balance AS (
        INSERT INTO points_balance (account_id, posted, held, version, overdraft, earned_year, earned)
        SELECT id, 0, 0, 0, FALSE, 0, '{0,0,0,0,0}' FROM opened
    )
    SELECT unit, owner_id, id FROM opened
"""
_BALANCES = """
    UPDATE points_balance b SET posted = row.posted, version = row.version, earned_year = row.earned_year,
        earned = row.earned::bigint[]
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[])
         AS row (pk, posted, version, earned_year, earned)
    WHERE b.account_id = row.pk
"""
# Statements that take a part of the tables away and make it again, keys before indexes before references.
_PARTS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
           CASE contype WHEN 'f' THEN 3 ELSE 1 END AS place
    FROM pg_constraint WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('u', 'x', 'f')
    UNION ALL
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid), 2
    FROM pg_index WHERE indrelid = ANY(%(tables)s::regclass[])
         AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY place
"""
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Original(NamedTuple):
    """The transfer that a reversing one takes back, and when it was made."""

    pk: int
    at: datetime


class Past(NamedTuple):
    """One transfer to write: `legs` are pairs of account number and amount.

    One that `reverses` another has the opposite legs.
    """

    at: datetime
    kind: str
    source_kind: str
    source_key: str
    title: str
    actor_id: int | None
    legs: Sequence[tuple[int, int]]
    rule_version: int | None = None
    reverses: Original | None = None


@dataclass(slots=True)
class _Running:
    """What an account holds at this point of the history."""

    unit: str
    kind: str
    cached: bool
    posted: int = 0
    held: int = 0
    version: int = 0
    earned_year: int = 0
    earned: list[int] = field(default_factory=nothing_earned)
    moved: bool = False

    def add(self, amount: int, year: int, original: Original | None) -> bool:
        """Move `amount`; False when it is not there. Counts what was earned as `points_post` does."""
        self.posted += amount
        self.version += 1
        self.moved = True
        if year > self.earned_year:
            shift = min(year - self.earned_year, YEARS_KEPT)
            self.earned_year, self.earned = year, ([0] * shift + self.earned)[:YEARS_KEPT]
        if self.kind == "courier":
            place = self.earned_year - (clock.shanghai_day(original.at).year if original else year)
            if 0 <= place < YEARS_KEPT:
                self.earned[place] += min(amount, 0) if original else max(amount, 0)
        return amount > 0 or self.posted >= self.held


@dataclass
class Loader:
    """Takes transfers in order of time, inside `loading`."""

    cursor: CursorWrapper
    accounts: dict[int, _Running]
    newest: int  # the id of the transfer taken last
    transfers: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)

    def add(self, past: Past) -> int:
        """Take one transfer, which must not be earlier than the one before; its id. Raises Insufficient when an account
        would go below zero."""
        at, kind, source_kind, source_key, title, actor, legs, rule, original = past
        self.newest = pk = self.newest + 1
        self.transfers.append(
            f"{pk}\t{kind}\t{title.translate(_COPY_ESCAPES)}\t{_number(actor)}\t{source_kind}\t{source_key}\t0\t"
            f"{_number(rule)}\t{original.pk if original else _NONE}\t{at.isoformat()}\n"
        )
        year = clock.shanghai_day(at).year
        for account_id, amount in legs:
            account = self.accounts[account_id]
            after = f"{_NONE}\t{_NONE}"
            if account.cached:
                if not account.add(amount, year, original):
                    raise Insufficient(account_id)
                after = f"{account.posted}\t{account.version}"
            self.entries.append(f"{pk}\t{account_id}\t{account.unit}\t{amount}\t{after}\n")
        if len(self.transfers) >= BATCH:
            self.flush()
        return pk

    def flush(self) -> None:
        """Copy what was taken into the tables."""
        for table, columns, lines in (
            ("points_transfer", _TRANSFER_COLUMNS, self.transfers),
            ("points_entry", _ENTRY_COLUMNS, self.entries),
        ):
            self.cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", StringIO("".join(lines)))
            lines.clear()

    def write_balances(self) -> None:
        rows = [
            (pk, a.posted, a.version, a.earned_year, f"{{{','.join(map(str, a.earned))}}}")
            for pk, a in self.accounts.items()
            if a.moved
        ]
        if rows:
            self.cursor.execute(_BALANCES, [list(column) for column in zip(*rows, strict=True)])


@contextmanager
def loading() -> Iterator[Loader]:
    """A Loader for a history. When the block ends its transfers are in the books, and the books are checked as a whole.

    Accounts must be there before. Raises whatever the database refuses, and AssertionError when the books do not agree
    with themselves; nothing is written then.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE points_balance IN EXCLUSIVE MODE")
        with checks_set_aside(TABLES):
            cursor.execute("SELECT nextval(pg_get_serial_sequence('points_transfer', 'id'))")
            loader = Loader(cursor, _accounts(), newest=cursor.fetchone()[0] - 1)
            yield loader
            loader.flush()
            cursor.execute("SELECT setval(pg_get_serial_sequence('points_transfer', 'id'), %s)", [loader.newest + 1])
        loader.write_balances()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ANALYZE points_transfer, points_entry, points_account, points_balance")
        for difference in verify.checks():
            raise AssertionError(difference)


def open_accounts(kind: Account.Kind, owners: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """An empty account with its balance for each (unit, owner); the account's number by these two."""
    units, ids = [unit for unit, _ in owners], [owner for _, owner in owners]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [kind, units, ids])
        return {(unit, owner): pk for unit, owner, pk in cursor.fetchall()}


@contextmanager
def checks_set_aside(tables: list[str]) -> Iterator[None]:
    """Inside the block, and the caller's transaction, `tables` have their primary keys and nothing else to slow them
    down; after it everything holds again, for all rows, or the database refuses."""
    with connection.cursor() as cursor:
        # Tables are not changed while something waits for the end of the transaction to be looked at.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_PARTS, {"tables": tables})
        parts = cursor.fetchall()
        for drop, _, _ in parts:
            cursor.execute(drop)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _, make, _ in parts:
            cursor.execute(make)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _accounts() -> dict[int, _Running]:
    accounts = {
        pk: _Running(unit, kind, cached)
        for pk, unit, kind, cached in Account.objects.values_list("pk", "unit", "kind", "cached")
    }
    for balance in Balance.objects.iterator(chunk_size=BATCH):
        running = accounts[balance.account_id]
        running.posted, running.held, running.version = balance.posted, balance.held, balance.version
        running.earned_year, running.earned = balance.earned_year, balance.earned
    return accounts


_NONE = "\\N"


def _number(value: int | None) -> str:
    return _NONE if value is None else str(value)
