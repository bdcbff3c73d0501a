"""What people say about stations: choices, sets of them, how long each holds, and the allowed moves."""

from datetime import timedelta

from django.db.models import TextChoices


class Kind(TextChoices):
    FACILITY = "facility", "设施情况"
    CONFIRMATION = "confirmation", "信息没错"
    CORRECTION = "correction", "更正"


class Value(TextChoices):
    OK = "ok", "好的"
    BROKEN = "broken", "坏了"
    CROWDED = "crowded", "人多"


OUT_OF_ORDER = (Value.BROKEN, Value.CROWDED)

LASTS = {
    # A queue is gone after two hours, or has been seen again.
    Value.CROWDED: timedelta(hours=2),
    # A repair takes days; who still finds it broken then says so again.
    Value.BROKEN: timedelta(hours=72),
    # Never shorter than `broken`, or what was repaired would break again when the good news ends.
    Value.OK: timedelta(hours=72),
}


class CorrectionState(TextChoices):
    PENDING = "pending", "待审核"
    ACCEPTED = "accepted", "已采纳"
    REJECTED = "rejected", "未采纳"
    WITHDRAWN = "withdrawn", "已撤回"


DECIDED = (CorrectionState.ACCEPTED, CorrectionState.REJECTED)
CORRECTION_MOVES = {
    CorrectionState.PENDING: (CorrectionState.ACCEPTED, CorrectionState.REJECTED, CorrectionState.WITHDRAWN),
}


class Subject(TextChoices):
    """What a correction is about: fields of the station that staff may take over as written, or something else."""

    NAME = "name", "名称"
    ADDRESS = "address", "地址"
    PHONE = "phone", "电话"
    OPENING_HOURS = "opening_hours", "开放时间"
    OTHER = "other", "其他"
