"""States, moves and choices of a check-up voucher (domain.md, vouchers)."""

from datetime import time, timedelta

from django.db.models import TextChoices


class VoucherState(TextChoices):
    ISSUED = "issued", "待预约"
    BOOKED = "booked", "已预约"
    CHECKED_IN = "checked_in", "体检中"
    COMPLETED = "completed", "已完成"
    PARTIAL = "partial", "部分完成"
    EXPIRED = "expired", "已过期"
    RETURNED = "returned", "已收回"
    VOID = "void", "已作废"


S = VoucherState

TONES = {
    S.ISSUED: "wait",
    S.BOOKED: "info",
    S.CHECKED_IN: "info",
    S.COMPLETED: "done",
    S.PARTIAL: "done",
    S.EXPIRED: "bad",
    S.RETURNED: "bad",
    S.VOID: "bad",
}
"""The colour of a state, the same everywhere: waiting honey, in work blue, done green, refused red."""

MOVES: dict[str, tuple[tuple[VoucherState, ...], tuple[VoucherState, ...]]] = {
    "book": ((S.ISSUED,), (S.BOOKED,)),
    "change": ((S.BOOKED,), (S.BOOKED,)),
    "cancel": ((S.BOOKED,), (S.ISSUED,)),
    "check-in": ((S.BOOKED,), (S.CHECKED_IN,)),
    "tick": ((S.CHECKED_IN,), (S.CHECKED_IN,)),
    "complete": ((S.CHECKED_IN,), (S.COMPLETED, S.PARTIAL)),
    "no-show": ((S.BOOKED,), (S.ISSUED, S.RETURNED)),
    "expire": ((S.ISSUED,), (S.EXPIRED,)),
    "void": ((S.ISSUED, S.BOOKED, S.CHECKED_IN, S.PARTIAL, S.EXPIRED, S.RETURNED), (S.VOID,)),
}
"""Move → (from, to). A move that is not here is refused with `wrong_state`. `complete` ends in partial unless every
item was ticked, the second `no-show` in returned; `expire` is the clock's, which makes `no-show` and `complete` too
when a day is over."""

MOVE_NAMES = {
    "issue": "发放",
    "book": "预约",
    "change": "改约",
    "cancel": "取消预约",
    "check-in": "报到",
    "tick": "勾选项目",
    "complete": "完成",
    "no-show": "未到",
    "expire": "过期",
    "void": "作废",
}
"""What a move is called on buttons and in lists."""

UNCOUNTED = (S.VOID, S.EXPIRED, S.RETURNED)
"""What does not count against the quota: its place went back to the pool. A courier has one voucher of a programme
outside of these."""

LIVE = (S.ISSUED, S.BOOKED, S.CHECKED_IN)
"""Can still be used."""

SERVED = (S.COMPLETED, S.PARTIAL)

NO_SHOWS = 2
"""So many times not come, and the place goes to somebody else."""

LAST_CHANGE = time(18, 0)
"""Shanghai time of the day before: until then a booking can be changed or cancelled."""

REMINDED_BEFORE = timedelta(days=1)

LAPSING_BEFORE = timedelta(days=14)
"""So long before its end the district looks at a card that nobody has booked with."""


class Outcome(TextChoices):
    """How a booking ended."""

    CANCELLED = "cancelled", "已取消"
    KEPT = "kept", "已到"
    MISSED = "missed", "未到"


class Party(TextChoices):
    """As whom somebody made a step."""

    COURIER = "courier", "快递小哥"
    DISTRICT = "district", "区里"
    CENTRE = "centre", "体检中心"
    SYSTEM = "system", "系统"
