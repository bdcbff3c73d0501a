"""Half a year in the district, event by event in order of time: who dropped in, reported, helped, and got what for it.

Nothing is written here: what happens goes to `Books`. The rules are kept as the services keep them (caps, monthly
limits, nothing below zero, verified before the first gift), so that a courier's statement reads like a real one.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random
from typing import Any, TypeVar

from accounts.models import User
from fengchao.core import clock
from fengchao.demo import tales
from fengchao.demo.books import Books
from fengchao.demo.people import Rider
from fengchao.demo.reports import LIKED, RATED, REFUSED, SLOW, Case, Cases
from fengchao.demo.rewards import CHECK_IN, DEED_DONE, REPORT_ACCEPTED, REPORT_RESOLVED, Earning
from gifts.models import LARGEST_QUANTITY, Gift, Redemption
from gifts.problems import InsufficientPoints, SoldOut
from stations.models import SAME_VISIT, Near, Station

T = TypeVar("T")

VISITS = 0.15  # things that an average courier does on an average day and that are written down
HEAT = {1: 1.0, 2: 0.9, 3: 0.8, 4: 0.8, 5: 0.9, 6: 1.2, 7: 1.7, 8: 1.8, 9: 1.2, 10: 0.9, 11: 0.9, 12: 1.0}
SO_FAR = 0.6  # the part of today that is told, whatever the hour
OPENS, CLOSES = time(7, 30), time(21, 0)
OFFICE = time(9)  # when handling units begin to report back
CLERK_DAY_SUM = 200  # what one clerk may grant in a day without a second person
LOW, SCARCE = 6, 3  # pieces
UNLOCATED, AT_COUNTER = 0.12, 0.85  # of the check-ins: up to here without a position, from here on by the counter
ANNULLED, FIRST_ANNULLED = 100, 3  # each so many-th of the gifts handed over, and which comes first: no draw misses it
CARRIED = (80, 120, 150, 200, 300, 400, 600)  # points that couriers of long standing brought from last year
GOALS = tuple(accumulate((2, 2, 3, 5, 5, 5)))  # how many save for which gift


@dataclass(slots=True)
class Earned:
    """What a courier had of one rule, for the caps."""

    day: int
    this_day: int
    month: int
    this_month: int


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
    cases: Cases
    since: datetime
    now: datetime
    opening: datetime  # when last year's points were brought over
    day: date = date.min  # the one that is being told
    agenda: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    order: count = field(default_factory=count)
    earned: dict[tuple[int, str], Earned] = field(default_factory=dict)
    taken: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)  # rider, gift, year, month
    granted: Counter[tuple[int, date]] = field(default_factory=Counter)
    seen: dict[tuple[int, int], datetime] = field(default_factory=dict)  # rider, station: his last check-in
    stock: dict[tuple[int, int], int] = field(default_factory=dict)
    deeds: count = field(default_factory=lambda: count(1))

    def tell(self) -> None:
        today = clock.shanghai_day(self.now)
        zeal = list(accumulate(rider.zeal for rider in self.riders))
        for rider in self.riders:
            self._choose_goal(rider)
        self._carry_over()
        present = 0
        self.day = clock.shanghai_day(self.since)
        while self.day <= today:
            start, end = self._hours(self.day)
            while present < len(self.riders) and self.riders[present].joined < start:
                present += 1
            self._plan(start, self._restock)
            visits = round(present * VISITS * HEAT[self.day.month] * (SO_FAR if self.day == today else 1))
            if present:
                for rider in self.rng.choices(self.riders[:present], cum_weights=zeal[:present], k=visits):
                    self._plan(start + (end - start) * self.rng.uniform(0.01, 0.97), self._come, rider)
            while self.agenda and self.agenda[0][0] <= end:
                at, _, act, who = heappop(self.agenda)
                act(at, *who)
            self.day += timedelta(days=1)

    def _carry_over(self) -> None:
        """What couriers of long standing had when the year ended; what they do not spend is lost when this one does."""
        by, approved_by = self.granters
        at = self.opening
        for rider in self.riders:
            if rider.joined < self.opening:
                at += timedelta(milliseconds=20)
                self.books.grant(at, rider, self._one_of(CARRIED), tales.CARRIED, by, approved_by=approved_by)

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
        station = self._one_of(rider.haunts)
        luck = self.rng.random()
        if luck < 0.46:
            self._check_in(at, rider, station)
        elif luck < 0.88:
            self._report(at, rider, station)
        elif luck < 0.98:
            self._award(at, rider, DEED_DONE, "deed", f"用心做 · {self._one_of(tales.DONE)}")
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

    def _check_in(self, at: datetime, rider: Rider, station: int) -> None:
        """By the poster with the position, by the counter, or by the poster without; once in half an hour."""
        last = self.seen.get((rider.pk, station))
        if last is not None and at - last < SAME_VISIT:
            return
        self.seen[rider.pk, station] = at
        luck = self.rng.random()
        clerk = self._clerk(station) if luck > AT_COUNTER else None
        near = Near.UNKNOWN if luck < UNLOCATED else Near.YES
        visit = self.books.visit(at, rider, self.stations[station], near, clerk)
        if near == Near.YES:
            title, key = f"到站签到 · {self.stations[station].name}", str(visit.pk)
            visit.points, visit.transfer_id = self._award(at, rider, CHECK_IN, "visit", title, key)

    def _report(self, at: datetime, rider: Rider, station: int) -> None:
        case = self.cases.file(at, rider, self.stations[station])
        if self.rng.random() < REFUSED:
            self._plan(self._office(at), self._refuse, case)
        else:
            self._plan(self._soon(at), self._accept, case)

    def _refuse(self, at: datetime, case: Case) -> None:
        case.refused = at

    def _accept(self, at: datetime, case: Case) -> None:
        case.accepted = at
        title = f"随手拍 · {case.what}（受理）"
        self._award(at, case.rider, REPORT_ACCEPTED, "report", title, case.number)
        self._plan(self._soon(at), self._assign, case)

    def _assign(self, at: datetime, case: Case) -> None:
        case.assigned = at
        self._plan(self._office(at), self._start, case)

    def _start(self, at: datetime, case: Case) -> None:
        case.started = at
        days = self._one_of(range(6, 21)) if self.rng.random() < SLOW else self._one_of(range(6))
        self._plan(self._office(at + timedelta(days=days)), self._resolve, case)

    def _resolve(self, at: datetime, case: Case) -> None:
        case.resolved = at
        if self.rng.random() < RATED:
            case.stars = self._one_of(LIKED)
        self._award(at, case.rider, REPORT_RESOLVED, "report", f"随手拍 · {case.what}", case.number)

    def _soon(self, at: datetime) -> datetime:
        """In an hour at most, where the office is still open then."""
        later = at + timedelta(minutes=self.rng.uniform(4, 60))
        closes = datetime.combine(clock.shanghai_day(at), CLOSES, tzinfo=clock.SHANGHAI)
        return later if later < closes else self._office(at)

    def _office(self, at: datetime) -> datetime:
        """Some time in the next day's office hours."""
        morning = datetime.combine(clock.shanghai_day(at) + timedelta(days=1), OFFICE, tzinfo=clock.SHANGHAI)
        return morning + timedelta(minutes=self.rng.uniform(0, 500))

    def _award(
        self, at: datetime, rider: Rider, rule: Earning, source: str, title: str, case: str | None = None
    ) -> tuple[int, int | None]:
        """Cut to what the caps leave, as the service does; where nothing is left, that is what is written. The points
        and the number of their transfer."""
        points = self._within_caps(rider, rule)
        case = case or f"demo-{next(self.deeds):07}"
        if points > 0:
            return points, self.books.award(at, rider, rule, points, source, case, title)
        self.books.refuse_award(at, rider, rule, source, case)
        return 0, None

    def _within_caps(self, rider: Rider, rule: Earning) -> int:
        day, month = self.day.toordinal(), self.day.month
        earned = self.earned.get((rider.account, rule.event))
        if earned is None:
            earned = self.earned[rider.account, rule.event] = Earned(day, 0, month, 0)
        if earned.day != day:
            earned.day, earned.this_day = day, 0
        if earned.month != month:
            earned.month, earned.this_month = month, 0
        points = min(rule.points, rule.day_cap - earned.this_day, rule.month_cap - earned.this_month)
        earned.this_day += points
        earned.this_month += points
        return points

    def _praise(self, at: datetime, rider: Rider) -> None:
        by, points = self._one_of(self.granters), self._one_of((20, 30, 50))
        if self.granted[by.pk, self.day] + points <= CLERK_DAY_SUM:
            self.granted[by.pk, self.day] += points
            self.books.grant(at, rider, points, self._one_of(tales.PRAISED), by)

    def _redeem(self, at: datetime, rider: Rider, station: int) -> None:
        gift, clerk = self.gifts[rider.goal], self._clerk(station)
        taken = (rider.pk, rider.goal, self.day.year, self.day.month)
        if rider.balance < gift.points or (gift.monthly_limit and self.taken[taken] >= gift.monthly_limit):
            return
        if not self.stock[station, rider.goal]:
            self.books.refuse(at, SoldOut(gift=gift.name), rider, gift, self.stations[station], clerk)
            return
        self.stock[station, rider.goal] -= 1
        self.taken[taken] += 1
        before = len(self.books.redemptions)
        hand_over = self.books.hand_over(at, rider, gift, self.stations[station], clerk)
        if before % ANNULLED == FIRST_ANNULLED:
            later = at + timedelta(minutes=self.rng.uniform(2, 12))
            self._plan(later, self._annul, rider, station, hand_over, taken)
        self._choose_goal(rider)

    def _annul(
        self, at: datetime, rider: Rider, station: int, hand_over: Redemption, taken: tuple[int, int, int, int]
    ) -> None:
        self.stock[station, taken[1]] += 1
        self.taken[taken] -= 1
        self.books.annul(at, rider, hand_over, self._one_of(tales.ANNULLED), self._clerk(station))

    def _restock(self, at: datetime) -> None:
        """In the morning, where little is left; on the first day, everywhere."""
        target = min(max(20, round(len(self.riders) * 0.024)), LARGEST_QUANTITY)
        for station in range(len(self.stations)):
            for number, gift in enumerate(self.gifts):
                left = self.stock.get((station, number), 0)
                if left < SCARCE or (left < LOW and self.rng.random() < 0.3):
                    quantity = self.rng.randint(target // 2, target)
                    note = "" if (station, number) in self.stock else "首批到货"
                    self.stock[station, number] = left + quantity
                    self.books.receive(at, gift, self.stations[station], quantity, note, self._clerk(station))

    def _choose_goal(self, rider: Rider) -> None:
        rider.goal = self.rng.choices(range(len(self.gifts)), cum_weights=GOALS)[0]

    def _one_of(self, things: Sequence[T]) -> T:
        """`Random.choice` in a third of its time."""
        return things[int(self.rng.random() * len(things))]

    def _clerk(self, station: int) -> User:
        return self.clerks[self.stations[station].organisation_id]
