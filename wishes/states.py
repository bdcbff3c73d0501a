"""States, moves and choices of a wish (domain.md, wishes)."""

from datetime import timedelta

from django.db.models import TextChoices


class WishState(TextChoices):
    REVIEW = "review", "待审核"
    OPEN = "open", "待认领"
    CLAIMED = "claimed", "已认领"
    DELIVERED = "delivered", "已送达"
    FULFILLED = "fulfilled", "已点亮"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


S = WishState

TONES = {
    S.REVIEW: "wait",
    S.OPEN: "wait",
    S.CLAIMED: "info",
    S.DELIVERED: "info",
    S.FULFILLED: "done",
    S.REJECTED: "bad",
    S.WITHDRAWN: "",
}
"""The colour of a state, the same everywhere: waiting honey, in work blue, done green, refused red."""

MOVES: dict[str, tuple[tuple[WishState, ...], WishState]] = {
    "approve": ((S.REVIEW,), S.OPEN),
    "reject": ((S.REVIEW,), S.REJECTED),
    "claim": ((S.OPEN,), S.CLAIMED),
    "progress": ((S.CLAIMED,), S.CLAIMED),
    "release": ((S.CLAIMED,), S.OPEN),
    "deliver": ((S.CLAIMED,), S.DELIVERED),
    "confirm": ((S.DELIVERED,), S.FULFILLED),
    "thank": ((S.DELIVERED, S.FULFILLED), S.FULFILLED),
    "withdraw": ((S.REVIEW, S.OPEN), S.WITHDRAWN),
}
"""Move → (from, to). A move that is not here is refused with `wrong_state`. Whoever thanks has received it, so thanks
for what was delivered confirm it. The clock, too, makes `release` and `confirm`."""

MOVE_NAMES = {
    "approve": "通过",
    "reject": "不通过",
    "claim": "认领",
    "progress": "记进展",
    "release": "退回",
    "deliver": "送达",
    "confirm": "确认收到",
    "thank": "道谢",
    "withdraw": "撤回",
}
"""What a move is called on buttons and in lists."""

LIVE = (S.REVIEW, S.OPEN, S.CLAIMED, S.DELIVERED)
"""Neither fulfilled nor rejected nor withdrawn: a courier has at most one of these."""

PUBLIC = (S.OPEN, S.CLAIMED, S.DELIVERED, S.FULFILLED)
"""What hangs on the tree, for everybody to read."""

TAKEN = (S.CLAIMED, S.DELIVERED, S.FULFILLED)
"""Where an organisation stands for it."""

UNDER_WAY = (S.CLAIMED, S.DELIVERED)
"""Where an organisation stands for it and it is not lit yet."""

OVER = (S.FULFILLED, S.REJECTED, S.WITHDRAWN)
"""Where nobody needs the courier's words any more: they may go with his account."""

WARNED_AFTER = timedelta(days=5)
RELEASED_AFTER = timedelta(days=7)
"""From the claim or its latest progress note: a warning, and the wish hangs on the tree again."""

CONFIRMED_AFTER = timedelta(days=7)
"""From the delivery: a courier who says nothing has received it."""

LATELY = timedelta(days=3)
"""So long home speaks of a wish that was lit."""


class WishCategory(TextChoices):
    DAILY = "daily", "生活用品"
    CLOTHING = "clothing", "衣物鞋帽"
    GEAR = "gear", "骑行装备"
    DEVICE = "device", "数码小件"
    FAMILY = "family", "孩子和家人"
    HELP = "help", "学习和帮忙"
    STATION = "station", "蜂巢设施"
    OTHER = "other", "其他"


class Flag(TextChoices):
    """Why a moderator should look twice."""

    OVER_CEILING = "over_ceiling", "超过预算上限"
    PHONE = "phone", "有联系方式"
    CASH = "cash", "要钱"


PHOTO, DELIVERY_PHOTO = "wish", "wish_delivered"
"""What a picture of a wish is: the courier's own, of the thing brought."""


class Party(TextChoices):
    """As whom somebody made a step. A step never names the person to the other side."""

    COURIER = "courier", "许愿人"
    COUNTER = "counter", "蜂巢柜台"
    STAFF = "staff", "审核单位"
    CLAIMANT = "claimant", "认领单位"
    SYSTEM = "system", "系统"
