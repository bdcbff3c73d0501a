"""States and choices of visits, kits and needs (domain.md, activities: outreach)."""

from datetime import timedelta

from django.db.models import TextChoices


class CareState(TextChoices):
    PLANNED = "planned", "待走访"
    DONE = "done", "已走访"
    CANCELLED = "cancelled", "已取消"


CARE_TONES = {CareState.PLANNED: "wait", CareState.DONE: "done", CareState.CANCELLED: ""}
"""The colour of a state, the same everywhere."""

CARE_MOVES: dict[str, tuple[tuple[CareState, ...], CareState]] = {
    "done": ((CareState.PLANNED,), CareState.DONE),
    "cancel": ((CareState.PLANNED,), CareState.CANCELLED),
}
"""Move → (from, to). A move that is not here is refused with `wrong_state`."""


class Contact(TextChoices):
    """Whether the visitors met somebody, or why not."""

    MET = "met", "见到了"
    CLOSED = "closed", "网点关门"
    NOBODY = "nobody", "人都在外面跑"
    MOVED = "moved", "网点已搬走"
    REFUSED = "refused", "对方不方便"


class KitMove(TextChoices):
    """Why kits came or went."""

    RECEIVED = "received", "入库"
    HANDED_OUT = "handed_out", "走访发放"
    RETURNED = "returned", "退回更正"
    PASSED_ON = "passed_on", "调拨"
    CORRECTED = "corrected", "盘点更正"


OF_A_VISIT = (KitMove.HANDED_OUT, KitMove.RETURNED)


class NeedState(TextChoices):
    OPEN = "open", "待跟进"
    WISH = "wish", "已转心愿"
    REPORT = "report", "已转随手拍"
    SETTLED = "settled", "已解决"


NEED_TONES = {NeedState.OPEN: "wait", NeedState.WISH: "info", NeedState.REPORT: "info", NeedState.SETTLED: "done"}

BECAME = (NeedState.WISH, NeedState.REPORT)
"""Where something else grew out of it, with a link to it and back."""

PHOTO = "care"
"""What a picture of a visit is."""

MOST_REACHED = 2000
MOST_PIECES = 10_000
REMEMBERED = timedelta(days=60)
"""So long after a visit it may still be written down."""

PLANNED_AHEAD = timedelta(days=366)
MONTHS = 12
"""What the board shows: this month and those before it."""
