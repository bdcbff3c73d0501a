"""Words for sets of wishes and claims."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.roles import MANAGERS, READERS, Role
from accounts.scope import NOTHING, within
from wishes.states import (
    CONFIRMED_AFTER,
    LATELY,
    LIVE,
    PUBLIC,
    RELEASED_AFTER,
    UNDER_WAY,
    WARNED_AFTER,
    WishState,
)

if TYPE_CHECKING:
    from accounts.models import Courier, Organisation, User


class WishQuerySet(models.QuerySet):
    def shown(self) -> Self:
        """With what every page and rule asks of a wish."""
        return self.select_related("station__organisation", "claimed_by", "courier__user")

    def with_claims(self) -> Self:
        """For lists in which each row says what its reader may do."""
        return self.prefetch_related("claims")

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def public(self) -> Self:
        """What hangs on the tree."""
        return self.filter(state__in=PUBLIC)

    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def waiting(self) -> Self:
        """待认领: hangs there, and nobody stands for it yet."""
        return self.filter(state=WishState.OPEN)

    def taken_up(self) -> Self:
        """已认领: somebody stands for it, and it is not lit yet."""
        return self.filter(state__in=UNDER_WAY)

    def to_fetch(self) -> Self:
        """What lies at its station until its courier comes; what a station got for all is there to be used."""
        return self.filter(state=WishState.DELIVERED, claims__released_at=None, claims__improvement=None)

    def lit(self) -> Self:
        return self.filter(state=WishState.FULFILLED)

    def on_mind(self, courier: "Courier", at: datetime) -> Self:
        """What he may want to look at now: his live wish, or what was lit in the last days."""
        lately = Q(lit_at__gt=at - LATELY)
        return self.of_courier(courier).filter(Q(state__in=LIVE) | lately).order_by("-hung_at", "-pk")

    def lit_lately_around(self, path: str, at: datetime) -> Self:
        """Lit in the last days at stations below this place in the tree of organisations, newest first."""
        around = self.lit().filter(lit_at__gt=at - LATELY, station__organisation__path__startswith=path)
        return around.order_by("-lit_at", "-pk")

    def within_area(self, organisation: "Organisation") -> Self:
        """At stations of an organisation or of what lies below it."""
        return self.filter(station__organisation__path__startswith=organisation.path)

    def in_scope(self, user: "User") -> Self:
        """What `user` reads as staff, in every state: at stations of his street or district."""
        return self.filter(within(user, "station__organisation", *READERS))

    def moderated_by(self, user: "User") -> Self:
        """What `user` decides about: not his own."""
        return self.filter(within(user, "station__organisation", *MANAGERS)).exclude(courier=user.pk)

    def claimed_for(self, user: "User") -> Self:
        """What an organisation of `user` stands for, or has granted."""
        return self.filter(within(user, "claimed_by", Role.CLAIMER), claimed_by__isnull=False)

    def shown_to(self, user: "User | None") -> Self:
        """On the courier's and the public's pages: what hangs on the tree, and his own in every state."""
        return self.filter(Q(state__in=PUBLIC) | Q(courier=user.pk)) if user else self.public()

    def readable_by(self, user: "User | None") -> Self:
        """What hangs on the tree, for everybody; his own and, as staff, what is in scope in every state."""
        if user is None:
            return self.public()
        return self.filter(
            Q(state__in=PUBLIC) | Q(courier=user.pk) | within(user, "station__organisation", *READERS)
        )  # fmt: skip

    def in_reach(self, reaches: Collection[str]) -> Self:
        """At stations whose organisation lies in one of these parts of the tree (`rules.reach`)."""
        condition = NOTHING
        for path in reaches:
            condition |= Q(station__organisation__path__startswith=path)
        return self.filter(condition)

    def to_confirm(self, at: datetime) -> Self:
        return self.filter(state=WishState.DELIVERED, delivered_at__lte=at - CONFIRMED_AFTER)


class ClaimQuerySet(models.QuerySet):
    def live(self) -> Self:
        return self.filter(released_at=None)

    def running(self) -> Self:
        """Under the clock of day 5 and day 7. A station's improvement takes the time it takes."""
        return self.live().filter(wish__state=WishState.CLAIMED, improvement=None)

    def in_scope(self, user: "User") -> Self:
        """What `user` reads as staff: claims of wishes at stations of his street or district."""
        return self.filter(within(user, "wish__station__organisation", *READERS))

    def ending(self, at: datetime) -> Self:
        """快到期: within the last days before the clock releases them."""
        return self.running().filter(progress_at__lte=at - WARNED_AFTER)

    def to_warn(self, at: datetime) -> Self:
        return self.ending(at).filter(warned_at=None)

    def to_release(self, at: datetime) -> Self:
        return self.running().filter(progress_at__lte=at - RELEASED_AFTER)

    def of_claimers(self, user: "User") -> Self:
        """Made for an organisation of `user`, released ones too."""
        return self.filter(within(user, "organisation", Role.CLAIMER))


class ImprovementQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "station__organisation", *READERS))

    def managed_by(self, user: "User") -> Self:
        return self.filter(within(user, "station__organisation", *MANAGERS))

    def under_way(self) -> Self:
        return self.filter(done_at=None)

    def done(self) -> Self:
        """Newest first."""
        return self.filter(done_at__isnull=False).order_by("-done_at", "-pk")
