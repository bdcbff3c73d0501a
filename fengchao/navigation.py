"""What stands at the side of the admin: its lists by what people come for, only those the person may see."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from accounts.roles import COUNTER_STAFF
from fengchao.admin import RIGHTS


class Place(NamedTuple):
    title: str
    icon: str
    model: str


GROUPS = (
    (
        "快递小哥与积分",
        (
            Place("快递小哥", "two_wheeler", "accounts.Courier"),
            Place("荣誉", "military_tech", "accounts.Honour"),
            Place("积分发放", "volunteer_activism", "points.Grant"),
            Place("积分明细", "receipt_long", "points.Entry"),
            Place("记账流水", "account_balance", "points.Transfer"),
            Place("积分规则", "rule", "points.EarningRule"),
            Place("未发放积分", "money_off", "points.RefusedAward"),
            Place("项目预算", "savings", "points.Budget"),
        ),
    ),
    (
        "礼品与兑换",
        (
            Place("兑换", "redeem", "gifts.Redemption"),
            Place("预约", "event_available", "gifts.Reservation"),
            Place("纸质单补录", "receipt", "gifts.PaperSlip"),
            Place("未成功的兑换", "block", "gifts.RefusedAttempt"),
            Place("库存", "inventory_2", "points.Balance"),
            Place("出入库", "swap_horiz", "gifts.Movement"),
            Place("盘点", "fact_check", "gifts.StockTake"),
            Place("礼品", "featured_seasonal_and_gifts", "gifts.Gift"),
            Place("礼品建议", "lightbulb", "gifts.Suggestion"),
        ),
    ),
    (
        "随手拍",
        (
            Place("随手拍", "photo_camera", "reports.Report"),
            Place("上报类别", "category", "reports.Category"),
            Place("类别的问题", "quiz", "reports.Question"),
            Place("常用答复", "quickreply", "reports.TextTemplate"),
            Place("接入密钥", "key", "reports.ApiKey"),
        ),
    ),
    (
        "微心愿",
        (
            Place("心愿", "favorite", "wishes.Wish"),
            Place("认领", "handshake", "wishes.Claim"),
            Place("蜂巢改进", "construction", "wishes.Improvement"),
        ),
    ),
    (
        "关爱体检",
        (
            Place("体检卡", "health_and_safety", "vouchers.Voucher"),
            Place("体检项目", "medical_services", "vouchers.Programme"),
            Place("预约时段", "calendar_month", "vouchers.Slot"),
            Place("候补名单", "hourglass_top", "vouchers.Waiting"),
        ),
    ),
    (
        "用心做",
        (
            Place("活动", "volunteer_activism", "activities.Activity"),
            Place("报名和到场", "how_to_reg", "activities.Enrolment"),
            Place("好事", "thumb_up", "activities.Deed"),
        ),
    ),
    (
        "走访慰问",
        (
            Place("走访进度", "calendar_view_month", "activities.VisitedOutlet"),
            Place("走访", "hail", "activities.CareVisit"),
            Place("走访中的需要", "contact_support", "activities.Need"),
            Place("慰问包库存", "inventory", "activities.KitStock"),
            Place("慰问包出入", "swap_vert", "activities.KitMovement"),
            Place("慰问包", "card_giftcard", "activities.Kit"),
        ),
    ),
    (
        "共建共享",
        (
            Place("组织共建", "handshake", "activities.Pairing"),
            Place("共享资源", "meeting_room", "activities.Resource"),
            Place("资源借用", "event_repeat", "activities.Loan"),
        ),
    ),
    (
        "蜂巢与网点",
        (
            Place("蜂巢", "hive", "stations.Station"),
            Place("现场反馈", "campaign", "stations.Observation"),
            Place("配置达标", "verified", "stations.Compliance"),
            Place("分类标准", "checklist", "stations.GradeRequirement"),
            Place("设施", "chair", "stations.Facility"),
            Place("天气提醒", "thermostat", "stations.Alert"),
            Place("区划边界", "map", "stations.DistrictOutline"),
            Place("到站记录", "footprint", "stations.Visit"),
            Place("未成功的签到", "gpp_bad", "stations.RefusedCheckIn"),
            Place("网点", "storefront", "accounts.Outlet"),
            Place("快递企业", "domain", "accounts.Enterprise"),
        ),
    ),
    (
        "人员与系统",
        (
            Place("工作人员", "badge", "accounts.User"),
            Place("任职", "assignment_ind", "accounts.Membership"),
            Place("组织", "account_tree", "accounts.Organisation"),
            Place("审计记录", "policy", "core.AuditLog"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = [{"items": [_item("首页", "space_dashboard", reverse("admin:index"))]}]
    if request.user.has_role(*COUNTER_STAFF):  # type: ignore[union-attr]  # only staff get as far as the sidebar
        groups[0]["items"].append(_item("柜台", "point_of_sale", reverse("desk")))
    for title, places in GROUPS:
        items = [
            _item(place.title, place.icon, address(place.model))
            for place in places
            if request.user.has_role(*RIGHTS[place.model].see)  # type: ignore[union-attr]
        ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def account(request: HttpRequest) -> list[dict[str, str]]:
    return [
        {"title": "修改密码", "link": reverse("account_change_password")},
        {"title": "动态验证码", "link": reverse("mfa_index")},
    ]


def address(model: str) -> str:
    """The list of a model, by its label."""
    return reverse(f"admin:{model.replace('.', '_').lower()}_changelist")


def favicon(request: HttpRequest) -> str:
    return static("img/icon.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("css/admin.css")


def _item(title: str, icon: str, link: str) -> dict[str, str]:
    return {"title": title, "icon": icon, "link": link}
