"""The sponsor's 130 check-up cards: most used, some booked, a few still in hand, through the services themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from accounts.models import Enterprise, Honour, Organisation, User
from fengchao.core import clock, codes
from fengchao.demo.people import Rider
from stations.opening.calendar import is_workday
from vouchers import services
from vouchers.models import Allotment, Booking, Item, Programme, Slot, Voucher

SPONSOR, ADDRESS = "武汉美年大健康", "解放大道 1045 号（示例）"
NAME = "快递小哥关爱体检"
QUOTA, FACE_VALUE, CAPACITY = 130, 1000, 8
ITEMS = ("采血", "内科", "外科", "心电图", "彩超", "五官")
HONOUR = "优秀快递员"
MORNING = (time(8), time(8, 30), time(9), time(9, 30))
LENGTH = timedelta(minutes=30)
PAST_DAYS, COMING_DAYS = 40, 21
COMPLETED, PARTIAL, BOOKED = 0.45, 0.05, 0.3  # of the cards; the others are still in hand
WAITING = 5


@dataclass
class Vouchers:
    rng: Random
    riders: Sequence[Rider]  # verified, of an outlet
    clinic: Organisation
    district: Organisation
    by: User
    nurse: User
    now: datetime

    def give(self) -> None:
        """As many cards as there are couriers for them; a full district gives all 130 and has a waiting list."""
        chosen = self._excellent()
        if not chosen:
            return
        programme = self._programme(len(chosen))
        slots = self._line(programme)
        ago = self.now - timedelta(days=PAST_DAYS + 2)
        with codes.drawn_from(self.rng):
            vouchers = [services.issue(programme, rider.courier, by=self.by, at=ago) for rider in chosen[:QUOTA]]
        done = round(len(vouchers) * (COMPLETED + PARTIAL))
        booked = round(len(vouchers) * BOOKED)
        past = [slot for slot in slots if slot.ends_at < self.now for _ in range(slot.capacity)]
        coming = [slot for slot in slots if slot.starts_at > self.now for _ in range(slot.capacity)]
        for voucher, slot in zip(vouchers[:done], past, strict=False):
            self._examined(voucher, slot, left_out=self.rng.random() < PARTIAL / (COMPLETED + PARTIAL))
        for voucher, slot in zip(vouchers[done : done + booked], self.rng.sample(coming, len(coming)), strict=False):
            services.book(voucher, slot, by=voucher.courier.user, at=self.now - timedelta(days=2))
        for rider in chosen[QUOTA : QUOTA + WAITING]:
            services.wait(programme, rider.courier, by=self.by, at=self.now - timedelta(days=1))

    def _excellent(self) -> list[Rider]:
        """The best of the year, who were given their title first."""
        chosen = sorted(self.riders, key=lambda rider: -rider.zeal)[: QUOTA + WAITING]
        chosen = chosen if len(self.riders) > QUOTA + WAITING else chosen[: len(self.riders) // 4]
        year, at = clock.shanghai_day(self.now).year, self.now - timedelta(days=PAST_DAYS + 5)
        Honour.objects.bulk_create(
            Honour(courier=rider.courier, title=HONOUR, year=year, by=self.by, at=at) for rider in chosen
        )
        return chosen

    def _programme(self, cards: int) -> Programme:
        today = clock.shanghai_day(self.now)
        programme = Programme.objects.create(
            name=NAME, organisation=self.district, sponsor=SPONSOR, centre=self.clinic, address=ADDRESS,
            phone="027-83000000", face_value=FACE_VALUE, quota=min(QUOTA, cards), needs_honour=HONOUR, is_example=True,
            valid_from=today - timedelta(days=PAST_DAYS + 10), valid_until=today + timedelta(days=90),
        )  # fmt: skip
        for order, name in enumerate(ITEMS, 1):
            Item.objects.create(programme=programme, order=order, name=name)
        for enterprise in Enterprise.objects.order_by("pk"):
            Allotment.objects.create(programme=programme, enterprise=enterprise, places=QUOTA)
        return programme

    def _line(self, programme: Programme) -> list[Slot]:
        """Four half-hours of each working morning, with eight places each."""
        today = clock.shanghai_day(self.now)
        days = [today + timedelta(days=day) for day in range(-PAST_DAYS, COMING_DAYS)]
        starts = [_at(day, hour) for day in days if is_workday(day) for hour in MORNING]
        return Slot.objects.bulk_create(
            Slot(programme=programme, starts_at=start, ends_at=start + LENGTH, capacity=CAPACITY) for start in starts
        )

    def _examined(self, voucher: Voucher, slot: Slot, *, left_out: bool) -> None:
        services.book(voucher, slot, by=voucher.courier.user, at=slot.starts_at - timedelta(days=1, hours=3))
        Booking.objects.live().filter(voucher=voucher).update(reminded_at=slot.starts_at - timedelta(days=1))
        services.check_in(voucher, by=self.nurse, at=slot.starts_at + timedelta(minutes=2))
        items = list(voucher.programme.items.all())
        for turn, item in enumerate(items[:-1] if left_out else items):
            at = slot.starts_at + timedelta(minutes=6 + 7 * turn)
            services.tick(voucher, item, done=True, by=self.nurse, at=at)
        services.complete(voucher, by=self.nurse, at=slot.starts_at + timedelta(minutes=60))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=clock.SHANGHAI)
