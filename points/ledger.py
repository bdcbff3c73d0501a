"""The one place that writes the books.

Double entry: a transfer has two or more entries, each in the unit of its account, and in every unit they sum to zero.
What must not go below zero (a courier's points, a station's stock of a gift) keeps its sum in a `Balance` row; the
other accounts are sums only.

`post` is one statement: it calls `points_post`, a function installed by migration 0006, which

1. inserts the transfer, whose source is unique: a twin waits here and holds nothing else;
2. updates the balances with `WHERE posted - held + amount >= 0`, couriers in the order of their account ids and stock
   last, because it is the hottest row. Every path that locks two balances must use this order;
3. inserts all entries at once.

`hold` promises points or pieces without moving them (`points_hold`), `release` ends the promise (`points_release`), in
the same order. Keeping it is `release` and then `post` in one transaction, with `overdraft`: the courier was promised
his gift, and gets it even where a claw-back has eaten the points since.

No rule is in there: who may, caps, limits and codes belong to the services that call it.

Isolation: written for READ COMMITTED, where the conditional UPDATE looks again at the row it waited for. Under
REPEATABLE READ or SERIALIZABLE the loser of a race gets error 40001 and must repeat; the result is never wrong.

Against everybody else, raw SQL included, the database refuses: UPDATE and DELETE of accounts, transfers and entries; a
transfer without entries; entries that do not sum to zero, come in several statements, are in another unit than their
account, or do not continue the account's balance (each cached entry has the version after the one before); a balance
without the entry that explains it; a `held` that is not the sum of the open holds; a transfer on a closed day.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, NoReturn

from django.db import DatabaseError, connection, transaction

from accounts.models import User
from fengchao.core import clock, rows
from points.models import POINTS, Account, EarningRule, Hold, Transfer
from points.problems import AlreadyPosted, Insufficient

NOT_ENOUGH = "FC002"  # the SQLSTATE that points_post raises

_POST = """
    SELECT transfer, account, balance FROM points_post(
        %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::bigint[], %s::bigint[], %s)
"""
_HOLD = "SELECT points_hold(%s, %s, %s, %s, %s::bigint[], %s::bigint[])"
_RELEASE = "SELECT points_release(%s, %s, %s, %s)"
_ACCOUNT = "SELECT id FROM points_account WHERE kind = %s AND unit = %s AND owner_id = %s AND period = %s"
_OPEN_ACCOUNT = """
    WITH opened AS (
        INSERT INTO points_account (kind, unit, owner_id, period, cached) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING RETURNING id, cached
    ), balance AS (
        INSERT INTO points_balance (account_id, posted, held, version, overdraft, earned_year, earned)
        SELECT id, 0, 0, 0, FALSE, 0, '{0,0,0,0,0}' FROM opened WHERE cached
    )
    SELECT id FROM opened
"""

MOST_REMEMBERED = 20_000
"""Account numbers that a process keeps in mind (about 5 MB): those who come and go at the counters it serves."""

_CACHED = frozenset({Account.Kind.COURIER, Account.Kind.STOCK})
_known: dict[tuple[str, str, int, int], int] = {}


class Leg(NamedTuple):
    """One side of a transfer: `amount` comes to the account, or with a minus leaves it."""

    account_id: int
    amount: int


class Source(NamedTuple):
    """Where a transfer comes from. With its kind it is unique: `round` is raised to earn again after a reversal."""

    kind: str
    key: str
    round: int = 0


@dataclass(frozen=True)
class Posting:
    """A written transfer, what its courier and stock accounts hold after it, and what came to those that gained
    (`credited`): of an award the points that the courier earned, after every cap."""

    transfer_id: int
    balances: dict[int, int] = field(default_factory=dict)
    credited: int = 0


def post(
    legs: Sequence[Leg],
    *,
    kind: str,
    source: Source,
    by: User | None,
    title: str = "",
    reverses: Transfer | None = None,
    rule: EarningRule | None = None,
    overdraft: bool = False,
    at: datetime | None = None,
) -> Posting:
    """Write one transfer of `kind`; `title` is what the courier reads in his statement.

    Raises Insufficient when a courier or stock account would have less than nothing left after its holds (the
    transaction is then void and must be left, as every refusal leaves its unit of work), unless `overdraft` lets
    courier accounts go there: a claw-back, never a purchase. Raises AlreadyPosted, having written nothing, when this
    source had a transfer of this kind, or `reverses` was reversed. Locks the balances it changes until the end of the
    transaction.
    """
    try:
        written = rows.fetch(
            _POST,
            [
                kind, source.kind, str(source.key), source.round, title, by.pk if by else None,
                reverses.pk if reverses else None, rule.version if rule else None, at or clock.now(),
                [leg.account_id for leg in legs], [leg.amount for leg in legs], overdraft,
            ],
        )  # fmt: skip
    except DatabaseError as error:
        _refused(error)
    if written[0][1] is None:
        raise AlreadyPosted(written[0][0])
    balances = {account: balance for _, account, balance in written if balance is not None}
    credited = sum(leg.amount for leg in legs if leg.amount > 0 and leg.account_id in balances)
    return Posting(written[0][0], balances, credited)


def reverse(
    transfer: Transfer,
    *,
    by: User | None,
    title: str = "",
    kind: str | None = None,
    overdraft: bool = False,
    at: datetime | None = None,
) -> Posting:
    """Write the opposite of `transfer`, once: AlreadyPosted the second time. A reversal is not reversed.

    A claw-back passes `overdraft`: what was spent meanwhile is then missing, visibly, and blocks spending.
    """
    if transfer.reverses_id is not None:
        raise ValueError("a reversing transfer cannot be reversed")
    return post(
        [Leg(account, -amount) for account, amount in transfer.entries.values_list("account_id", "amount")],
        kind=kind or f"{transfer.kind}_reversed",
        source=Source(transfer.source_kind, transfer.source_key, transfer.source_round),
        by=by,
        title=title,
        reverses=transfer,
        overdraft=overdraft,
        at=at,
    )


def hold(parts: Sequence[Leg], *, source: Source, expires_at: datetime, at: datetime | None = None) -> None:
    """Promise `amount` (> 0) of each account in `parts` to `source`, once: a second hold of it is an IntegrityError.

    Raises Insufficient when an account has less than that left. Locks the balances until the end of the transaction.
    """
    accounts, amounts = [part.account_id for part in parts], [part.amount for part in parts]
    with connection.cursor() as cursor:
        try:
            cursor.execute(_HOLD, [source.kind, str(source.key), at or clock.now(), expires_at, accounts, amounts])
        except DatabaseError as error:
            _refused(error)


def release(source: Source, *, resolution: Hold.Resolution, at: datetime | None = None) -> int:
    """End the open holds of `source`; how many there were, so 0 the second time. Locks the balances as `hold` does."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [source.kind, str(source.key), resolution, at or clock.now()])
        released: int = cursor.fetchone()[0]
    return released


def courier_account(courier_id: int) -> int:
    """The number of a courier's points account, opened when there is none."""
    return _account(Account.Kind.COURIER, POINTS, owner_id=courier_id, remembered=True)


def stock_account(station_id: int, gift_code: str) -> int:
    """The number of the account that counts the pieces of a gift at a station."""
    return _account(Account.Kind.STOCK, gift_unit(gift_code), owner_id=station_id, remembered=True)


def programme_account(kind: str, year: int) -> int:
    """The number of a points programme's account for a year: manual, reports, deeds, checkins, gifts, expired."""
    return _account(kind, POINTS, period=year, remembered=True)


def goods_account(kind: str, gift_code: str) -> int:
    """The other side of stock for one gift: supplier, handed_out, written_off, counted."""
    return _account(kind, gift_unit(gift_code), remembered=True)


def gift_unit(gift_code: str) -> str:
    return f"gift:{gift_code}"


def forget_accounts(**_: Any) -> None:
    """Drop the remembered account numbers (the tables were made or emptied)."""
    _known.clear()


def _account(kind: str, unit: str, *, owner_id: int = 0, period: int = 0, remembered: bool = False) -> int:
    """Numbers never change, so a process remembers those it meets; but only once they are committed, since the
    transaction that opens an account may yet fail."""
    key = (str(kind), unit, owner_id, period)
    if key in _known:
        return _known[key]
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, key)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_OPEN_ACCOUNT, [*key, kind in _CACHED])
            row = cursor.fetchone()
        if row is None:  # a twin opened it while we waited
            cursor.execute(_ACCOUNT, key)
            row = cursor.fetchone()
    account_id: int = row[0]
    if remembered:
        transaction.on_commit(partial(_remember, key, account_id))
    return account_id


def _remember(key: tuple[str, str, int, int], account_id: int) -> None:
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[key] = account_id


def _refused(error: DatabaseError) -> NoReturn:
    cause: Any = error.__cause__
    if getattr(cause, "pgcode", None) == NOT_ENOUGH:
        raise Insufficient(**json.loads(cause.diag.message_detail)) from None
    raise error
