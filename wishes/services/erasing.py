"""A courier leaves: his own words and picture go as soon as nobody needs them to grant what he wished."""

from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from accounts.models import User
from fengchao.core import clock, photos
from fengchao.core.models import IdempotencyKey, Photo
from fengchao.core.transactions import unit_of_work
from wishes.models import Step, Wish
from wishes.querysets import WishQuerySet
from wishes.services.hanging import NOBODY
from wishes.services.receipt import withdraw
from wishes.services.turns import Turn, finish, locked_row
from wishes.states import DELIVERY_PHOTO, MOVES, OVER, PHOTO, Party, WishState

PICTURES = (PHOTO, DELIVERY_PHOTO)


def withdraw_open(user: User, *, at: datetime | None = None) -> None:
    """Take down what nobody stands for yet. What is claimed is brought to the station all the same."""
    for wish in Wish.objects.filter(courier=user.pk, state__in=MOVES["withdraw"][0]):
        withdraw(wish, by=user, at=at)


def erase_words(user: User) -> int:
    """Erase what `user` wrote and what shows him in wishes that are over; how many. The others follow when they are.
    Title, category and times of a granted wish stay, without him: they are the district's record."""
    return _erase(Wish.objects.filter(courier=user.pk))


def erase_of_closed(at: datetime | None = None) -> int:
    """The timed rule: the same for wishes that were still claimed when their courier closed his account. What was
    released since then hangs there for nobody and is taken down."""
    at = at or clock.now()
    left = Wish.objects.filter(courier__user__is_active=False, courier__user__phone_hash=None)
    for key in list(left.filter(state__in=MOVES["withdraw"][0]).values_list("pk", flat=True)):
        with unit_of_work():
            wish = locked_row(key)
            if wish is not None and wish.state in MOVES["withdraw"][0]:  # looked at again under the lock
                finish(Turn(wish, "withdraw", None, Party.SYSTEM, at))
    return _erase(left)


def _erase(wishes: WishQuerySet) -> int:
    erased = 0
    for key in list(wishes.filter(_has_words(), state__in=OVER).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            wish = Wish.objects.select_for_update(no_key=True).get(pk=key)
            _erase_one(wish)
            erased += 1
    return erased


def _has_words() -> Q:
    pictures = Photo.objects.filter(kind__in=PICTURES, subject_key=Cast(OuterRef("pk"), CharField()))
    steps = Step.objects.filter(wish=OuterRef("pk"), party=Party.COURIER).exclude(text="")
    own = ~Q(text="") | ~Q(for_whom="") | ~Q(thanks="") | ~Q(shown_name=NOBODY)
    return own | ~Q(title="") & ~Q(state=WishState.FULFILLED) | Q(Exists(pictures)) | Q(Exists(steps))


def _erase_one(wish: Wish) -> None:
    wish.text = wish.for_whom = wish.thanks = ""
    wish.thanked_at, wish.shown_name, wish.is_anonymous = None, NOBODY, True
    if wish.state != WishState.FULFILLED:
        wish.title = ""
    wish.save()
    wish.steps.filter(party=Party.COURIER).exclude(text="").update(text="")
    # Answers that repeats of a move would get hold the wish as it was; a repeat is refused by its state now.
    hands = wish.steps.exclude(by=None).values("by_id")
    hanging = Q(path__endswith="/wishes/", body__startswith=f'{{"id":{wish.pk},')
    answers = Q(path__contains=f"/wishes/{wish.pk}/") | hanging
    IdempotencyKey.objects.filter(answers, user_id__in=hands).delete()
    for photo in Photo.objects.filter(kind__in=PICTURES, subject_key=str(wish.pk)):
        photos.delete(photo)
