"""The rules of this app."""

from reports.services.blurring import blur
from reports.services.by_partners import Call, file_for_partner, sent_by_call
from reports.services.erasing import erase_of_closed, erase_words
from reports.services.filing import file, sent_before, similar
from reports.services.keys import live_key, make_key, revoke_key
from reports.services.replies import answer, appeal, rate, reopen
from reports.services.rewards import earned
from reports.services.triage import accept, assign, change_category, close_due, disprove, reject, remind_to_rate, units
from reports.services.work import ask, resolve, send_back, start

__all__ = [
    "Call",
    "accept",
    "answer",
    "appeal",
    "ask",
    "assign",
    "blur",
    "change_category",
    "close_due",
    "disprove",
    "earned",
    "erase_of_closed",
    "erase_words",
    "file",
    "file_for_partner",
    "live_key",
    "make_key",
    "rate",
    "reject",
    "remind_to_rate",
    "reopen",
    "resolve",
    "revoke_key",
    "send_back",
    "sent_before",
    "sent_by_call",
    "similar",
    "start",
    "units",
]
