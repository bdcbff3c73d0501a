"""Words for sets of couriers and outlets."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.roles import COUNTER_STAFF, READERS, Role
from accounts.scope import within

if TYPE_CHECKING:
    from accounts.models import User


class OutletQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *READERS, Role.COUNTER))

    def named(self, words: str) -> Self:
        """Outlets whose own or enterprise's name holds every one of `words`."""
        found = self
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(enterprise__name__icontains=word))
        return found

    def with_headcount(self) -> Self:
        """Each with its newest headcount: `counted` couriers, `counted_on` that day, or None."""
        first = apps.get_model("accounts", "Headcount").objects.filter(outlet=OuterRef("pk")).order_by("-on")
        return self.annotate(
            counted=Subquery(first.values("couriers")[:1]), counted_on=Subquery(first.values("on")[:1])
        )

    def uncounted_since(self, day: date) -> Self:
        """Outlets without a headcount of `day` or later, those never counted too."""
        return self.exclude(headcounts__on__gte=day)


class CourierQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """Couriers of outlets in the subtree; without an outlet the street of registration counts.

        An outlet manager reaches the outlets of his enterprise wherever they stand.
        """
        return self._reached_by(user, *READERS, *COUNTER_STAFF)

    def verifiable_by(self, user: "User") -> Self:
        """As `in_scope`, but not for those who only read; and nobody vouches for himself."""
        return self._reached_by(user, *COUNTER_STAFF).exclude(user=user)

    def _reached_by(self, user: "User", *staff: Role) -> Self:
        return self.filter(
            within(user, "outlet__organisation", *staff, Role.OUTLET_MANAGER)
            | (Q(outlet=None) & within(user, "street", *staff))
            | within(user, "outlet__enterprise__organisation", Role.OUTLET_MANAGER)
        )

    def registered(self) -> Self:
        return self.filter(registered_at__isnull=False)

    def unverified(self) -> Self:
        return self.registered().filter(verified_at=None)
