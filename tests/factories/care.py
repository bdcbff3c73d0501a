"""A street and the district around visits to outlets, and visits in any state, made by the services."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Courier, Outlet, User
from accounts.roles import Role
from activities.models import CareVisit, Kit, KitStock, Need
from activities.services import care, kits, needs
from fengchao.core import clock
from stations.models import Station
from tests.factories.people import courier, enterprise, outlet, staff
from tests.factories.places import District, district, station


@dataclass
class CareScene:
    """`worker` of a community visits `outlet` of his street; `far_outlet` lies in another."""

    district: District
    station: Station
    outlet: Outlet
    second: Outlet
    far_outlet: Outlet
    rider: Courier
    kit: Kit
    worker: User
    street: User
    chief: User
    auditor: User
    elsewhere: User

    def planned(self, *outlets: Outlet, by: User | None = None, at: datetime | None = None) -> CareVisit:
        """The first of the visits, planned for the day of `at` in the name of the community."""
        at = at or clock.now()
        return care.plan(
            outlets or [self.outlet], organisation=self.district.community, on=clock.shanghai_day(at),
            by=by or self.worker, at=at,
        )[0]  # fmt: skip

    def done(self, visit: CareVisit | None = None, *, at: datetime | None = None, **said: object) -> CareVisit:
        usual = {"contact": "met", "couriers_reached": 6, "notes": "都挺好。"}
        return care.finish(visit or self.planned(at=at), by=self.worker, at=at, **{**usual, **said})  # type: ignore[arg-type]

    def need(self, text: str = "想要把伞", courier: Courier | None = None) -> Need:
        return needs.raise_need(self.done(), text=text, by=self.worker, courier=courier)

    def stocked(self, pieces: int) -> Kit:
        kits.receive(self.kit, self.district.community, pieces=pieces, by=self.worker)
        return self.kit

    def on_hand(self) -> int:
        return KitStock.objects.get(organisation=self.district.community, kit=self.kit).on_hand


def care_scene() -> CareScene:
    place = district()
    home = outlet(place.street, company=enterprise("中通快递"), name="解放大道网点")
    return CareScene(
        district=place, station=station(place.community, "GT-1"), outlet=home,
        second=outlet(place.street, name="古田路网点"), far_outlet=outlet(place.other_street, name="汉正街网点"),
        rider=courier(home, name="何小蜂"), kit=Kit.objects.create(name="消暑礼包", contents="毛巾、藿香正气水"),
        worker=staff(Role.COUNTER, place.community, name="社区庚"),
        street=staff(Role.STREET_ADMIN, place.street, name="街道甲"),
        chief=staff(Role.DISTRICT_ADMIN, place.root, name="区管戊"),
        auditor=staff(Role.AUDITOR, place.root, name="审计辛"),
        elsewhere=staff(Role.STREET_ADMIN, place.other_street, name="别街己"),
    )  # fmt: skip
