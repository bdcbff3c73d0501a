"""States, moves and choices of activities, of who takes part, and of deeds (domain.md, activities)."""

from datetime import timedelta

from django.db.models import TextChoices


class ActivityKind(TextChoices):
    DEED = "deed", "志愿服务"
    STUDY = "study", "学习培训"
    CULTURE = "culture", "文体"
    CARE = "care", "送温暖"
    OTHER = "other", "其他"


class ActivityState(TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "报名中"
    RUNNING = "running", "进行中"
    DONE = "done", "已结束"
    CANCELLED = "cancelled", "已取消"


A = ActivityState

ACTIVITY_TONES = {A.DRAFT: "wait", A.PUBLISHED: "info", A.RUNNING: "info", A.DONE: "done", A.CANCELLED: "bad"}
"""The colour of a state, the same everywhere: waiting honey, in work blue, done green, refused red."""

ACTIVITY_MOVES: dict[str, tuple[tuple[ActivityState, ...], ActivityState]] = {
    "publish": ((A.DRAFT,), A.PUBLISHED),
    "start": ((A.PUBLISHED,), A.RUNNING),
    "finish": ((A.RUNNING,), A.DONE),
    "cancel": ((A.DRAFT, A.PUBLISHED, A.RUNNING), A.CANCELLED),
}
"""Move → (from, to). What is not here is refused with `wrong_state`. The clock starts what was published when its time
has come, and finishes what nobody did, a while after its end."""

ACTIVITY_MOVE_NAMES = {"publish": "发布", "start": "开始", "finish": "结束", "cancel": "取消"}

PUBLIC = (A.PUBLISHED, A.RUNNING, A.DONE)
"""What everybody reads; a cancelled one only who had a place."""

ACTIVE = (A.PUBLISHED, A.RUNNING)

FINISHED_AFTER = timedelta(hours=12)
"""So long after its end the clock finishes what its organiser forgot."""

OPEN_BEFORE = timedelta(minutes=30)
"""From so long before its start until so long after its end somebody can be ticked present by himself."""

REMINDED_BEFORE = timedelta(days=1)


class EnrolmentState(TextChoices):
    ENROLLED = "enrolled", "已报名"
    WAITING = "waiting", "候补中"
    ATTENDED = "attended", "已到场"
    NO_SHOW = "no_show", "未到"
    LEFT = "left", "已退出"


E = EnrolmentState

ENROLMENT_TONES = {E.ENROLLED: "info", E.WAITING: "wait", E.ATTENDED: "done", E.NO_SHOW: "bad", E.LEFT: "bad"}

PLACED = (E.ENROLLED, E.ATTENDED, E.NO_SHOW)
"""Counts against the places."""


class Came(TextChoices):
    """How somebody was ticked present."""

    SCANNED = "scanned", "出示动态码"
    POSTER = "poster", "扫活动海报"
    LISTED = "listed", "名单上勾选"


class DeedState(TextChoices):
    SUBMITTED = "submitted", "待审核"
    APPROVED = "approved", "已通过"
    REJECTED = "rejected", "未通过"


DEED_TONES = {DeedState.SUBMITTED: "wait", DeedState.APPROVED: "done", DeedState.REJECTED: "bad"}

PHOTO, DEED_PHOTO = "activity", "deed"
"""Kinds of pictures: what organisers show of an activity, and a courier's proof of a deed."""
