"""The rules of this app."""

from vouchers.services.booking import book, cancel, change, stop_waiting, wait_for
from vouchers.services.centre import check_in, complete, find, no_show, tick
from vouchers.services.issuing import fill, issue, issue_to_all, void, wait
from vouchers.services.leaving import give_up
from vouchers.services.timing import complete_due, expire_due, fill_due, miss_due, remind_due

__all__ = [
    "book",
    "cancel",
    "change",
    "check_in",
    "complete",
    "complete_due",
    "expire_due",
    "fill",
    "fill_due",
    "find",
    "give_up",
    "issue",
    "issue_to_all",
    "miss_due",
    "no_show",
    "remind_due",
    "stop_waiting",
    "tick",
    "void",
    "wait",
    "wait_for",
]
