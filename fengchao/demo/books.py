"""What the history leaves behind: transfers through `points.history`, and the rows that belong to them, in bulk."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

from django.db.models import Model

from accounts.models import User
from fengchao.core import clock
from fengchao.core.codes import ALPHABET
from fengchao.core.errors import RuleBroken
from fengchao.core.models import AuditLog
from fengchao.demo.copying import copy_in, copy_values, reserve
from fengchao.demo.people import Rider
from fengchao.demo.rewards import Earning
from gifts.models import Gift, Movement, Redemption, RefusedAttempt
from gifts.states import MovementKind, RedemptionState
from points import ledger
from points.history import Loader, Original, Past, checks_set_aside, open_accounts
from points.models import POINTS, Account, EarningRule, Grant, RefusedAward
from points.services.closing import EARNED_FROM
from stations.models import SAME_VISIT, Near, Station, Visit, Way

WAITED = timedelta(hours=3)  # from a clerk's wish to the second person's word
_VISIT = ("id", "at", "until", "day", "station_id", "courier_id", "way", "near", "by_id", "points", "transfer_id")
_AUDIT = ("at", "actor_id", "verb", "subject_kind", "subject_key", "changed", "request_id")


@dataclass(slots=True)
class Came:
    """A visit to be. There are millions at a large scale, so it holds no more than it must."""

    pk: int
    at: datetime
    courier_id: int
    station: Station
    near: Near
    by_id: int | None
    points: int = 0
    transfer_id: int | None = None

    def row(self) -> tuple[Any, ...]:
        way = Way.POSTER if self.by_id is None else Way.COUNTER
        return (
            self.pk, self.at, self.at + SAME_VISIT, clock.shanghai_day(self.at), self.station.pk, self.courier_id, way,
            self.near, self.by_id, self.points, self.transfer_id,
        )  # fmt: skip


@dataclass
class Books:
    """Takes what happens in order of time while `loader` is open. `write` ends it: until then only transfers are in
    the database."""

    rng: Random
    riders: list[Rider]
    stations: list[Station]
    gifts: list[Gift]
    rules: dict[str, EarningRule]
    years: list[int]
    loader: Loader = field(init=False)
    given: Counter[tuple[str, int]] = field(default_factory=Counter)  # points by programme and year
    redemptions: list[Redemption] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    refusals: list[RefusedAttempt] = field(default_factory=list)
    refused_awards: list[RefusedAward] = field(default_factory=list)
    visits: list[Came] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    grant_ids: Iterator[int] = field(default_factory=lambda: _keys(Grant))
    visit_ids: Iterator[int] = field(default_factory=lambda: _keys(Visit))

    def __post_init__(self) -> None:
        """Open every account that the history may need."""
        kinds = (*EARNED_FROM, Account.Kind.GIFTS)
        self.programme = {(kind, year): ledger.programme_account(kind, year) for kind in kinds for year in self.years}
        self.supplier, self.handed_out = (
            {gift.code: ledger.goods_account(kind, gift.code) for gift in self.gifts}
            for kind in (Account.Kind.SUPPLIER, Account.Kind.HANDED_OUT)
        )
        opened = open_accounts(Account.Kind.COURIER, [(POINTS, rider.pk) for rider in self.riders])
        for rider in self.riders:
            rider.account = opened[POINTS, rider.pk]
        self.stock = open_accounts(
            Account.Kind.STOCK,
            [(ledger.gift_unit(gift.code), station.pk) for station in self.stations for gift in self.gifts],
        )

    def award(self, at: datetime, rider: Rider, rule: Earning, points: int, source: str, key: str, title: str) -> int:
        legs = self._earned(rule.programme, at, rider, points)
        return self.loader.add(Past(at, rule.event, source, key, title, None, legs, self.rules[rule.event].version))

    def visit(self, at: datetime, rider: Rider, station: Station, near: Near, by: User | None) -> Came:
        came = Came(next(self.visit_ids), at, rider.pk, station, near, by.pk if by else None)
        self.visits.append(came)
        return came

    def refuse_award(self, at: datetime, rider: Rider, rule: Earning, source: str, key: str) -> None:
        self.refused_awards.append(
            RefusedAward(
                courier=rider.courier, event=rule.event, code="cap_reached", source_kind=source, source_key=key, at=at
            )
        )

    def grant(
        self, at: datetime, rider: Rider, points: int, reason: str, by: User, *, approved_by: User | None = None
    ) -> None:
        """Given at once, or written a while before `at` and approved then."""
        grant = Grant(courier=rider.courier, points=points, reason=reason, by=by, at=at, state=Grant.State.POSTED)
        grant.pk = next(self.grant_ids)
        if approved_by is not None:
            grant.at, grant.decided_at, grant.decided_by = at - WAITED, at, approved_by
        legs = self._earned(Account.Kind.MANUAL, at, rider, points)
        grant.transfer_id = self.loader.add(Past(at, "grant", "grant", str(grant.pk), reason, by.pk, legs))
        self.grants.append(grant)

    def hand_over(self, at: datetime, rider: Rider, gift: Gift, station: Station, by: User) -> Redemption:
        number = self._number("R")
        legs = [
            (rider.account, -gift.points),
            (self.programme[Account.Kind.GIFTS, clock.shanghai_day(at).year], gift.points),
            (self.handed_out[gift.code], 1),
            (self._stock(gift, station), -1),
        ]
        redemption = Redemption(
            number=number, courier=rider.courier, gift=gift, station=station, points=gift.points, at=at, by=by,
            transfer_id=self.loader.add(
                Past(at, "redemption", "redemption", number, f"兑换 {gift.name}", by.pk, legs)
            ),
        )  # fmt: skip
        rider.balance -= gift.points
        self.redemptions.append(redemption)
        return redemption

    def annul(self, at: datetime, rider: Rider, redemption: Redemption, reason: str, by: User) -> None:
        gift = redemption.gift
        rider.balance += redemption.points
        legs = [
            (rider.account, gift.points),
            (self.programme[Account.Kind.GIFTS, clock.shanghai_day(redemption.at).year], -gift.points),
            (self.handed_out[gift.code], -1),
            (self._stock(gift, redemption.station), 1),
        ]
        source = ("redemption_reversed", "redemption", redemption.number, f"撤销兑换 {gift.name}", by.pk)
        original = Original(redemption.transfer_id, redemption.at)
        redemption.annul_transfer_id = self.loader.add(Past(at, *source, legs, reverses=original))
        redemption.state, redemption.annul_reason = RedemptionState.ANNULLED, reason
        redemption.annulled_at, redemption.annulled_by = at, by

    def receive(self, at: datetime, gift: Gift, station: Station, quantity: int, note: str, by: User) -> None:
        number, title = self._number("M"), f"{MovementKind.RECEIVED.label} {gift.name}"
        legs = [(self.supplier[gift.code], -quantity), (self._stock(gift, station), quantity)]
        self.movements.append(
            Movement(
                number=number, station=station, gift=gift, kind=MovementKind.RECEIVED, quantity=quantity, note=note,
                at=at, by=by, transfer_id=self.loader.add(Past(at, "stock", "movement", number, title, by.pk, legs)),
            )
        )  # fmt: skip

    def refuse(self, at: datetime, refusal: RuleBroken, rider: Rider, gift: Gift, station: Station, by: User) -> None:
        self.refusals.append(
            RefusedAttempt(
                at=at, by=by, courier=rider.courier, gift=gift, station=station, code=refusal.code,
                detail=refusal.message,
            )
        )  # fmt: skip

    def write(self) -> None:
        for redemption, pk in zip(self.redemptions, reserve(Redemption, len(self.redemptions)), strict=True):
            redemption.pk = pk
        for movement, pk in zip(self.movements, reserve(Movement, len(self.movements)), strict=True):
            movement.pk = pk
        copy_in(Redemption, self.redemptions)
        copy_in(Movement, self.movements)
        copy_in(Grant, self.grants)
        copy_in(RefusedAttempt, self.refusals)
        copy_in(RefusedAward, self.refused_awards)
        # Each would be looked for among all before it: at two millions that took longer than everything else.
        with checks_set_aside([Visit._meta.db_table]):
            copy_values(Visit, _VISIT, (came.row() for came in self.visits))
        audited = sorted(self._audit(), key=itemgetter(0))
        copy_values(AuditLog, _AUDIT, audited)

    def _audit(self) -> Iterator[tuple[Any, ...]]:
        """What the services would have recorded."""
        for redemption in self.redemptions:
            facts = {"number": redemption.number, "points": redemption.points}
            handed_over = {**facts, "gift": redemption.gift.code}
            yield _audited(redemption.at, redemption.by_id, "redemption.handed_over", redemption, handed_over)
            if redemption.annulled_at is not None:
                yield _audited(
                    redemption.annulled_at, redemption.annulled_by_id, "redemption.annulled", redemption, facts
                )
        visit = Visit()
        for came in self.visits:
            if came.by_id is not None:
                visit.pk, facts = came.pk, {"station": came.station.code, "again": False}
                yield _audited(came.at, came.by_id, "visit.checked_in", visit, facts)
        for movement in self.movements:
            facts = {
                "station": movement.station.code, "gift": movement.gift.code, "kind": str(movement.kind),
                "quantity": movement.quantity,
            }  # fmt: skip
            yield _audited(movement.at, movement.by_id, f"stock.{movement.kind}", movement, facts)
        for grant in self.grants:
            facts = {"courier": grant.courier_id, "points": grant.points}
            yield _audited(
                grant.at, grant.by_id, "grant.pending" if grant.decided_by_id else "grant.posted", grant, facts
            )
            if grant.decided_at is not None:
                yield _audited(grant.decided_at, grant.decided_by_id, "grant.approved", grant, facts)
        for rider in self.riders:
            if rider.verified_at is not None:
                yield _audited(rider.verified_at, rider.courier.verified_by_id, "courier.verified", rider.courier, {})

    def _earned(self, kind: Account.Kind, at: datetime, rider: Rider, points: int) -> tuple[tuple[int, int], ...]:
        year = clock.shanghai_day(at).year
        self.given[kind, year] += points
        rider.balance += points
        return (self.programme[kind, year], -points), (rider.account, points)

    def _stock(self, gift: Gift, station: Station) -> int:
        return self.stock[ledger.gift_unit(gift.code), station.pk]

    def _number(self, letter: str) -> str:
        """Like `codes.random_code`, but the same for the same seed."""
        while True:
            number = letter + "".join(self.rng.choices(ALPHABET, k=8))
            if number not in self.numbers:
                self.numbers.add(number)
                return number


def _keys(model: type[Model]) -> Iterator[int]:
    while True:
        yield from reserve(model, 1000)


def _audited(at: datetime, by: int | None, verb: str, subject: Model, changed: dict[str, Any]) -> tuple[Any, ...]:
    return at, by, verb, subject._meta.label_lower, subject.pk, changed, ""
