"""The last hours before now, through the services themselves: what waits, what is set aside, what was counted.

So that every list of a new district has something to show. It follows the history, and its postings are later than all
of that: a statement stays in order of time.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from fengchao.core import clock, codes
from fengchao.core.errors import RuleBroken
from fengchao.demo import tales
from fengchao.demo.people import Rider
from fengchao.demo.reports import Cases
from fengchao.demo.today_reports import TodaysReports
from gifts import services
from gifts.models import Gift, PaperSlip, Reservation, StockTake, StockTakeLine
from gifts.services import catalogue, slips, stock_levels
from gifts.states import MovementKind, ReservationState, SlipState, StockTakeState, SuggestionState
from points.models import POINTS, Account, Balance, Budget
from points.services import approve, grant, reject, take_back
from points.services.closing import EARNED_FROM
from stations.models import Station

LENGTH = timedelta(minutes=40)
RESERVED = 36  # of which a quarter each is fetched, cancelled, over, and waiting
MOST_REPORTED = 10
LATEST = timedelta(hours=76)  # couriers who take part here were verified before that
# What a programme may give in a year, as a multiple of what it has given: one has nearly spent it.
BUDGETS = {Account.Kind.MANUAL: 1.6, Account.Kind.REPORTS: 1.3, Account.Kind.DEEDS: 1.06, Account.Kind.CHECKINS: 1.4}


@dataclass
class Today:
    rng: Random
    riders: list[Rider]
    stations: list[Station]
    gifts: list[Gift]
    clerks: dict[int, User]  # by id of the station's organisation
    granters: list[User]  # two: what one writes the other decides
    cases: Cases
    now: datetime

    def __post_init__(self) -> None:
        self.moments = self._moments()
        known = [rider for rider in self.riders if rider.verified_at and rider.verified_at < self.now - LATEST]
        self.regulars = sorted(known, key=lambda rider: -rider.balance)

    def tell(self) -> None:
        if not self.regulars:
            return
        with codes.drawn_from(self.rng):
            self._reserve()
            self._refuse()
            self._grant()
            self._move_stock()
            self._count()
            self._enter_slips()
            self._report()
        self._suggest()
        self._settle()

    def _reserve(self) -> None:
        """Set gifts aside in the past three days; some are fetched in these minutes."""
        hours = sorted(
            self.rng.uniform(49, 72) if turn % 4 == 2 else self.rng.uniform(1, 46) for turn in range(RESERVED)
        )
        made: list[Reservation] = []
        for rider, ago in zip(self.regulars, reversed(hours), strict=False):
            gift = self.rng.choice([gift for gift in self.gifts if gift.points <= rider.balance] or self.gifts[-1:])
            station = self.stations[rider.haunts[0]]
            try:
                made.append(services.reserve(rider.courier, gift, station=station, at=self.now - timedelta(hours=ago)))
            except RuleBroken:  # has had enough of it this month, or it is sold out: on record as refused
                continue
        services.expire_reservations(self.now)
        fresh = [reservation for reservation in made if reservation.expires_at > self.now]
        for reservation in fresh[::3]:
            services.cancel(reservation, by=reservation.courier.user, at=reservation.at + timedelta(minutes=30))
        for reservation in fresh[1::3]:
            clerk = self._clerk(reservation.station)
            services.pick_up(reservation.pickup_code, station=reservation.station, by=clerk, at=next(self.moments))

    def _refuse(self) -> None:
        """One of each thing that may be refused, at the counter and on the phone."""
        poorest, dearest = self.regulars[-1], self.gifts[0]
        station = self.stations[poorest.haunts[0]]
        clerk = self._clerk(station)
        over = Reservation.objects.filter(state=ReservationState.EXPIRED).order_by("at").first()
        with suppress(RuleBroken):
            services.reserve(poorest.courier, dearest, station=station, at=next(self.moments))
        with suppress(RuleBroken):
            services.redeem(poorest.courier, dearest, station=station, by=clerk, at=next(self.moments))
        with suppress(RuleBroken):
            services.pick_up(over.pickup_code if over else "", station=station, by=clerk, at=next(self.moments))

    def _grant(self) -> None:
        """Six that need a second person: two approved (one of them taken back since), one rejected, three wait."""
        writes, decides = self.granters
        asked = zip(self.regulars[::-1], (80, 100, 120, 150, 200, 60), (3, 3, 2, 2, 1, 1), strict=False)
        waiting = [
            grant(
                rider.courier, points, reason=self.rng.choice(tales.PRAISED), by=writes,
                at=self.now - timedelta(days=days),
            )
            for rider, points, days in asked
        ]  # fmt: skip
        for given in waiting[:2]:
            approve(given, by=decides, at=next(self.moments))
        for given in waiting[:1]:
            take_back(given, reason=tales.TAKEN_BACK, by=decides, at=next(self.moments))
        for given in waiting[2:3]:
            reject(given, by=decides, note=tales.REJECTED, at=next(self.moments))

    def _move_stock(self) -> None:
        """Each kind of movement at three stations."""
        for here, there in zip(self.stations[:3], self.stations[3:6], strict=True):
            gift = max(stock_levels(here), key=lambda level: level.available)
            enough = gift.available >= 4
            moves = {
                MovementKind.RETURNED: 1,
                MovementKind.WRITTEN_OFF: 1,
                MovementKind.TRANSFERRED: 2,
                MovementKind.COUNTED: gift.on_hand - 3,
            }
            for kind, quantity in moves.items():
                if enough:
                    services.move(
                        kind, gift.gift, here, quantity=quantity, by=self.granters[0], at=next(self.moments),
                        to_station=there if kind == MovementKind.TRANSFERRED else None, note=tales.MOVED[kind],
                    )  # fmt: skip

    def _count(self) -> None:
        """A stock-take that the counter has confirmed and nobody has posted."""
        station = self.stations[1]
        clerk, begun = self._clerk(station), self.now - timedelta(hours=3)
        count = StockTake.objects.create(
            number=f"S{codes.random_code(8)}", station=station, begun_by=clerk, begun_at=begun, note=tales.COUNTED
        )
        for turn, level in enumerate(stock_levels(station)):
            StockTakeLine.objects.create(
                stock_take=count, gift=level.gift, expected=level.on_hand, by=clerk,
                counted=max(level.reserved, level.on_hand - (turn == 1)), at=begun + timedelta(minutes=5 * turn),
            )  # fmt: skip
        count.state, count.confirmed_by = StockTakeState.CONFIRMED, clerk
        count.confirmed_at = begun + timedelta(hours=1)
        count.save()

    def _enter_slips(self) -> None:
        """Three hand-overs that only paper knew of: one waits, one was sent back, one lacks the points."""
        station = self.stations[0]
        for rider, state in zip(self.regulars[-2:], (SlipState.PENDING, SlipState.REJECTED), strict=False):
            slip = PaperSlip(
                number=f"P{codes.random_code(8)}", station=station, courier=rider.courier, gift=self.gifts[-1],
                handed_over_at=self.now - timedelta(hours=26), at=self.now - timedelta(hours=20),
                reason=tales.OUTAGE, by=self._clerk(station), state=state,
            )  # fmt: skip
            if state == SlipState.REJECTED:
                slip.decided_by, slip.decided_at = self.granters[0], self.now - timedelta(hours=2)
                slip.decision_note = tales.SLIP_REJECTED
            slip.save(force_insert=True)
        lacking = slips.enter(
            self.regulars[-1].courier, self.gifts[0], station=station, handed_over_at=self.now - timedelta(hours=25),
            reason=tales.OUTAGE, by=self._clerk(station), at=self.now - timedelta(hours=20),
        )  # fmt: skip
        with suppress(RuleBroken):
            slips.approve(lacking, by=self.granters[0], at=next(self.moments))

    def _report(self) -> None:
        first, second = self.granters
        riders = self.regulars[len(self.regulars) // 2 :]
        if len(riders) >= MOST_REPORTED:
            TodaysReports(self.rng, riders, self.stations, self.cases, (first, second), self.moments).tell()

    def _suggest(self) -> None:
        for turn, text in enumerate(tales.WANTED):
            rider = self.regulars[turn * len(self.regulars) // len(tales.WANTED)]
            at = self.now - timedelta(days=len(tales.WANTED) - turn, hours=self.rng.uniform(0, 20))
            suggestion = catalogue.suggest(rider.courier, text, at=at)
            if turn < len(tales.ANSWERS):
                state, reply = tales.ANSWERS[turn]
                answered = at + timedelta(hours=20)
                catalogue.answer(suggestion, SuggestionState(state), reply=reply, by=self.granters[0], at=answered)

    def _settle(self) -> None:
        """What the riders have now, as the books say."""
        posted = Balance.objects.filter(account__kind=Account.Kind.COURIER, account__unit=POINTS)
        balances = dict(posted.values_list("account_id", "posted"))
        for rider in self.riders:
            rider.balance = balances[rider.account]

    def _moments(self) -> Iterator[datetime]:
        at = self.now - LENGTH
        while at < self.now:
            at += timedelta(seconds=20)
            yield min(at, self.now)

    def _clerk(self, station: Station) -> User:
        return self.clerks[station.organisation_id]


def set_budgets(given: dict[tuple[str, int], int], now: datetime) -> None:
    """This year's and last year's budget of each programme, in whole hundreds."""
    year = clock.shanghai_day(now).year
    Budget.objects.bulk_create(
        Budget(programme=kind, year=each, points=max(1000, round(given[kind, year] * BUDGETS[kind], -2)))
        for kind in EARNED_FROM
        for each in (year - 1, year)
    )
