"""States, moves and choices of what organisations lend each other (domain.md, activities)."""

from datetime import timedelta

from django.db.models import TextChoices

from accounts.models import Organisation


class ResourceKind(TextChoices):
    ROOM = "room", "场地"
    DEVICE = "device", "设备"
    KIT = "kit", "物资"
    OTHER = "other", "其他"


class LoanState(TextChoices):
    REQUESTED = "requested", "待答复"
    APPROVED = "approved", "已同意"
    DECLINED = "declined", "未同意"
    CANCELLED = "cancelled", "已取消"
    RETURNED = "returned", "已归还"


S = LoanState

TONES = {S.REQUESTED: "wait", S.APPROVED: "info", S.DECLINED: "bad", S.CANCELLED: "", S.RETURNED: "done"}

MOVES: dict[str, tuple[tuple[LoanState, ...], LoanState]] = {
    "approve": ((S.REQUESTED,), S.APPROVED),
    "decline": ((S.REQUESTED,), S.DECLINED),
    "cancel": ((S.REQUESTED, S.APPROVED), S.CANCELLED),
    "hand_back": ((S.APPROVED,), S.RETURNED),
}
"""Move → (from, to). A move that is not here is refused with `wrong_state`, and by the database."""

MOVE_NAMES = {"approve": "同意", "decline": "不同意", "cancel": "取消", "hand_back": "已归还"}

ENDED = (S.CANCELLED, S.RETURNED)

LONGEST = timedelta(days=31)
AHEAD = timedelta(days=183)
"""How long something is lent at most, and how far ahead it is asked for."""

PARTIES = (Organisation.Kind.PARTY, Organisation.Kind.NEW_ORG)
COMMUNITIES = (Organisation.Kind.COMMUNITY, Organisation.Kind.STREET)
"""What is on either side of a pairing."""
