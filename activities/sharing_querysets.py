"""Words for sets of resources, loans and pairings."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from accounts.roles import COUNTER_STAFF, READERS, Role
from accounts.scope import NOTHING, paths, within
from activities.sharing_states import LoanState

if TYPE_CHECKING:
    from accounts.models import User

SEE = (*READERS, Role.COUNTER)


class ResourceQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *SEE))

    def lent_to(self, user: "User") -> Self:
        """What the organisations of `user` may ask for: everything in use in their district."""
        reached = NOTHING
        for root in {path[: Organisation.steplen] for path in paths(user, *COUNTER_STAFF)}:
            reached |= Q(organisation__path__startswith=root)
        return self.filter(reached, is_active=True)


class LoanQuerySet(models.QuerySet):
    def shown(self) -> Self:
        """With what every page and rule asks of a loan."""
        return self.select_related("resource__organisation", "borrower", "by", "decided_by")

    def in_scope(self, user: "User") -> Self:
        """Lent or borrowed by an organisation in scope."""
        return self.filter(within(user, "resource__organisation", *SEE) | within(user, "borrower", *SEE))

    def lent_by(self, user: "User") -> Self:
        return self.filter(within(user, "resource__organisation", *COUNTER_STAFF))

    def borrowed_by(self, user: "User") -> Self:
        return self.filter(within(user, "borrower", *COUNTER_STAFF))

    def requested(self) -> Self:
        return self.filter(state=LoanState.REQUESTED)

    def lent(self) -> Self:
        return self.filter(state=LoanState.APPROVED)

    def overlapping(self, start: datetime, end: datetime) -> Self:
        """Half open: what ends when another begins does not meet it."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class PairingQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "community", *SEE) | within(user, "party", *SEE))

    def live(self) -> Self:
        return self.filter(until=None)
