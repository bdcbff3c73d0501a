"""What the history leaves behind: transfers through `points.history`, and the rows that belong to them, in bulk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from django.db.models import Model

from accounts.models import User
from fengchao.core import clock
from fengchao.core.codes import ALPHABET
from fengchao.core.errors import RuleBroken
from fengchao.core.models import AuditLog
from fengchao.demo.people import Rider
from fengchao.demo.rewards import Earning
from gifts.models import Gift, Movement, Redemption, RefusedAttempt
from gifts.states import MovementKind, RedemptionState
from points import history, ledger
from points.history import Past
from points.models import POINTS, Account, Balance, EarningRule, Grant, Transfer
from stations.models import Station

BATCH = 5000
PENDING = 200_000  # transfers kept in memory before they are written

Row = Redemption | Movement | Grant


@dataclass
class Books:
    """Takes what happens in order of time. `write` ends it; until then only transfers are in the database."""

    rng: Random
    riders: list[Rider]
    stations: list[Station]
    gifts: list[Gift]
    rules: dict[str, EarningRule]
    pending: list[tuple[Past, Row | None]] = field(default_factory=list)
    redemptions: list[Redemption] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    refusals: list[RefusedAttempt] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.programme = cache(ledger.programme_account)
        self.goods = cache(ledger.goods_account)
        self.account = _open(Account.Kind.COURIER, [(POINTS, rider.pk) for rider in self.riders])
        self.stock = _open(
            Account.Kind.STOCK,
            [(ledger.gift_unit(gift.code), station.pk) for station in self.stations for gift in self.gifts],
        )

    def award(self, at: datetime, rider: Rider, rule: Earning, points: int, source: str, key: str, title: str) -> None:
        legs = [(self._programme(rule.programme, at), -points), (self.account[POINTS, rider.pk], points)]
        version = self.rules[rule.event].version
        self._keep(Past(at, rule.event, source, key, title, None, legs, version))

    def grant(self, at: datetime, rider: Rider, points: int, reason: str, by: User) -> None:
        grant = Grant(courier=rider.courier, points=points, reason=reason, by=by, at=at, state=Grant.State.POSTED)
        grant.pk = Grant.objects.reserve_id()
        self.grants.append(grant)
        legs = [(self._programme(Account.Kind.MANUAL, at), -points), (self.account[POINTS, rider.pk], points)]
        self._keep(Past(at, "grant", "grant", str(grant.pk), reason, by.pk, legs), grant)

    def hand_over(self, at: datetime, rider: Rider, gift: Gift, station: Station, by: User) -> Redemption:
        redemption = Redemption(
            number=self._number("R"),
            courier=rider.courier,
            gift=gift,
            station=station,
            points=gift.points,
            at=at,
            by=by,
        )
        self.redemptions.append(redemption)
        legs = [
            (self.account[POINTS, rider.pk], -gift.points),
            (self._programme(Account.Kind.GIFTS, at), gift.points),
            (self.goods(Account.Kind.HANDED_OUT, gift.code), 1),
            (self._stock(gift, station), -1),
        ]
        source = ("redemption", "redemption", redemption.number)
        self._keep(Past(at, *source, f"兑换 {gift.name}", by.pk, legs), redemption)
        return redemption

    def annul(self, at: datetime, redemption: Redemption, reason: str, by: User) -> None:
        self.flush()
        transfer = Transfer(
            pk=redemption.transfer_id, kind="redemption", source_kind="redemption", source_key=redemption.number
        )
        posting = ledger.reverse(transfer, by=by, at=at, title=f"撤销兑换 {redemption.gift.name}")
        redemption.state, redemption.annul_reason = RedemptionState.ANNULLED, reason
        redemption.annulled_at, redemption.annulled_by = at, by
        redemption.annul_transfer_id = posting.transfer_id

    def receive(self, at: datetime, gift: Gift, station: Station, quantity: int, note: str, by: User) -> None:
        movement = Movement(
            number=self._number("M"), station=station, gift=gift, kind=MovementKind.RECEIVED, quantity=quantity,
            note=note, at=at, by=by,
        )  # fmt: skip
        self.movements.append(movement)
        supplier = self.goods(Account.Kind.SUPPLIER, gift.code)
        legs = [(supplier, -quantity), (self._stock(gift, station), quantity)]
        title = f"{MovementKind.RECEIVED.label} {gift.name}"
        self._keep(Past(at, "stock", "movement", movement.number, title, by.pk, legs), movement)

    def refuse(self, at: datetime, refusal: RuleBroken, rider: Rider, gift: Gift, station: Station, by: User) -> None:
        self.refusals.append(
            RefusedAttempt(
                at=at, by=by, courier=rider.courier, gift=gift, station=station, code=refusal.code,
                detail=refusal.message,
            )
        )  # fmt: skip

    def flush(self) -> None:
        """Write the transfers so far and tell their rows which they are."""
        for transfer_id, (_, row) in zip(history.load(past for past, _ in self.pending), self.pending, strict=True):
            if row is not None:
                row.transfer_id = transfer_id
        self.pending.clear()

    def write(self) -> None:
        self.flush()
        _insert(self.redemptions)
        _insert(self.movements)
        _insert(self.grants)
        _insert(self.refusals)
        _insert(sorted(self._audit(), key=lambda row: row.at))

    def _audit(self) -> Iterator[AuditLog]:
        """What the services would have recorded."""
        for redemption in self.redemptions:
            facts = {"number": redemption.number, "points": redemption.points}
            handed_over = {**facts, "gift": redemption.gift.code}
            yield _audited(redemption.at, redemption.by_id, "redemption.handed_over", redemption, handed_over)
            if redemption.annulled_at is not None:
                yield _audited(
                    redemption.annulled_at, redemption.annulled_by_id, "redemption.annulled", redemption, facts
                )
        for movement in self.movements:
            facts = {
                "station": movement.station.code, "gift": movement.gift.code, "kind": str(movement.kind),
                "quantity": movement.quantity,
            }  # fmt: skip
            yield _audited(movement.at, movement.by_id, f"stock.{movement.kind}", movement, facts)
        for grant in self.grants:
            facts = {"courier": grant.courier_id, "points": grant.points}
            yield _audited(grant.at, grant.by_id, f"grant.{grant.state}", grant, facts)
        for rider in self.riders:
            if rider.verified_at is not None:
                yield _audited(rider.verified_at, rider.courier.verified_by_id, "courier.verified", rider.courier, {})

    def _keep(self, past: Past, row: Row | None = None) -> None:
        self.pending.append((past, row))
        if len(self.pending) >= PENDING:
            self.flush()

    def _programme(self, kind: Account.Kind, at: datetime) -> int:
        return self.programme(kind, clock.shanghai_day(at).year)

    def _stock(self, gift: Gift, station: Station) -> int:
        return self.stock[ledger.gift_unit(gift.code), station.pk]

    def _number(self, letter: str) -> str:
        """Like `codes.random_code`, but the same for the same seed."""
        while True:
            number = letter + "".join(self.rng.choices(ALPHABET, k=8))
            if number not in self.numbers:
                self.numbers.add(number)
                return number


def _open(kind: Account.Kind, owners: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """An empty account with its balance for each (unit, owner); the account's number by these two."""
    accounts = [Account(kind=kind, unit=unit, owner_id=owner, cached=True) for unit, owner in owners]
    Account.objects.bulk_create(accounts, batch_size=BATCH)
    Balance.objects.bulk_create((Balance(account=account) for account in accounts), batch_size=BATCH)
    return {(account.unit, account.owner_id): account.pk for account in accounts}


def _insert(rows: Iterable[Any]) -> None:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        type(batch[0]).objects.bulk_create(batch)


def _audited(at: datetime, by: int | None, verb: str, subject: Model, changed: dict[str, Any]) -> AuditLog:
    return AuditLog(
        at=at, actor_id=by, verb=verb, subject_kind=subject._meta.label_lower, subject_key=str(subject.pk),
        changed=changed,
    )  # fmt: skip
