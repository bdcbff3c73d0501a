"""Half a year of wishes: what couriers hung on the trees and who granted it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import Organisation, User
from fengchao.demo.copying import copy_values, reserve
from fengchao.demo.people import Rider
from stations.models import Station
from wishes.models import Claim, Step, Wish
from wishes.services.hanging import NOBODY, public_name
from wishes.states import CONFIRMED_AFTER, WishCategory, WishState

GRANTED = 0.09  # of the couriers, each one wish
C = WishCategory
TOLD = (
    (C.DAILY, "新风扇", "出租屋西晒，夜里睡不着。", "自己", 150),
    (C.DEVICE, "大容量充电宝", "跑一天单手机撑不到晚上。", "自己", 120),
    (C.FAMILY, "给孩子的新书包", "女儿九月上一年级。", "孩子", 160),
    (C.CLOTHING, "一件新衣服", "想过年回家穿得精神点。", "自己", 200),
    (C.GEAR, "护膝", "冬天骑车膝盖冷。", "自己", 80),
    (C.DAILY, "保温饭盒", "中午能吃口热的。", "自己", 90),
    (C.FAMILY, "给妈妈的血压计", "她一个人在老家。", "父母", 220),
    (C.GEAR, "防水手机袋", "下雨天手机总进水。", "自己", 35),
    (C.HELP, "想学用电脑", "晚上有空，想学做表格。", "自己", 100),
    (C.FAMILY, "一套绘本", "孩子在家喜欢看书。", "孩子", 110),
    (C.CLOTHING, "雨衣雨鞋", "旧的漏了。", "自己", 130),
    (C.DEVICE, "蓝牙耳机", "接电话不用摘手套。", "自己", 99),
)
THANKS = ("谢谢，很好用！", "收到了，心里暖暖的。", "孩子特别高兴，谢谢！", "谢谢认领的叔叔阿姨。", "质量很好，感谢。")
NOTES = ("已下单，过两天到。", "挑好了，明天送去。")
BROUGHT = "已送到蜂巢，请凭心愿页面领取。"

_WISH = (
    "id", "courier_id", "station_id", "category", "title", "text", "for_whom", "price", "is_anonymous", "shown_name",
    "flags", "state", "claimed_by_id", "hung_at", "opened_at", "delivered_at", "lit_at", "thanks", "thanked_at",
    "thanks_hidden", "updated_at",
)  # fmt: skip
_STEP = ("wish_id", "move", "at", "by_id", "party", "organisation_id", "state_after", "text")
_CLAIM = ("wish_id", "organisation_id", "by_id", "at", "progress_at", "released_at")
NO_FLAGS = "{}"


@dataclass(frozen=True)
class Granted:
    """One wish of the history, and when what became of it."""

    pk: int
    rider: Rider
    station: Station
    told: tuple[str, str, str, str, int]
    anonymous: bool
    claimant: User
    office: Organisation
    hung: datetime
    opened: datetime
    claimed: datetime
    progressed: datetime | None
    delivered: datetime
    lit: datetime
    thanks: str

    @property
    def said(self) -> bool:
        """Whether the courier himself lit it, and not the clock."""
        return self.lit < self.delivered + CONFIRMED_AFTER


def write(
    rng: Random,
    riders: Sequence[Rider],
    stations: Sequence[Station],
    *,
    by: User,
    district: Organisation,
    claimants: Sequence[tuple[User, Organisation]],
    since: datetime,
    until: datetime,
) -> set[int]:
    """Wishes of `riders` from `since` on, granted before `until`; `by` of the `district` moderated for every street.
    Gives the keys of their couriers."""
    hanging = [rider for rider in riders if rider.joined < until - timedelta(days=25)]
    chosen = rng.sample(hanging, min(len(hanging), round(GRANTED * len(riders))))
    keys = reserve(Wish, len(chosen))
    wishes = [
        _granted(rng, key, rider, stations, claimants, since, until) for key, rider in zip(keys, chosen, strict=True)
    ]
    copy_values(Wish, _WISH, (_wish(wish) for wish in wishes))
    copy_values(Step, _STEP, (step for wish in wishes for step in _steps(wish, by, district.pk)))
    copy_values(Claim, _CLAIM, (_claim(wish) for wish in wishes))
    return {rider.pk for rider in chosen}


def _granted(
    rng: Random,
    key: int,
    rider: Rider,
    stations: Sequence[Station],
    claimants: Sequence[tuple[User, Organisation]],
    since: datetime,
    until: datetime,
) -> Granted:
    start = max(since, rider.joined)
    hung = start + (until - timedelta(days=24) - start) * rng.random()
    opened = hung + timedelta(hours=rng.uniform(0.5, 20))
    claimed = opened + timedelta(days=rng.uniform(0.1, 5))
    delivered = claimed + timedelta(days=rng.uniform(1, 6))
    waits = CONFIRMED_AFTER + timedelta(minutes=5) if rng.random() < 0.2 else timedelta(days=rng.uniform(0.1, 5))
    claimant, office = rng.choice(claimants)
    return Granted(
        pk=key, rider=rider, station=stations[rider.haunts[0]], told=rng.choice(TOLD), anonymous=rng.random() < 0.2,
        claimant=claimant, office=office, hung=hung, opened=opened, claimed=claimed,
        progressed=claimed + (delivered - claimed) / 2 if rng.random() < 0.4 else None, delivered=delivered,
        lit=delivered + waits, thanks=rng.choice(THANKS) if rng.random() < 0.7 else "",
    )  # fmt: skip


def _wish(wish: Granted) -> Iterator[object]:
    category, title, text, for_whom, price = wish.told
    thanks = wish.thanks if wish.said else ""
    shown = NOBODY if wish.anonymous else public_name(wish.rider.courier)
    yield from (wish.pk, wish.rider.pk, wish.station.pk, category, title, text, for_whom, price, wish.anonymous, shown)
    yield from (NO_FLAGS, WishState.FULFILLED, wish.office.pk, wish.hung, wish.opened, wish.delivered, wish.lit)
    yield from (thanks, wish.lit if thanks else None, False, wish.lit)


def _steps(wish: Granted, by: User, district: int) -> Iterator[tuple[object, ...]]:
    """What the moves would have written, in their order."""
    works = (wish.claimant.pk, "claimant", wish.office.pk)
    yield wish.pk, "hang", wish.hung, wish.rider.pk, "courier", None, "review", ""
    yield wish.pk, "approve", wish.opened, by.pk, "staff", district, "open", ""
    yield wish.pk, "claim", wish.claimed, *works, "claimed", ""
    if wish.progressed:
        yield wish.pk, "progress", wish.progressed, *works, "claimed", NOTES[wish.pk % len(NOTES)]
    yield wish.pk, "deliver", wish.delivered, *works, "delivered", BROUGHT
    if wish.said:
        yield wish.pk, "thank" if wish.thanks else "confirm", wish.lit, wish.rider.pk, "courier", None, "fulfilled", ""
    else:
        yield wish.pk, "confirm", wish.lit, None, "system", None, "fulfilled", ""


def _claim(wish: Granted) -> tuple[object, ...]:
    return wish.pk, wish.office.pk, wish.claimant.pk, wish.claimed, wish.progressed or wish.claimed, None
