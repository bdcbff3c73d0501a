"""States, moves and choices of a report (domain.md, reports)."""

from datetime import timedelta

from django.db.models import TextChoices


class ReportState(TextChoices):
    SUBMITTED = "submitted", "待受理"
    ACCEPTED = "accepted", "已受理"
    ASSIGNED = "assigned", "已派单"
    IN_PROGRESS = "in_progress", "办理中"
    WAITING_FOR_REPORTER = "waiting_for_reporter", "待补充"
    RESOLVED = "resolved", "已办结"
    CLOSED = "closed", "已结案"
    REJECTED = "rejected", "不受理"
    APPEALED = "appealed", "申诉中"


S = ReportState

TONES = {
    S.SUBMITTED: "wait",
    S.ACCEPTED: "info",
    S.ASSIGNED: "info",
    S.IN_PROGRESS: "info",
    S.WAITING_FOR_REPORTER: "wait",
    S.RESOLVED: "done",
    S.CLOSED: "done",
    S.REJECTED: "bad",
    S.APPEALED: "wait",
}
"""The colour of a state, the same everywhere: waiting honey, in work blue, done green, refused red."""

BEFORE_ASKED = None
"""The target of `answer`: the state in which the question was asked."""

MOVES: dict[str, tuple[tuple[ReportState, ...], ReportState | None]] = {
    "accept": ((S.SUBMITTED, S.APPEALED), S.ACCEPTED),
    "reject": ((S.SUBMITTED, S.ACCEPTED, S.APPEALED), S.REJECTED),
    "assign": ((S.ACCEPTED,), S.ASSIGNED),
    "return": ((S.ASSIGNED, S.IN_PROGRESS), S.ACCEPTED),
    "start": ((S.ASSIGNED,), S.IN_PROGRESS),
    "ask": ((S.ACCEPTED, S.ASSIGNED, S.IN_PROGRESS), S.WAITING_FOR_REPORTER),
    "answer": ((S.WAITING_FOR_REPORTER,), BEFORE_ASKED),
    "resolve": ((S.IN_PROGRESS,), S.RESOLVED),
    "reopen": ((S.RESOLVED,), S.IN_PROGRESS),
    "close": ((S.RESOLVED,), S.CLOSED),
    "appeal": ((S.REJECTED,), S.APPEALED),
    "disprove": ((S.RESOLVED, S.CLOSED), S.REJECTED),
}
"""Move → (from, to). A move that is not here is refused with `wrong_state`. `close` is the clock's."""

MOVE_NAMES = {
    "accept": "受理",
    "reject": "不受理",
    "assign": "派单",
    "return": "退回",
    "start": "开始办理",
    "ask": "请上报人补充",
    "answer": "补充",
    "resolve": "办结",
    "reopen": "要求重办",
    "close": "结案",
    "appeal": "申诉",
    "disprove": "核实不属实",
}
"""What a move is called on buttons and in lists."""

WAITING_FOR_STAFF = (S.SUBMITTED, S.ACCEPTED, S.APPEALED)
"""What the street has to look at: to accept or reject, to hand to a unit, to decide an appeal."""

WITH_UNIT = (S.ASSIGNED, S.IN_PROGRESS, S.WAITING_FOR_REPORTER)
"""What can be late; a question does not stop the clock. Asked before the assignment, it has no deadline yet."""

OPEN = (S.SUBMITTED, S.ACCEPTED, S.ASSIGNED, S.IN_PROGRESS, S.WAITING_FOR_REPORTER, S.APPEALED)
"""Neither mended nor refused."""

DONE = (S.RESOLVED, S.CLOSED)

OVER = (S.CLOSED, S.REJECTED)
"""Where nobody but the reporter can take it up again: what he wrote may go with his account."""

AFTERWARDS = timedelta(days=14)
"""How long after the end of the work the reporter may rate it or have it taken up again; then it is closed."""


class RejectReason(TextChoices):
    NOT_TRUE = "not_true", "情况不属实"
    NOT_OURS = "not_ours", "不在受理范围"
    DUPLICATE = "duplicate", "重复上报"
    UNSUITABLE = "unsuitable", "内容不合适"


KEEPS_POINTS = (RejectReason.NOT_OURS,)
"""Rejected for this, a report was true and worth telling: what its acceptance earned stays."""


class DeadlineKind(TextChoices):
    WORK = "work", "个工作日"
    CALENDAR = "calendar", "天"


class Party(TextChoices):
    """As whom somebody made a step. A step never names the person to the other side."""

    REPORTER = "reporter", "上报人"
    STAFF = "staff", "受理单位"
    UNIT = "unit", "办理单位"
    PARTNER = "partner", "接入方"
    SYSTEM = "system", "系统"


class QuestionKind(TextChoices):
    """What answers a category's question; named as Open311 names the datatypes of attributes."""

    STRING = "string", "一行文字"
    TEXT = "text", "多行文字"
    NUMBER = "number", "数字"
    DATETIME = "datetime", "日期时间"
    SINGLE = "singlevaluelist", "单选"
    MULTI = "multivaluelist", "多选"


FREE_TEXT = (QuestionKind.STRING, QuestionKind.TEXT)
"""What may hold anything, also a name."""

LISTS = (QuestionKind.SINGLE, QuestionKind.MULTI)
