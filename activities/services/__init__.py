"""The rules of deeds, events, what organisations share, and visits to outlets."""

from activities.services.attendance import (
    attend_by_code,
    attend_by_poster,
    attend_by_ticket,
    codes_counted,
    confirm,
    look_at,
    no_show,
)
from activities.services.deeds import approve, reject, tell_of
from activities.services.enrolling import enrol, leave, turn_of
from activities.services.leaving import erase_words, take_leave
from activities.services.organising import (
    CHANGED_FIELDS,
    Plan,
    cancel,
    change,
    finish,
    publish,
    remove_photo,
    show_photos,
    start,
    write,
)
from activities.services.timing import finish_due, remind_due, start_due

__all__ = [
    "CHANGED_FIELDS",
    "Plan",
    "approve",
    "attend_by_code",
    "attend_by_poster",
    "attend_by_ticket",
    "cancel",
    "change",
    "codes_counted",
    "confirm",
    "enrol",
    "erase_words",
    "finish",
    "finish_due",
    "leave",
    "look_at",
    "no_show",
    "publish",
    "reject",
    "remind_due",
    "remove_photo",
    "show_photos",
    "start",
    "start_due",
    "take_leave",
    "tell_of",
    "turn_of",
    "write",
]
