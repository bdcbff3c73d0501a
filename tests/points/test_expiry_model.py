"""What expires without lots is what lots would say: random histories of several years, step by step."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Courier
from points import ledger
from points.ledger import Leg, Source
from points.models import Balance, Hold, Transfer
from points.services import expire_points, expiring, standing
from points.verify import checks
from tests.points.conftest import give, spend
from tests.points.lots import Lot, Lots

pytestmark = pytest.mark.django_db

START = datetime(2024, 6, 1, 4, tzinfo=UTC)
STEPS = ("earn", "spend", "undo", "claw back", "hold", "end hold", "keep hold", "expire")
numbers = count(1)


@dataclass
class History:
    """The same steps on the ledger and on the lots; a step that the ledger would refuse is left out."""

    courier: Courier
    model: Lots
    at: datetime = START
    earned: list[tuple[int, Lot]] = field(default_factory=list)
    spent: list[tuple[int, int]] = field(default_factory=list)
    open: list[tuple[Source, int]] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)

    @property
    def year(self) -> int:
        return (self.at + timedelta(hours=8)).year

    def step(self, what: str, days: int, size: int) -> None:
        self.at += timedelta(days=days)
        done = getattr(self, what.replace(" ", "_"))(size)
        self.fired[what] += done is not False
        self.compare()

    def earn(self, size: int) -> None:
        posting = give(self.courier, size, at=self.at)
        self.earned.append((posting.transfer_id, self.model.earn(size, self.year)))

    def spend(self, size: int) -> bool:
        points = min(size, self.model.available)
        if points <= 0:
            return False
        self.spent.append((spend(self.courier, points, at=self.at).transfer_id, points))
        self.model.take(points)
        return True

    def undo(self, size: int) -> bool:
        if not self.spent:
            return False
        transfer, points = self.spent.pop(size % len(self.spent))
        ledger.reverse(Transfer.objects.get(pk=transfer), by=None, at=self.at)
        self.model.give_back(points)
        return True

    def claw_back(self, size: int) -> bool:
        if not self.earned:
            return False
        transfer, lot = self.earned.pop(size % len(self.earned))
        ledger.reverse(Transfer.objects.get(pk=transfer), by=None, overdraft=True, at=self.at)
        self.model.claw_back(lot)
        return True

    def hold(self, size: int) -> bool:
        points = min(size, self.model.available)
        if points <= 0:
            return False
        source, account = Source("model", str(next(numbers))), ledger.courier_account(self.courier.pk)
        ledger.hold([Leg(account, points)], source=source, at=self.at, expires_at=self.at + timedelta(days=2))
        self.open.append((source, points))
        self.model.hold(points)
        return True

    def end_hold(self, size: int) -> bool:
        return self._end(size, Hold.Resolution.EXPIRED)

    def keep_hold(self, size: int) -> bool:
        return self._end(size, Hold.Resolution.POSTED)

    def _end(self, size: int, resolution: Hold.Resolution) -> bool:
        if not self.open:
            return False
        source, points = self.open.pop(size % len(self.open))
        ledger.release(source, resolution=resolution, at=self.at)
        if resolution == Hold.Resolution.EXPIRED:
            self.model.end_hold(points)
        else:
            self.spent.append((spend(self.courier, points, at=self.at, overdraft=True).transfer_id, points))
            self.model.keep_hold(points)
        return True

    def expire(self, size: int) -> bool:
        before = standing(self.courier).balance
        took = expire_points(self.at)
        assert before - standing(self.courier).balance == self.model.expire(self.year)
        return took > 0

    def compare(self) -> None:
        has = standing(self.courier)
        assert (has.balance, has.held, has.available) == (self.model.posted, self.model.held, self.model.available)
        told = [(part.on.year, part.points) for part in expiring(self.courier, at=self.at)]
        assert told == self.model.expiring(self.year)


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from((*STEPS, "earn", "earn", "spend", "hold", "hold", "end hold", "end hold", "keep hold")),
        st.integers(0, 250), st.integers(1, 120),
    ),
    min_size=25, max_size=40,
)  # fmt: skip


def run(courier: Courier, options: Any, *, examples: int, random: bool = False, shrink: bool = True) -> Counter[str]:
    fired: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, database=None, derandomize=not random,
              phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(years=st.integers(1, 4), steps=HISTORIES)
    def agrees(years: int, steps: list[tuple[str, int, int]]) -> None:
        options.POINTS_YEARS = years
        with transaction.atomic():
            history = History(courier, Lots(years))
            for what, days, size in steps:
                history.step(what, days, size)
            history.step("expire", 366, 0)
            assert list(checks()) == []
            transaction.set_rollback(True)
        fired.update(history.fired)

    agrees()
    return fired


def test_what_expires_is_what_lots_say(courier: Courier, settings: Any) -> None:
    fired = run(courier, settings, examples=40)
    assert min(fired[step] for step in STEPS) >= 15, fired


@pytest.mark.slow
def test_what_expires_is_what_lots_say_a_thousand_times(courier: Courier, settings: Any) -> None:
    fired = run(courier, settings, examples=1000, random=True)
    assert sum(fired.values()) >= 10_000
    assert min(fired[step] for step in STEPS) >= 300, fired


@pytest.mark.parametrize("broken", ["the whole balance", "held points too"])
def test_control_another_formula_is_found(
    broken: str, courier: Courier, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overdue(balance: Balance, year: int) -> int:
        young = balance.earned_since(year - settings.POINTS_YEARS)
        if broken == "the whole balance":
            return balance.available if balance.posted > young else 0
        return max(0, min(balance.posted - young, balance.available))

    monkeypatch.setattr("points.services.expiry.overdue", overdue)
    with pytest.raises(AssertionError):
        run(courier, settings, examples=60, shrink=False)
