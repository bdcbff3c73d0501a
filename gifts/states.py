"""States and moves of redemptions, reservations, stock-takes, paper slips and suggestions; kinds of stock movement."""

from django.db.models import TextChoices


class RedemptionState(TextChoices):
    HANDED_OVER = "handed_over", "已兑换"
    ANNULLED = "annulled", "已撤销"


MOVES = {"annul": (RedemptionState.HANDED_OVER, RedemptionState.ANNULLED)}
"""Move → (from, to). A move that is not here is refused with `wrong_state`."""

LIVE = (RedemptionState.HANDED_OVER,)
"""Redemptions that count: against a monthly limit, and as a debit."""


class MovementKind(TextChoices):
    RECEIVED = "received", "入库"
    RETURNED = "returned", "退回"
    TRANSFERRED = "transferred", "调拨"
    WRITTEN_OFF = "written_off", "报损"
    COUNTED = "counted", "盘点"


class ReservationState(TextChoices):
    RESERVED = "reserved", "待取"
    HANDED_OVER = "handed_over", "已取"
    CANCELLED = "cancelled", "已取消"
    EXPIRED = "expired", "已过期"


RESERVATION_MOVES = {
    "hand_over": (ReservationState.RESERVED, ReservationState.HANDED_OVER),
    "cancel": (ReservationState.RESERVED, ReservationState.CANCELLED),
    "expire": (ReservationState.RESERVED, ReservationState.EXPIRED),
}


class StockTakeState(TextChoices):
    DRAFT = "draft", "盘点中"
    CONFIRMED = "confirmed", "待审定"
    FINAL = "final", "已审定"
    CANCELLED = "cancelled", "已作废"


STOCK_TAKE_MOVES = {
    "confirm": ((StockTakeState.DRAFT,), StockTakeState.CONFIRMED),
    "reopen": ((StockTakeState.CONFIRMED,), StockTakeState.DRAFT),
    "finish": ((StockTakeState.CONFIRMED,), StockTakeState.FINAL),
    "cancel": ((StockTakeState.DRAFT, StockTakeState.CONFIRMED), StockTakeState.CANCELLED),
}

LIVE_STOCK_TAKES = (StockTakeState.DRAFT, StockTakeState.CONFIRMED)
"""A station has one of these at most."""


class SlipState(TextChoices):
    PENDING = "pending", "待审核"
    APPROVED = "approved", "已入账"
    REJECTED = "rejected", "已驳回"


SLIP_MOVES = {
    "approve": (SlipState.PENDING, SlipState.APPROVED),
    "reject": (SlipState.PENDING, SlipState.REJECTED),
}


class SuggestionState(TextChoices):
    NEW = "new", "待回复"
    ACCEPTED = "accepted", "已采纳"
    DECLINED = "declined", "暂不考虑"


class Attempt(TextChoices):
    """What a refused attempt was at."""

    REDEEM = "redeem", "兑换"
    PICK_UP = "pick_up", "取货"
    RESERVE = "reserve", "预约"
    SLIP = "slip", "补录"


AT_COUNTER = (Attempt.REDEEM, Attempt.PICK_UP)
"""What a worker tries at the counter."""
