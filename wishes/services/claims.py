"""What a claiming organisation does: it takes a wish on, says how it goes, and brings it."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Organisation, User
from accounts.roles import Role
from fengchao.core import clock, photos
from fengchao.core.transactions import unit_of_work
from wishes import rules
from wishes.models import Claim, Improvement, Wish
from wishes.problems import MayNot, NothingDelivered, NotYourOrganisation
from wishes.services import telling
from wishes.services.turns import Turn, finish, locked_row, turn
from wishes.states import DELIVERY_PHOTO, RELEASED_AFTER, WARNED_AFTER, Party, WishState


def claim(wish: Wish, *, organisation: Organisation, by: User, at: datetime | None = None) -> Wish:
    """`organisation` takes the wish on, and `by` answers for it.

    Raises NotYourOrganisation unless `by` claims for it, MayNot for a wish out of its reach, and what `turn` raises.
    Of any number at once exactly one succeeds: the wish is locked, and a partial unique index stands behind the lock.
    """
    if not any(own.pk == organisation.pk for own in rules.claiming_for(by)):
        raise NotYourOrganisation
    with turn(wish, "claim", by, at) as made:
        if not rules.may_claim_for(organisation, made.wish):
            raise MayNot
        take_on(made, organisation, by=by)
    return made.wish


def take_on(made: Turn, organisation: Organisation, *, by: User, improvement: Improvement | None = None) -> None:
    """The part of a claim that an improvement of the station shares."""
    made.wish.claimed_by, made.organisation_id = organisation, organisation.pk
    Claim.objects.create(
        wish=made.wish, organisation=organisation, by=by, improvement=improvement, at=made.at, progress_at=made.at
    )


def progress(wish: Wish, *, note: str, by: User, at: datetime | None = None) -> Wish:
    """How it goes, in a sentence that the courier reads; the seven days begin anew."""
    with turn(wish, "progress", by, at, note, needed=True, field="note") as made:
        _live(made.wish).update(progress_at=made.at, warned_at=None)
    return made.wish


def release(wish: Wish, *, by: User, reason: str = "", at: datetime | None = None) -> Wish:
    """The claimant cannot do it after all; the wish hangs on the tree again."""
    with turn(wish, "release", by, at, reason, field="reason") as made:
        _let_go(made)
    return made.wish


def deliver(
    wish: Wish, *, by: User, text: str = "", photo_id: int | None = None, at: datetime | None = None
) -> Wish:  # fmt: skip
    """It is at the station, or in the courier's hands: a note or a picture says so (NothingDelivered without both)."""
    if not text.strip() and photo_id is None:
        raise NothingDelivered
    with turn(wish, "deliver", by, at, text) as made:
        if photo_id is not None:
            photos.attach([photo_id], DELIVERY_PHOTO, str(made.wish.pk), by=by, field="photo")
        made.wish.delivered_at = made.at
    return made.wish


def warn_due(at: datetime | None = None) -> int:
    """Remind who claims for the organisation, once for each five days without a word; how many claims."""
    at = at or clock.now()
    warned = 0
    for key in list(Claim.objects.to_warn(at).order_by("progress_at").values_list("pk", flat=True)):
        with unit_of_work():
            # Looked at again under the lock: a note may just be written, or another worker be at it.
            claims = Claim.objects.to_warn(at).select_for_update(of=("self",), no_key=True)
            claim = claims.filter(pk=key).select_related("wish", "organisation", "by").first()
            if claim is None or claim.progress_at <= at - RELEASED_AFTER:
                continue
            claim.warned_at = at
            claim.save(update_fields=["warned_at"])
            telling.warn(claim, claimers(claim.organisation), last=claim.progress_at + RELEASED_AFTER, at=at)
            warned += 1
    return warned


def release_due(at: datetime | None = None) -> int:
    """Hang on the tree again what nobody spoke of for seven days; how many. Each is a transaction of its own."""
    at = at or clock.now()
    released = 0
    for wish_key in list(Claim.objects.to_release(at).order_by("progress_at").values_list("wish_id", flat=True)):
        with unit_of_work():
            # Looked at again under the lock of the wish, which every move takes first.
            wish = locked_row(wish_key)
            claim = Claim.objects.to_release(at).filter(wish=wish_key).select_related("organisation").first()
            if wish is not None and claim is not None:
                made = Turn(wish, "release", None, Party.SYSTEM, at)
                _let_go(made)
                finish(made)
                telling.say_released(wish, claimers(claim.organisation), at=at)
                released += 1
    return released


def claimers(organisation: Organisation) -> QuerySet[User]:
    """Who claims for it."""
    found: QuerySet[User] = User.objects.filter(
        memberships__organisation=organisation, memberships__role=Role.CLAIMER, is_active=True
    )
    return found.distinct()


def ends_at(claim: Claim) -> datetime:
    """When it is released unless something is said."""
    return claim.progress_at + RELEASED_AFTER


def is_ending(claim: Claim, at: datetime) -> bool:
    """Whether the warning is due, for lists that show it."""
    return claim.released_at is None and claim.improvement_id is None and claim.progress_at <= at - WARNED_AFTER


def _let_go(made: Turn) -> None:
    assert made.wish.state == WishState.CLAIMED  # by the table
    _live(made.wish).update(released_at=made.at)
    made.wish.claimed_by = None


def _live(wish: Wish) -> QuerySet[Claim]:
    live: QuerySet[Claim] = Claim.objects.live().filter(wish=wish)
    return live
