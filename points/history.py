"""Writes long histories at once: for filling an empty database, not for service."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from fengchao.core import clock
from points.models import YEARS_KEPT, Account, Balance, Transfer
from points.models.books import nothing_earned
from points.problems import Insufficient

BATCH = 20_000  # transfers; each batch is one COPY of entries, checked by the same trigger as every other INSERT

_TRANSFER_COLUMNS = (
    "id, kind, title, actor_id, source_kind, source_key, source_round, rule_version, reverses_id, created_at"
)
_ENTRY_COLUMNS = "transfer_id, account_id, unit, amount, balance_after, version"
_UPSERT = """
    INSERT INTO points_balance (account_id, posted, held, version, overdraft, earned_year, earned)
    SELECT pk, posted, held, version, overdraft, year, earned::bigint[]
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bool[], %s::int[], %s::text[])
         AS row (pk, posted, held, version, overdraft, year, earned)
    ON CONFLICT (account_id) DO UPDATE SET posted = EXCLUDED.posted, version = EXCLUDED.version,
        earned_year = EXCLUDED.earned_year, earned = EXCLUDED.earned
"""
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Past:
    """One transfer to write: `legs` are pairs of account number and amount.

    `reverses` is the kind of the earlier transfer of the same source that this one takes back; `legs` are its opposite.
    """

    at: datetime
    kind: str
    source_kind: str
    source_key: str
    title: str
    actor_id: int | None
    legs: Sequence[tuple[int, int]]
    rule_version: int | None = None
    reverses: str = ""


class _Original(NamedTuple):
    """The transfer that a reversing one takes back."""

    pk: int
    year: int


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
    overdraft: bool = False

    def add(self, amount: int, year: int, original: _Original | None) -> bool:
        """Move `amount`; False when it is not there. Counts what was earned as `points_post` does."""
        self.posted += amount
        self.version += 1
        if year > self.earned_year:
            shift = min(year - self.earned_year, YEARS_KEPT)
            self.earned_year, self.earned = year, ([0] * shift + self.earned)[:YEARS_KEPT]
        if self.kind == Account.Kind.COURIER:
            place = self.earned_year - (original.year if original else year)
            if 0 <= place < YEARS_KEPT:
                self.earned[place] += min(amount, 0) if original else max(amount, 0)
        return amount > 0 or self.posted >= self.held


def load(pasts: Iterable[Past]) -> list[int]:
    """Write these transfers, which must come in order of time, and give their ids in the same order.

    All in one transaction that keeps every other writer of the books out. Raises Insufficient when an account would go
    below zero on the way, and whatever the database refuses.
    """
    ids: list[int] = []
    left = iter(pasts)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE points_balance IN EXCLUSIVE MODE")
        accounts = _accounts()
        while batch := list(islice(left, BATCH)):
            ids.extend(_write(batch, accounts))
    return ids


def _accounts() -> dict[int, _Running]:
    accounts = {
        pk: _Running(unit, kind, cached)
        for pk, unit, kind, cached in Account.objects.values_list("pk", "unit", "kind", "cached")
    }
    for balance in Balance.objects.all():
        running = accounts[balance.account_id]
        running.posted, running.held, running.version = balance.posted, balance.held, balance.version
        running.earned_year, running.earned, running.overdraft = balance.earned_year, balance.earned, balance.overdraft
    return accounts


def _write(batch: list[Past], accounts: dict[int, _Running]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('points_transfer', 'id')) FROM generate_series(1, %s)", [len(batch)]
        )
        ids = [row[0] for row in cursor.fetchall()]
        touched: set[int] = set()
        originals = _originals(ids, batch)
        entries = io.StringIO("".join(_entry_lines(ids, batch, originals, accounts, touched)))
        transfers = io.StringIO("".join(map(_transfer_line, ids, batch, originals)))
        cursor.copy_expert(f"COPY points_transfer ({_TRANSFER_COLUMNS}) FROM STDIN", transfers)
        rows = [
            (pk, a.posted, a.held, a.version, a.overdraft, a.earned_year, f"{{{','.join(map(str, a.earned))}}}")
            for pk, a in ((pk, accounts[pk]) for pk in sorted(touched))
        ]
        if rows:
            cursor.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])
        cursor.copy_expert(f"COPY points_entry ({_ENTRY_COLUMNS}) FROM STDIN", entries)
        # What waits for the end of the transaction is looked at now, or millions of checks would pile up in memory.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return ids


def _originals(ids: list[int], batch: list[Past]) -> list[_Original | None]:
    """For each transfer of the batch the one it reverses: an earlier one of the batch, or one written before."""
    wanted = {(past.source_kind, past.source_key, past.reverses) for past in batch if past.reverses}
    found: dict[tuple[str, str, str], _Original] = {}
    for pk, *source, at in Transfer.objects.filter(
        source_kind__in={key[0] for key in wanted}, source_key__in={key[1] for key in wanted}, source_round=0
    ).values_list("pk", "source_kind", "source_key", "kind", "created_at"):
        found[source[0], source[1], source[2]] = _Original(pk, clock.shanghai_day(at).year)
    for pk, past in zip(ids, batch, strict=True):
        if (source_of_past := (past.source_kind, past.source_key, past.kind)) in wanted:
            found[source_of_past] = _Original(pk, clock.shanghai_day(past.at).year)
    return [found[past.source_kind, past.source_key, past.reverses] if past.reverses else None for past in batch]


def _transfer_line(pk: int, past: Past, original: _Original | None) -> str:
    return "\t".join(
        (
            str(pk), past.kind, past.title.translate(_COPY_ESCAPES), _number(past.actor_id), past.source_kind,
            past.source_key, "0", _number(past.rule_version),
            _number(original.pk if original else None), f"{past.at.isoformat()}\n",
        )
    )  # fmt: skip


def _entry_lines(
    ids: list[int],
    batch: list[Past],
    originals: list[_Original | None],
    accounts: dict[int, _Running],
    touched: set[int],
) -> Iterator[str]:
    for pk, past, original in zip(ids, batch, originals, strict=True):
        year = clock.shanghai_day(past.at).year
        for account_id, amount in past.legs:
            account = accounts[account_id]
            if not account.cached:
                yield f"{pk}\t{account_id}\t{account.unit}\t{amount}\t\\N\t\\N\n"
                continue
            if not account.add(amount, year, original):
                raise Insufficient(account_id)
            touched.add(account_id)
            yield f"{pk}\t{account_id}\t{account.unit}\t{amount}\t{account.posted}\t{account.version}\n"


def _number(value: int | None) -> str:
    return "\\N" if value is None else str(value)
