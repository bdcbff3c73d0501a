"""The picture of a gift, and what couriers would like to see on the shelf."""

from datetime import datetime

from accounts.models import Courier, User
from fengchao.core import audit, clock, images, photos
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from gifts.models import Gift, Suggestion
from gifts.problems import SuggestionAnswered, TooManySuggestions
from gifts.rules import may_edit_gifts
from gifts.states import SuggestionState

TEXT_LENGTH = 60
REPLY_LENGTH = 200
OPEN_AT_ONCE = 3
"""Suggestions of one courier that may wait for an answer."""


def set_picture(gift: Gift, redrawn: images.Redrawn, *, by: User) -> None:
    """Show `gift` with this picture from now on; the one before is deleted. Raises NotAllowed."""
    if not may_edit_gifts(by):
        raise NotAllowed
    with unit_of_work():
        locked = Gift.objects.select_for_update(of=("self",)).select_related("photo").get(pk=gift.pk)
        before, after = locked.photo, photos.keep(redrawn, by=by)
        photos.use(after, "gift", locked.code)
        locked.photo = after
        locked.save(update_fields=["photo"])
        if before is not None:
            photos.delete(before)
        audit.record(by, "gift.picture_changed", locked, {"photo": after.pk})
    gift.photo = after


def suggest(courier: Courier, text: str, *, at: datetime | None = None) -> Suggestion:
    """Keep what `courier` would like; the same words again, while they wait, are the first ones.

    Raises BadValue for no or too many words, TooManySuggestions while three of his wait. Locks his row.
    """
    text = " ".join(text.split())
    if not text or len(text) > TEXT_LENGTH or not is_readable(text):
        raise BadValue(f"请写下想要的礼品（不超过 {TEXT_LENGTH} 个字）。", field="text")
    with unit_of_work():
        Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        waiting = list(Suggestion.objects.unanswered().filter(courier=courier))
        for suggestion in waiting:
            if suggestion.text == text:
                return suggestion
        if len(waiting) >= OPEN_AT_ONCE:
            raise TooManySuggestions(field="text")
        return Suggestion.objects.create(courier=courier, text=text, at=at or clock.now())


def answer(
    suggestion: Suggestion, state: SuggestionState, *, reply: str, by: User, at: datetime | None = None
) -> Suggestion:
    """Say yes or no to a suggestion, once, in words the courier reads.

    Raises NotAllowed, NotThere out of scope, BadValue without words, SuggestionAnswered the second time. Locks it.
    """
    reply = " ".join(reply.split())
    if not may_edit_gifts(by):
        raise NotAllowed
    if not reply or len(reply) > REPLY_LENGTH or not is_readable(reply):
        raise BadValue(f"请写下回复（不超过 {REPLY_LENGTH} 个字）。", field="reply")
    with unit_of_work():
        locked = Suggestion.objects.in_scope(by).select_for_update(of=("self",)).filter(pk=suggestion.pk).first()
        if locked is None:
            raise NotThere
        if locked.state != SuggestionState.NEW:
            raise SuggestionAnswered
        locked.state, locked.reply, locked.answered_by, locked.answered_at = state, reply, by, at or clock.now()
        locked.save(update_fields=["state", "reply", "answered_by", "answered_at"])
        audit.record(by, f"suggestion.{state}", locked, {"reply": reply})
    return locked
