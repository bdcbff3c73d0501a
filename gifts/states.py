"""States and moves of redemptions, and the kinds of stock movement."""

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
