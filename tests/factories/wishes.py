"""A street, claiming organisations and a courier around wishes, and wishes in any state, made by the services."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Courier, Organisation, User
from accounts.roles import Role
from stations.models import Station
from tests.factories.people import courier, enterprise, outlet, staff
from tests.factories.places import District, Kind, district, organisation, station
from wishes import services
from wishes.models import Wish
from wishes.states import WishState


@dataclass
class WishScene:
    """Who meets in a wish: `rider` hopes, `street` moderates, `league` and `company` grant."""

    district: District
    station: Station
    other_station: Station
    youth_league: Organisation  # of the district
    shop: Organisation  # a company of the first street
    rider: Courier
    street: User
    chief: User
    league: User
    company: User
    worker: User
    elsewhere: User

    def hung(self, *, rider: Courier | None = None, at: datetime | None = None, **wish: object) -> Wish:
        usual = {"category": "daily", "title": "新风扇", "price": 150, "text": "出租屋西晒，夜里睡不着。",
                 "for_whom": "自己", "station": self.station}  # fmt: skip
        return services.hang(rider or self.rider, **{**usual, **wish}, at=at)  # type: ignore[arg-type]

    def in_state(self, state: WishState, *, rider: Courier | None = None, at: datetime | None = None) -> Wish:
        """A wish that went the shortest way to `state`."""
        wish = self.hung(rider=rider, at=at)
        for move in WAYS[state]:
            wish = self.make(wish, move, at=at)
        assert wish.state == state
        return wish

    def make(self, wish: Wish, move: str, *, by: User | None = None, at: datetime | None = None) -> Wish:
        """Any move of the table, by whom it belongs to unless `by` says otherwise, with what it needs."""
        street, league, rider = by or self.street, by or self.league, by or wish.courier.user
        made = {
            "approve": lambda: services.approve(wish, by=street, at=at),
            "reject": lambda: services.reject(wish, reason="不能是现金", by=street, at=at),
            "claim": lambda: services.claim(wish, organisation=self.youth_league, by=league, at=at),
            "progress": lambda: services.progress(wish, note="已下单", by=league, at=at),
            "release": lambda: services.release(wish, by=league, at=at),
            "deliver": lambda: services.deliver(wish, text="放在柜台", by=league, at=at),
            "confirm": lambda: services.confirm(wish, by=rider, at=at),
            "thank": lambda: services.thank(wish, text="谢谢团区委", by=rider, at=at),
            "withdraw": lambda: services.withdraw(wish, reason="不需要了", by=rider, at=at),
        }
        return made[move]()


WAYS: dict[WishState, tuple[str, ...]] = {
    WishState.REVIEW: (),
    WishState.OPEN: ("approve",),
    WishState.CLAIMED: ("approve", "claim"),
    WishState.DELIVERED: ("approve", "claim", "deliver"),
    WishState.FULFILLED: ("approve", "claim", "deliver", "confirm"),
    WishState.REJECTED: ("reject",),
    WishState.WITHDRAWN: ("withdraw",),
}


def wish_scene() -> WishScene:
    place = district()
    youth_league = organisation(place.root, kind=Kind.DEPARTMENT, name="团区委")
    shop = organisation(place.street, kind=Kind.NEW_ORG, name="古田商会")
    return WishScene(
        district=place, station=station(place.community, "GT-1"), other_station=station(place.other_street, "HJ-1"),
        youth_league=youth_league, shop=shop,
        rider=courier(outlet(place.community, company=enterprise("中通快递")), name="何小蜂"),
        street=staff(Role.STREET_ADMIN, place.street, name="街道甲"),
        chief=staff(Role.DISTRICT_ADMIN, place.root, name="区管戊"),
        league=staff(Role.CLAIMER, youth_league, name="团委丙"),
        company=staff(Role.CLAIMER, shop, name="商会丁"),
        worker=staff(Role.COUNTER, place.community, name="社区庚"),
        elsewhere=staff(Role.STREET_ADMIN, place.other_street, name="别街己"),
    )  # fmt: skip
