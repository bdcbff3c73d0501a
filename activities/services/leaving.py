"""A courier leaves: his places go to others, his words and pictures of deeds go with him."""

from datetime import datetime

from accounts.models import User
from activities.models import Deed
from activities.services.enrolling import leave_all
from activities.states import DEED_PHOTO
from fengchao.core import clock, photos
from fengchao.core.models import IdempotencyKey

GONE = "（已删除）"


def take_leave(user: User, *, at: datetime | None = None) -> None:
    """Give back every place ahead. A repeat changes nothing."""
    leave_all(user, at=at or clock.now())


def erase_words(user: User) -> None:
    """What he told of his deeds, and who saw them; the rows stay as figures. Files do not come back: last of all."""
    for deed in Deed.objects.filter(courier=user.pk):
        for photo in photos.of(str(deed.pk), DEED_PHOTO):
            photos.delete(photo)
    _forget_answers(user)
    Deed.objects.filter(courier=user.pk).update(text=GONE, place=GONE, witness=GONE)


def _forget_answers(user: User) -> None:
    """What repeats of his telling or of its decision would get: a repeat is refused by the deed's state now."""
    IdempotencyKey.objects.filter(user_id=user.pk, path__endswith="/deeds/").delete()
    for key, reviewer in Deed.objects.filter(courier=user.pk).exclude(decided_by=None).values_list("pk", "decided_by"):
        IdempotencyKey.objects.filter(path__contains=f"/deeds/{key}/", user_id=reviewer).delete()
