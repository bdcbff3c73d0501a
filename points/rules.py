"""Who may do what with points: predicates that API, pages and admin share."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Courier, User
from accounts.roles import MANAGERS, READERS, Role
from accounts.scope import within


def may_see_grants(user: User) -> bool:
    return user.has_role(*READERS)


def may_grant(user: User) -> bool:
    return user.has_role(*MANAGERS)


def may_set_rules(user: User) -> bool:
    return user.has_role(Role.DISTRICT_ADMIN)


def grantable(user: User) -> QuerySet[Courier]:
    """Couriers whom `user` may give points: those where he manages, not those he only reads about."""
    return Courier.objects.filter(
        within(user, "outlet__organisation", *MANAGERS) | (Q(outlet=None) & within(user, "street", *MANAGERS))
    )


def allowed(given: Any) -> list[str]:
    """The moves open to the reader for whom `Grant.objects.for_reader` has read this grant."""
    return ["approve", "reject"] if given.decidable else []
