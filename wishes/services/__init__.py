"""The rules of this app."""

from wishes.services.claims import claim, deliver, progress, release, release_due, warn_due
from wishes.services.erasing import erase_of_closed, erase_words, withdraw_open
from wishes.services.hanging import hang, hang_with_ticket
from wishes.services.improvements import finish, join, plan
from wishes.services.moderation import approve, hide_thanks, reject
from wishes.services.receipt import confirm, confirm_due, thank, withdraw

__all__ = [
    "approve",
    "claim",
    "confirm",
    "confirm_due",
    "deliver",
    "erase_of_closed",
    "erase_words",
    "finish",
    "hang",
    "hang_with_ticket",
    "hide_thanks",
    "join",
    "plan",
    "progress",
    "reject",
    "release",
    "release_due",
    "thank",
    "warn_due",
    "withdraw",
    "withdraw_open",
]
