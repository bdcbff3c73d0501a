"""Courier enterprises and the 132 outlets that the district counts; which and where they are is made up."""

from datetime import datetime, timedelta
from random import Random

from accounts.models import Enterprise, Headcount, Organisation, Outlet, User
from fengchao.core import clock
from fengchao.demo import names
from fengchao.demo.organisations import EXAMPLE, STREETS, new_organisation

OUTLETS = 132
NAMED_IN_THE_ACCOUNT = {"顺丰速运", "中国邮政", "京东快递"}

# Enterprise and its share of the outlets.
ENTERPRISES = {
    "顺丰速运": 20,
    "中国邮政": 20,
    "京东快递": 16,
    "中通快递": 16,
    "圆通速递": 14,
    "韵达快递": 13,
    "申通快递": 12,
    "极兔速递": 11,
    "德邦快递": 10,
}

ROADS = (
    "解放大道", "建设大道", "长丰大道", "中山大道", "沿河大道", "古田一路", "古田二路", "古田四路", "汉西路", "宝丰路",
    "武胜路", "利济北路", "崇仁路", "多福路", "仁寿路", "航空路", "南泥湾大道", "丰美路", "水厂路", "汉正街",
)  # fmt: skip


def build(rng: Random, tree: dict[str, Organisation]) -> list[Outlet]:
    """Every enterprise gets its share of outlets, each on a road of its own within the enterprise."""
    enterprises = Enterprise.objects.bulk_create(
        Enterprise(name=name, organisation=tree[new_organisation(name)], is_example=name not in NAMED_IN_THE_ACCOUNT)
        for name in ENTERPRISES
    )
    outlets: list[Outlet] = []
    contacts = Random(OUTLETS)  # of their own, so that what comes after them is as it was
    for enterprise in enterprises:
        for road in rng.sample(ROADS, ENTERPRISES[enterprise.name]):
            street = rng.choice(list(STREETS))
            outlets.append(
                Outlet(
                    name=f"{road}网点{EXAMPLE}",
                    enterprise=enterprise,
                    organisation=tree[street],
                    address=f"硚口区{road}",
                    contact_name=names.person(contacts),
                    contact_phone=names.contact_phone(len(outlets)),
                    is_example=True,
                )
            )
    return Outlet.objects.bulk_create(outlets)


def count(by: User, now: datetime) -> None:
    """Most outlets were asked twice; an eighth not for half a year, and an eighth never."""
    made = []
    for index, outlet in enumerate(Outlet.objects.order_by("pk")):
        past = {0: (), 1: (230,)}.get(index % 8, (120 + index % 40, 3 + index % 60))
        for turn, days in enumerate(past):
            at = now - timedelta(days=days)
            couriers = 6 + index * 7 % 23 + turn
            made.append(Headcount(outlet=outlet, on=clock.shanghai_day(at), couriers=couriers, by=by, at=at))
    Headcount.objects.bulk_create(made)
