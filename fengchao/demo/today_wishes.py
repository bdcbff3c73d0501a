"""What hangs on the trees now, through the services themselves: wishes in every state that a list should show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organisation, User
from fengchao.demo import pictures
from fengchao.demo.people import Rider
from fengchao.demo.wishes import BROUGHT, NOTES, TOLD
from stations.models import Station
from wishes import services
from wishes.models import Wish
from wishes.states import WishCategory

NEEDED = 30
WAITING = 12
DAY = timedelta(days=1)
ICE = "夏天常备冰水（示例）"


@dataclass
class TodaysWishes:
    riders: Sequence[Rider]  # thirty of them, who have no wish yet
    stations: Sequence[Station]
    by: User  # of the district
    clerks: dict[int, User]  # by id of the station's organisation
    claimants: Sequence[tuple[User, Organisation]]  # two
    now: datetime

    def __post_init__(self) -> None:
        self.waiting = iter(self.riders)

    def tell(self) -> None:
        self._in_review()
        for turn in range(WAITING):
            self._open(TOLD[turn], ago=DAY * (1 + turn % 9), anonymous=turn % 4 == 3)
        fresh = self._claimed(TOLD[0], ago=2 * DAY)
        services.progress(fresh, note=NOTES[0], by=self.claimants[0][0], at=self.now - DAY)
        self._claimed(TOLD[5], ago=6 * DAY, second=True)  # its last day is near
        for turn in (2, 8):
            self._delivered(TOLD[turn], ago=5 * DAY)
        lit = self._delivered(TOLD[6], ago=4 * DAY)
        services.thank(lit, text="妈妈会用了，谢谢（示例）", by=lit.courier.user, at=self.now - DAY / 2)
        released = self._claimed(TOLD[10], ago=9 * DAY)
        services.release(released, reason="款式买不到，先退回。", by=self.claimants[0][0], at=self.now - 3 * DAY)
        refused = self._hung(TOLD[3], ago=3 * DAY, text="折现给我也行（示例）")
        services.reject(refused, reason="心愿不能是现金，换一样东西再挂吧。", by=self.by, at=self.now - 2 * DAY)
        gone = self._hung(TOLD[4], ago=3 * DAY)
        services.withdraw(gone, by=gone.courier.user, at=self.now - 2 * DAY)
        self._shared()

    def _in_review(self) -> None:
        """A plain one, one filed from paper, and one with every flag."""
        self._hung(TOLD[7], ago=DAY / 8)
        self._hung(TOLD[9], ago=DAY / 6, on_paper=True)
        rider = next(self.waiting)
        services.hang(
            rider.courier, category=WishCategory.OTHER, title="电动车电池", price=900, station=self._station(rider),
            text="发红包也行，打我 138 0000 0000（示例）", for_whom="自己", at=self.now - DAY / 12,
        )  # fmt: skip

    def _shared(self) -> None:
        """Ice water: done at one station, decided at another, and wished for at a third."""
        for station, ago in zip(self.stations[:3], (12 * DAY, 4 * DAY, 2 * DAY), strict=True):
            told = (WishCategory.STATION, "冰水", "蜂巢里有冰水就好了。", "大家", 50)
            wishes = [self._open(told, ago=ago, station=station) for _ in range(2)]
            if ago > 3 * DAY:
                better = services.plan(station, title=ICE, wishes=wishes, by=self.by, at=self.now - ago + DAY)
                if ago > 10 * DAY:
                    services.finish(better, note="冰柜已装好（示例）", by=self.by, at=self.now - 6 * DAY)

    def _hung(
        self,
        told: tuple[str, str, str, str, int],
        *,
        ago: timedelta,
        text: str = "",
        station: Station | None = None,
        anonymous: bool = False,
        on_paper: bool = False,
    ) -> Wish:
        rider = next(self.waiting)
        station = station or self._station(rider)
        category, title, why, for_whom, price = told
        return services.hang(
            rider.courier, category=category, title=title, text=text or why, for_whom=for_whom, price=price,
            station=station, anonymous=anonymous, at=self.now - ago,
            filed_by=self.clerks[station.organisation_id] if on_paper else None,
        )  # fmt: skip

    def _open(
        self,
        told: tuple[str, str, str, str, int],
        *,
        ago: timedelta,
        station: Station | None = None,
        anonymous: bool = False,
    ) -> Wish:
        wish = self._hung(told, ago=ago + DAY / 4, station=station, anonymous=anonymous)
        return services.approve(wish, by=self.by, at=self.now - ago)

    def _claimed(self, told: tuple[str, str, str, str, int], *, ago: timedelta, second: bool = False) -> Wish:
        claimant, office = self.claimants[second]
        wish = self._open(told, ago=ago + DAY)
        return services.claim(wish, organisation=office, by=claimant, at=self.now - ago)

    def _delivered(self, told: tuple[str, str, str, str, int], *, ago: timedelta) -> Wish:
        wish, claimant = self._claimed(told, ago=ago), self.claimants[0][0]
        shot = pictures.parcel(by=claimant)
        return services.deliver(wish, text=BROUGHT, photo_id=shot, by=claimant, at=self.now - ago + 2 * DAY)

    def _station(self, rider: Rider) -> Station:
        return self.stations[rider.haunts[0]]
