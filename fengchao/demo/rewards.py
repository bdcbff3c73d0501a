"""The six gifts of the published account, and what earns points (how many is illustrative)."""

from datetime import datetime
from typing import NamedTuple

from gifts.models import Gift
from points.models import Account, EarningRule

Kind = Account.Kind

# code, name, points as published, lucide icon, pieces a courier may have in a month
GIFTS = (
    ("stew-pot", "电炖锅", 2000, "cooking-pot", 1),
    ("umbrella", "雨伞", 1500, "umbrella", 2),
    ("laundry-liquid", "洗衣液", 1500, "washing-machine", 2),
    ("tissue", "手提纸", 1000, "scroll", 4),
    ("hand-wash", "洗手液", 500, "soap-dispenser-droplet", 4),
    ("washing-powder", "洗衣粉", 500, "package", 4),
)


class Earning(NamedTuple):
    event: str
    title: str
    programme: Kind
    points: int
    day_cap: int
    month_cap: int


REPORT_ACCEPTED = Earning("report_accepted", "随手拍 · 受理", Kind.REPORTS, 10, 50, 300)
REPORT_RESOLVED = Earning("report_resolved", "随手拍 · 办结", Kind.REPORTS, 60, 240, 1500)
REPORT_DUPLICATE = Earning("report_duplicate", "随手拍 · 补充线索", Kind.REPORTS, 5, 20, 100)
DEED_DONE = Earning("deed_approved", "用心做", Kind.DEEDS, 100, 200, 1000)
ATTENDED = Earning("activity_attended", "志愿服务到场", Kind.DEEDS, 1, 200, 1000)  # each activity has its own points
CHECK_IN = Earning("check_in", "到站签到", Kind.CHECKINS, 5, 10, 150)
CONFIRMED = Earning("station_confirmed", "确认蜂巢信息", Kind.CHECKINS, 1, 3, 30)
CORRECTED = Earning("correction_accepted", "更正蜂巢信息", Kind.CHECKINS, 10, 20, 100)
EARNINGS = (REPORT_ACCEPTED, REPORT_RESOLVED, REPORT_DUPLICATE, DEED_DONE, ATTENDED, CHECK_IN, CONFIRMED, CORRECTED)


def build(since: datetime) -> tuple[list[Gift], dict[str, EarningRule]]:
    """The gifts, and the earning rules by event, valid since the demonstration's first day."""
    gifts = Gift.objects.bulk_create(
        Gift(code=code, name=name, points=points, icon=icon, monthly_limit=limit)
        for code, name, points, icon, limit in GIFTS
    )
    rules = EarningRule.objects.bulk_create(EarningRule(**earning._asdict(), valid_from=since) for earning in EARNINGS)
    return gifts, {rule.event: rule for rule in rules}
