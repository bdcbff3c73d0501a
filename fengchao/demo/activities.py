"""What communities do with couriers: tasks and lessons of some months, what is coming, and deeds told of, through the
services themselves.

What was done before yesterday brings hours and no points: the points of those days stand in the books already, and a
statement is written in order of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from accounts.models import Organisation, User
from activities import services
from activities.models import Activity, Deed, Enrolment
from activities.services import posters
from activities.states import EnrolmentState
from fengchao.core import clock
from fengchao.demo import pictures
from fengchao.demo.people import Rider
from stations.models import Station

TASKS = (
    ("deed", "清洁家园", "一起清理楼道和绿地，工具我们带。", 2),
    ("deed", "路口文明劝导", "早高峰劝导非机动车，发反光背心。", 2),
    ("deed", "给独居老人送餐", "顺路送三户，社工陪同。", 1),
    ("study", "安全骑行课", "交警来讲路口怎么骑，有实操。", 2),
    ("study", "急救知识培训", "心肺复苏人人动手。", 2),
    ("culture", "小哥趣味运动会", "跳绳、拔河、套圈，家属也欢迎。", 3),
    ("care", "送清凉茶话会", "绿豆汤管够，说说一线的难处。", 1),
)
TOLD = (
    ("帮一位老人把三轮车推上坡", "坡下路口", 15, "旁边水果店老板"),
    ("捡到钱包，等到失主来取", "蜂巢门口", 40, "蜂巢值班的同志"),
    ("扶起倒了一排的共享单车", "地铁口", 20, "执勤保安"),
    ("下雨天把迷路的孩子送到社区", "菜市场", 30, "社区网格员"),
    ("发现井盖松动，守到抢修来", "小区东门", 60, "物业师傅"),
    ("给受伤的同行叫车送医院", "立交桥下", 50, "同站点的同事"),
    ("清走路中间的碎玻璃", "公交站", 10, "公交司机"),
    ("帮忙搬运社区的捐赠衣物", "社区门口", 45, "社工"),
)
PAST, EVERY, SMALLEST = 24, timedelta(days=5), 4
COMING = ((1, 14), (2, 9), (3, 19), (5, 10), (8, 14), (12, 9))  # days from now, hour
PLACES, WAITING = 6, 3
TELLERS = 40  # so many couriers, and some of them tell of deeds
POINTS = 20
REASON = "暴雨红色预警，改期另行通知"
NO_PROOF = "照片看不清，可以补拍后再报"


@dataclass
class Activities:
    rng: Random
    riders: Sequence[Rider]
    stations: Sequence[Station]
    clerks: dict[int, User]
    district: Organisation
    chief: User
    party: Organisation | None
    now: datetime

    def tell(self) -> None:
        """As many as there are couriers for; a small district has fewer of all."""
        if len(self.riders) < PLACES + WAITING:
            return
        for number in range(max(SMALLEST, min(PAST, len(self.riders) // 10))):
            self._held(number)
        self._yesterday()
        self._under_way()
        for number, (days, hour) in enumerate(COMING):
            self._coming(number, days, hour)
        self._written(7, 20, 15)
        cancelled = self._published(1, 4, 9)
        services.cancel(cancelled, reason=REASON, by=self._by(cancelled.station), at=self.now)
        if len(self.riders) >= TELLERS:
            self._deeds()

    def _held(self, number: int) -> None:
        start = self._at(-2 - number * EVERY.days, (9, 14, 19)[number % 3])
        activity = self._published(number, 0, 0, start=start, points=0)
        there = self._enrolled(activity, start - timedelta(days=1))
        self._finish(activity, there[: self.rng.randint(2, PLACES)], confirmed_at=activity.ends_at)

    def _yesterday(self) -> None:
        """A task with points: some are confirmed, one has scanned the poster and waits for it."""
        start = self._at(-1, 9)
        activity = self._published(0, 0, 0, start=start)
        there = self._enrolled(activity, start - timedelta(days=1))
        services.attend_by_poster(activity, there[0].courier, poster=posters.token_for(activity), at=start)
        self._finish(activity, there[1:4], confirmed_at=self.now)

    def _under_way(self) -> None:
        activity = self._published(2, 0, 0, start=self.now - timedelta(minutes=20))
        there = self._enrolled(activity, self.now - timedelta(days=1))
        by = self._by(activity.station)
        services.start(activity, by=by, at=activity.starts_at)
        for one in there[:2]:
            services.attend_by_poster(activity, one.courier, poster=posters.token_for(activity), at=self.now)

    def _coming(self, number: int, days: int, hour: int) -> None:
        """The first is full and some wait."""
        activity = self._published(number, days, hour)
        people = PLACES + WAITING if number == 0 else self.rng.randint(1, PLACES - 1)
        self._enrolled(activity, self.now - timedelta(hours=1), people=people)

    def _written(
        self, number: int, days: int, hour: int, *, start: datetime | None = None, points: int = POINTS
    ) -> Activity:
        kind, title, text, hours = TASKS[number % len(TASKS)]
        station = self.rng.choice(self.stations)
        begins = start or self._at(days, hour)
        plan = services.Plan(
            kind=kind, title=title, text=text, starts_at=begins, ends_at=begins + timedelta(hours=hours),
            capacity=PLACES, station=station, points=points if kind == "deed" else 0,
            hosts=[self.party] if self.party and number % 3 == 0 else [],
        )  # fmt: skip
        before = min(self.now, begins) - timedelta(days=3)
        by = self._by(station)
        return services.write(station.organisation, plan, by=by, at=before, is_example=True)

    def _published(
        self, number: int, days: int, hour: int, *, start: datetime | None = None, points: int = POINTS
    ) -> Activity:
        activity = self._written(number, days, hour, start=start, points=points)
        return services.publish(activity, by=self._by(activity.station), at=activity.created_at)

    def _enrolled(self, activity: Activity, at: datetime, *, people: int = PLACES) -> list[Enrolment]:
        """Of couriers who have no other plans then."""
        free = [rider for rider in self.riders if not self._is_busy(rider, activity)]
        chosen = self.rng.sample(free, min(people, len(free)))
        parts = [
            services.enrol(activity, rider.courier, at=at + timedelta(minutes=n)) for n, rider in enumerate(chosen)
        ]
        return [part for part in parts if part.state == EnrolmentState.ENROLLED]

    def _is_busy(self, rider: Rider, activity: Activity) -> bool:
        span = {"activity__starts_at__lt": activity.ends_at, "activity__ends_at__gt": activity.starts_at}
        return Enrolment.objects.of_courier(rider.courier).filter(**span).exists()

    def _finish(self, activity: Activity, there: Sequence[Enrolment], *, confirmed_at: datetime) -> None:
        by = self._by(activity.station)
        services.start(activity, by=by, at=activity.starts_at)
        confirmed = services.confirm(activity, [one.courier_id for one in there], by=by, at=confirmed_at)
        earned = {one.courier_id: one.points for one in confirmed}
        for rider in self.riders:
            rider.balance += earned.get(rider.pk, 0)
        services.finish(activity, by=by, at=activity.ends_at)

    def _deeds(self) -> None:
        """Some approved now, one not, the others still to be looked at."""
        tellers = self.rng.sample(list(self.riders), len(TOLD))
        for number, (told, rider) in enumerate(zip(TOLD, tellers, strict=True)):
            deed = self._told(told, rider, number)
            by = self._by(deed_station := self.stations[number % len(self.stations)])
            assert deed.organisation_id == deed_station.organisation_id
            if number < 4:
                rider.balance += services.approve(deed, by=by, at=self.now).points
            elif number == 4:
                services.reject(deed, reason=NO_PROOF, by=by, at=self.now)

    def _told(self, told: tuple[str, str, int, str], rider: Rider, number: int) -> Deed:
        text, place, minutes, witness = told
        before = self.now - timedelta(hours=3 + number)
        return services.tell_of(
            rider.courier, text=text, place=place, minutes=minutes, witness=witness,
            happened_on=clock.shanghai_day(before), station=self.stations[number % len(self.stations)],
            photo_ids=[pictures.pavement(self.rng, by=rider.courier.user, mended=True)], at=before,
        )  # fmt: skip

    def _by(self, station: Station | None) -> User:
        assert station is not None  # all of these are held at stations
        return self.clerks.get(station.organisation_id, self.chief)

    def _at(self, days: int, hour: int) -> datetime:
        day = clock.shanghai_day(self.now) + timedelta(days=days)
        return datetime.combine(day, time(hour), tzinfo=clock.SHANGHAI)
