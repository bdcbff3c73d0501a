"""Half a year of visits to outlets: kits that came and were left, what was needed, and what is planned now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from accounts.models import Organisation, Outlet, User
from activities.care_states import CareState, Contact, KitMove, NeedState
from activities.models import CareVisit, Kit, KitMovement, Need
from fengchao.core import clock
from fengchao.demo.organisations import EXAMPLE
from wishes.models import Wish

NEVER = 14  # outlets that nobody has visited yet
KITS = (
    ("消暑礼包", "毛巾、藿香正气水、风油精、矿泉水", 500),
    ("暖冬礼包", "手套、护膝、保温杯、姜茶", 300),
)
NOTES = (
    "人员齐全，反映中午休息的地方小。", "高峰期人手紧，其他都好。", "饮水机坏了，已请网点报修。",
    "小哥对体检卡很关心，已讲清怎么约。",
    "宣传了用电安全，充电柜放得合理。", "介绍了附近的蜂巢，几位小哥当场登记。",
)  # fmt: skip
NEEDS = (
    "门口路灯坏了，晚上装车看不清。", "想学简单的修车。", "中午想有个热饭的地方。",
    "孩子暑假没人带，想问有没有托管班。",
    "雨衣旧了，想换一件。", "网点门口常被车堵。",
)  # fmt: skip
SETTLED = ("已介绍到最近的蜂巢热饭。", "社区送了两件雨衣。", "已联系社区托管班。")
MISSED = (Contact.CLOSED, Contact.NOBODY, Contact.REFUSED)
TO_WISHES = 5


@dataclass
class Visits:
    """Everything is written in the order of time, so that no kit is left before it came."""

    rng: Random
    outlets: Sequence[Outlet]
    clerks: dict[int, User]  # organisation → who stands at its counter
    district: Organisation
    chief: User
    since: datetime
    now: datetime
    visits: list[CareVisit] = field(default_factory=list)
    homes: dict[str, Organisation] = field(default_factory=dict)

    def tell(self) -> None:
        kits = Kit.objects.bulk_create(
            Kit(name=f"{name}{EXAMPLE}", contents=contents, is_example=True) for name, contents, _ in KITS
        )
        self._find_communities()
        chosen = self.rng.sample(list(self.outlets), max(0, len(self.outlets) - NEVER))
        for outlet in chosen:
            for _ in range(self.rng.choice((1, 1, 1, 2))):
                self.visits.append(self._done(outlet))
        self.visits.sort(key=lambda visit: visit.visited_at or self.now)
        CareVisit.objects.bulk_create(self.visits)
        self._leave_kits(kits)
        self._hear()
        self._hear_wishes()
        self._plan()

    def _find_communities(self) -> None:
        """Who visits in each street: the first community there with somebody at its counter."""
        for one in Organisation.objects.filter(pk__in=self.clerks).order_by("path"):
            self.homes.setdefault(one.street.path, one)

    def _visitor(self, outlet: Outlet) -> tuple[Organisation, User]:
        home = self.homes.get(outlet.organisation.path)
        return (home, self.clerks[home.pk]) if home else (self.district, self.chief)

    def _done(self, outlet: Outlet) -> CareVisit:
        place, by = self._visitor(outlet)
        day = clock.shanghai_day(self.since) + timedelta(days=self.rng.randrange((self.now - self.since).days - 1))
        at = clock.day_bounds(day)[0] + timedelta(hours=9, minutes=self.rng.randrange(8 * 60))
        met = self.rng.random() > 0.08
        return CareVisit(
            outlet=outlet, organisation=place, planned_on=day, planned_by=by, planned_at=at - timedelta(days=3),
            visitors="社区工作者 2 人", state=CareState.DONE, visited_at=at, ended_by=by,
            ended_at=at + timedelta(minutes=25), contact=Contact.MET if met else self.rng.choice(MISSED),
            couriers_reached=self.rng.randrange(3, 9) if met else 0, notes=self.rng.choice(NOTES) if met else "",
        )  # fmt: skip

    def _leave_kits(self, kits: list[Kit]) -> None:
        """Summer's kits in summer; each organisation had received what it left, and has some more."""
        left = []
        for visit in self.visits:
            if visit.couriers_reached and visit.visited_at:
                warm = 5 <= visit.visited_at.astimezone(clock.SHANGHAI).month <= 9
                kit = kits[0] if warm else kits[1]
                left.append((visit, kit))
        places = {visit.organisation_id: visit.organisation for visit, _ in left} | {self.district.pk: self.district}
        came = []
        for key, place in places.items():
            for kit, (_, _, spare) in zip(kits, KITS, strict=True):
                gone = sum(
                    visit.couriers_reached for visit, each in left if each == kit and visit.organisation_id == key
                )
                number = gone + (spare if place == self.district else self.rng.randrange(10, 60))
                came.append(self._moved(place, kit, KitMove.RECEIVED, number, self.since, note="区里统一采购"))
        KitMovement.objects.bulk_create(came)
        KitMovement.objects.bulk_create(
            self._moved(
                visit.organisation, kit, KitMove.HANDED_OUT, -visit.couriers_reached, visit.ended_at, visit=visit
            )
            for visit, kit in left
        )

    def _moved(
        self, place: Organisation, kit: Kit, kind: KitMove, number: int, at: datetime | None, *, note: str = "",
        visit: CareVisit | None = None,
    ) -> KitMovement:  # fmt: skip
        by = visit.ended_by if visit else self.chief
        return KitMovement(
            organisation=place, kit=kit, kind=kind, number=number, at=at or self.now, by=by, visit=visit, note=note
        )

    def _hear(self) -> None:
        """What was needed on some visits: solved when it is long ago, waiting when it is not."""
        met = [visit for visit in self.visits if visit.couriers_reached]
        heard = self.rng.sample(met, min(len(met), 16))
        Need.objects.bulk_create(self._need(visit) for visit in sorted(heard, key=lambda visit: visit.pk))

    def _need(self, visit: CareVisit) -> Need:
        at = visit.ended_at or self.now
        need = Need(visit=visit, text=self.rng.choice(NEEDS), raised_by=visit.ended_by, raised_at=at)
        if at < self.now - timedelta(days=30):
            need.state, need.outcome = NeedState.SETTLED, self.rng.choice(SETTLED)
            need.ended_by, need.ended_at = visit.ended_by, at + timedelta(days=2)
        return need

    def _hear_wishes(self) -> None:
        """A few wishes of the history were first heard where their couriers ride."""
        places = {visit.outlet_id: visit for visit in self.visits if visit.couriers_reached}
        wishes = Wish.objects.filter(courier__outlet__in=places).select_related("courier").order_by("hung_at", "pk")
        needs: list[Need] = []
        for wish in wishes:
            visit = places.get(wish.courier.outlet_id or 0)
            if visit is None or visit.ended_at is None or wish.hung_at < visit.ended_at or len(needs) == TO_WISHES:
                continue
            needs.append(
                Need(visit=visit, text=wish.title, courier=wish.courier, raised_by=visit.ended_by,
                     raised_at=visit.ended_at, state=NeedState.WISH, became_key=str(wish.pk), ended_by=visit.ended_by,
                     ended_at=wish.hung_at)
            )  # fmt: skip
        Need.objects.bulk_create(needs)

    def _plan(self) -> None:
        """In each street some for today, some that are late, some ahead."""
        today = clock.shanghai_day(self.now)
        by_place: dict[int, list[Outlet]] = {}
        for outlet in self.outlets:
            by_place.setdefault(self._visitor(outlet)[0].pk, []).append(outlet)
        plans = []
        for outlets in by_place.values():
            for position, outlet in enumerate(self.rng.sample(outlets, min(6, len(outlets)))):
                place, by = self._visitor(outlet)
                day = today + timedelta(days=(0, 0, 0, -2, 3, 5)[position])
                plans.append(
                    CareVisit(outlet=outlet, organisation=place, planned_on=day, planned_by=by,
                              planned_at=self.now - timedelta(days=4), route="送清凉一线" if day == today else "",
                              position=position, visitors="社区工作者 2 人")
                )  # fmt: skip
        CareVisit.objects.bulk_create(plans)
