"""Half a year in the district, event by event in order of time: who dropped in, reported, helped, and got what for it.

Nothing is written here: what happens goes to `Books`. The rules are kept as the services keep them (caps, monthly
limits, nothing below zero, verified before the first gift), so that a courier's statement reads like a real one.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random
from typing import Any

from accounts.models import User
from fengchao.core import clock
from fengchao.demo import tales
from fengchao.demo.books import Books
from fengchao.demo.people import Rider
from fengchao.demo.rewards import CHECK_IN, DEED_DONE, REPORT_ACCEPTED, REPORT_RESOLVED, Earning
from gifts.models import Gift, Redemption
from gifts.problems import InsufficientPoints, SoldOut
from stations.models import Station

VISITS = 0.24  # things that an average courier does on an average day and that are written down
HEAT = {1: 1.0, 2: 0.9, 3: 0.8, 4: 0.8, 5: 0.9, 6: 1.2, 7: 1.7, 8: 1.8, 9: 1.2, 10: 0.9, 11: 0.9, 12: 1.0}
SO_FAR = 0.6  # the part of today that is told, whatever the hour
OPENS, CLOSES = time(7, 30), time(21, 0)
OFFICE = time(9)  # when handling units begin to report back
CLERK_DAY_SUM = 200  # what one clerk may grant in a day without a second person
LOW, SCARCE = 6, 3  # pieces
ANNULLED = 0.01  # of the gifts handed over, in a district of usual size: each is written on its own


@dataclass(slots=True)
class Earned:
    """What a courier had of one rule, for the caps."""

    day: date
    this_day: int = 0
    month: tuple[int, int] = (0, 0)
    this_month: int = 0


@dataclass
class History:
    """The district at one moment of its history; `tell` moves it on to `now`."""

    rng: Random
    riders: list[Rider]  # registered ones, in the order in which they came
    stations: list[Station]
    gifts: list[Gift]
    clerks: dict[int, User]  # by id of the station's organisation
    granters: list[User]
    books: Books
    since: datetime
    now: datetime
    agenda: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    order: count = field(default_factory=count)
    earned: dict[tuple[int, str], Earned] = field(default_factory=dict)
    taken: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)  # rider, gift, year, month
    granted: Counter[tuple[int, date]] = field(default_factory=Counter)
    stock: dict[tuple[int, int], int] = field(default_factory=dict)
    cases: count = field(default_factory=lambda: count(1))

    def tell(self) -> None:
        today = clock.shanghai_day(self.now)
        zeal = list(accumulate(rider.zeal for rider in self.riders))
        for rider in self.riders:
            self._choose_goal(rider)
        present = 0
        day = clock.shanghai_day(self.since)
        while day <= today:
            start, end = self._hours(day)
            while present < len(self.riders) and self.riders[present].joined < start:
                present += 1
            self._plan(start, self._restock)
            visits = round(present * VISITS * HEAT[day.month] * (SO_FAR if day == today else 1))
            if present:
                for rider in self.rng.choices(self.riders[:present], cum_weights=zeal[:present], k=visits):
                    self._plan(start + (end - start) * self.rng.uniform(0.01, 0.97), self._come, rider)
            while self.agenda and self.agenda[0][0] <= end:
                at, _, act, who = heappop(self.agenda)
                act(at, *who)
            day += timedelta(days=1)

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        """From opening to closing; today from opening, or from midnight before it, to now."""
        start, end = (datetime.combine(day, hour, tzinfo=clock.SHANGHAI) for hour in (OPENS, CLOSES))
        midnight = clock.day_bounds(day)[0]
        end = min(end, self.now)
        return (start if end - start > timedelta(hours=1) else midnight), end

    def _plan(self, at: datetime, act: Callable[..., None], *who: Any) -> None:
        heappush(self.agenda, (at, next(self.order), act, who))

    def _come(self, at: datetime, rider: Rider) -> None:
        """A courier drops in; on the way he noticed something, or he stays to help."""
        station = self.rng.choice(rider.haunts)
        luck = self.rng.random()
        if luck < 0.46:
            self._award(at, rider, CHECK_IN, "check_in", f"到站签到 · {self.stations[station].name}")
        elif luck < 0.88:
            self._report(at, rider)
        elif luck < 0.98:
            self._award(at, rider, DEED_DONE, "deed", f"用心做 · {self.rng.choice(tales.DONE)}")
        else:
            self._praise(at, rider)
        goal = self.gifts[rider.goal]
        eager = 0.9 if self.now - at < timedelta(days=1) else 0.45
        if rider.verified_at and rider.verified_at < at and rider.balance >= goal.points + rider.reserve:
            if self.rng.random() < eager:
                self._plan(at + timedelta(minutes=self.rng.uniform(1, 9)), self._redeem, rider, station)
        elif rider.verified_at and self.rng.random() < 0.002:
            short = InsufficientPoints(missing=max(1, goal.points - rider.balance))
            if rider.balance < goal.points:
                self.books.refuse(at, short, rider, goal, self.stations[station], self._clerk(station))

    def _report(self, at: datetime, rider: Rider) -> None:
        what, case = self.rng.choice(tales.NOTICED), f"demo-{next(self.cases):07}"
        self._award(at, rider, REPORT_ACCEPTED, "report", f"随手拍 · {what}（受理）", case)
        if self.rng.random() < 0.88:
            day = clock.shanghai_day(at) + timedelta(days=self.rng.randint(1, 6))
            office = datetime.combine(day, OFFICE, tzinfo=clock.SHANGHAI)
            self._plan(office + timedelta(minutes=self.rng.uniform(0, 500)), self._resolve, rider, what, case)

    def _resolve(self, at: datetime, rider: Rider, what: str, case: str) -> None:
        self._award(at, rider, REPORT_RESOLVED, "report", f"随手拍 · {what}", case)

    def _award(
        self, at: datetime, rider: Rider, rule: Earning, source: str, title: str, case: str | None = None
    ) -> None:
        """Cut to what the caps leave, as the service does; nothing left, nothing written."""
        points = self._within_caps(at, rider, rule)
        if points > 0:
            rider.balance += points
            self.books.award(at, rider, rule, points, source, case or f"demo-{next(self.cases):07}", title)

    def _within_caps(self, at: datetime, rider: Rider, rule: Earning) -> int:
        day = clock.shanghai_day(at)
        earned = self.earned.setdefault((rider.pk, rule.event), Earned(day))
        if earned.day != day:
            earned.day, earned.this_day = day, 0
        if earned.month != (day.year, day.month):
            earned.month, earned.this_month = (day.year, day.month), 0
        points = min(rule.points, rule.day_cap - earned.this_day, rule.month_cap - earned.this_month)
        earned.this_day += points
        earned.this_month += points
        return points

    def _praise(self, at: datetime, rider: Rider) -> None:
        by, points = self.rng.choice(self.granters), self.rng.choice((20, 30, 50))
        day = clock.shanghai_day(at)
        if self.granted[by.pk, day] + points <= CLERK_DAY_SUM:
            self.granted[by.pk, day] += points
            rider.balance += points
            self.books.grant(at, rider, points, self.rng.choice(tales.PRAISED), by)

    def _redeem(self, at: datetime, rider: Rider, station: int) -> None:
        gift, clerk = self.gifts[rider.goal], self._clerk(station)
        month = clock.shanghai_day(at)
        taken = (rider.pk, rider.goal, month.year, month.month)
        if rider.balance < gift.points or (gift.monthly_limit and self.taken[taken] >= gift.monthly_limit):
            return
        if not self.stock[station, rider.goal]:
            self.books.refuse(at, SoldOut(gift=gift.name), rider, gift, self.stations[station], clerk)
            return
        rider.balance -= gift.points
        self.stock[station, rider.goal] -= 1
        self.taken[taken] += 1
        hand_over = self.books.hand_over(at, rider, gift, self.stations[station], clerk)
        if self.rng.random() < ANNULLED / max(1.0, len(self.riders) / 1000):
            later = at + timedelta(minutes=self.rng.uniform(2, 12))
            self._plan(later, self._annul, rider, station, hand_over, taken)
        self._choose_goal(rider)

    def _annul(
        self, at: datetime, rider: Rider, station: int, hand_over: Redemption, taken: tuple[int, int, int, int]
    ) -> None:
        rider.balance += self.gifts[taken[1]].points
        self.stock[station, taken[1]] += 1
        self.taken[taken] -= 1
        self.books.annul(at, hand_over, self.rng.choice(tales.ANNULLED), self._clerk(station))

    def _restock(self, at: datetime) -> None:
        """In the morning, where little is left; on the first day, everywhere."""
        target = max(20, round(len(self.riders) * 0.024))
        for station in range(len(self.stations)):
            for number, gift in enumerate(self.gifts):
                left = self.stock.get((station, number), 0)
                if left < SCARCE or (left < LOW and self.rng.random() < 0.3):
                    quantity = self.rng.randint(target // 2, target)
                    note = "" if (station, number) in self.stock else "首批到货"
                    self.stock[station, number] = left + quantity
                    self.books.receive(at, gift, self.stations[station], quantity, note, self._clerk(station))

    def _choose_goal(self, rider: Rider) -> None:
        rider.goal = self.rng.choices(range(len(self.gifts)), weights=(2, 2, 3, 5, 5, 5))[0]

    def _clerk(self, station: int) -> User:
        return self.clerks[self.stations[station].organisation_id]
