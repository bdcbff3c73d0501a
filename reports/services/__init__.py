"""The rules of this app."""

from reports.services.blurring import blur
from reports.services.filing import file, pictures, similar
from reports.services.replies import answer, appeal, rate, reopen
from reports.services.triage import accept, assign, change_category, close_due, disprove, reject, units
from reports.services.work import ask, resolve, send_back, start

__all__ = [
    "accept",
    "answer",
    "appeal",
    "ask",
    "assign",
    "blur",
    "change_category",
    "close_due",
    "disprove",
    "file",
    "pictures",
    "rate",
    "reject",
    "reopen",
    "resolve",
    "send_back",
    "similar",
    "start",
    "units",
]
