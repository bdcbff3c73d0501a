"""What organisations lend each other, and party organisations that work with communities. All of it is made up."""

from datetime import datetime, timedelta

from accounts.models import Organisation, User
from accounts.roles import Role
from activities.models import Loan, Pairing, Resource
from activities.services import pairings, sharing
from fengchao.core import clock
from fengchao.demo.organisations import STREETS, community, new_organisation
from fengchao.demo.outlets import ENTERPRISES
from fengchao.demo.staff import Official

# Owner, kind, name, where, notes.
RESOURCES = (
    ("公安社区", "room", "三楼多功能厅", "社区党群服务中心三楼", "可坐 60 人，有投影和音响"),
    ("公安社区", "device", "心肺复苏模拟人", "社区党群服务中心一楼", "一套，用完消毒再还"),
    (community("商埠社区"), "device", "投影仪", "社区办公室", "带幕布"),
    (community("商埠社区"), "kit", "夏季清凉物资箱", "社区仓库", "毛巾、藿香正气水，用多少登记多少"),
    (community("梧桐社区"), "room", "红色会客厅", "社区一楼", "可坐 20 人"),
    ("硚口经济开发区", "room", "园区报告厅", "中心园区二楼", "可坐 120 人，要提前三天约"),
    ("区委两新工委", "kit", "流动宣讲展板", "区委两新工委办公室", "12 块，要一辆面包车"),
)
WHAT = (
    "每月一次政策宣讲进网点，社区给小哥留学习角",
    "企业党员和社区党员结对，一起走访独居老人",
    "轮流主办小哥学习日，场地由社区提供",
    "网点当安全哨点，社区帮小哥家属办事",
)


def build(tree: dict[str, Organisation], officials: list[Official], now: datetime) -> None:
    """Things of the next and the last days in every state; a pairing for each enterprise, one of which has ended."""
    chief, second = [one.user for one in officials if one.role == Role.DISTRICT_ADMIN][:2]
    things = [
        Resource(organisation=tree[owner], kind=kind, name=name, place=place, notes=notes, is_example=True)
        for owner, kind, name, place, notes in RESOURCES
    ]
    Resource.objects.bulk_create(things)
    _lend(things, tree, chief, second, now)
    _pair(tree, chief, now)


def _lend(
    things: list[Resource], tree: dict[str, Organisation], chief: User, second: User, now: datetime
) -> None:  # fmt: skip
    def ask(nr: int, borrower: str, days: int, hour: int, hours: int, purpose: str, asked: int) -> Loan:
        first = clock.day_bounds(clock.shanghai_day(now + timedelta(days=days)))[0] + timedelta(hours=hour)
        return sharing.ask(
            things[nr], borrower=tree[borrower], starts_at=first, ends_at=first + timedelta(hours=hours),
            purpose=purpose, by=chief, at=min(now, first) - timedelta(days=asked),
        )  # fmt: skip

    market, garden = community("商埠社区"), community("梧桐社区")
    past = sharing.approve(ask(1, market, -12, 9, 3, "小哥急救培训", 3), by=second, at=now - timedelta(days=14))
    sharing.hand_back(past, note="完好", by=second, at=past.ends_at)
    over = ask(5, "公安社区", -5, 14, 4, "行业党建观摩", 6)
    sharing.decline(over, note="当天园区开大会", by=second, at=over.at + timedelta(hours=5))
    for nr, borrower, days, hour, hours, purpose in (
        (0, garden, 2, 19, 2, "小哥英语角"), (2, garden, 1, 9, 8, "反诈宣讲"), (3, "公安社区", 1, 10, 48, "送清凉走访"),
        (4, market, 3, 14, 3, "新就业群体座谈"),
    ):  # fmt: skip
        sharing.approve(ask(nr, borrower, days, hour, hours, purpose, 1), by=second, at=now - timedelta(hours=20))
    ask(0, market, 4, 9, 3, "骑手安全课", 0)
    ask(5, "公安社区", 6, 14, 3, "积分兑换日", 0)
    ask(6, "公安社区", 5, 9, 72, "宣讲进网点", 0)


def _pair(tree: dict[str, Organisation], by: User, now: datetime) -> None:
    streets = list(STREETS)
    for index, name in enumerate(ENTERPRISES):
        place = tree[community(STREETS[streets[index]][0])] if index % 2 else tree[streets[index]]
        since = clock.shanghai_day(now - timedelta(days=90 + 11 * index))
        made = pairings.pair(
            tree[new_organisation(name)], place, since=since, what=WHAT[index % len(WHAT)],
            contact="社区党群办" if index % 2 else "企业综合部，每月例会时碰头", by=by, at=now - timedelta(days=60),
        )  # fmt: skip
        if index == len(ENTERPRISES) - 1:
            pairings.end(made, on=clock.shanghai_day(now - timedelta(days=20)), by=by, at=now - timedelta(days=20))
    Pairing.objects.update(is_example=True)
