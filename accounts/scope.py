"""Scope: a role reaches the subtree of its organisation (architecture.md, shared mechanisms).

Every staff queryset starts from `Model.objects.in_scope(user)`, which is written with these two words.
"""

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import User

NOTHING = Q(pk__in=[])


def paths(user: "User", *roles: str) -> list[str]:
    """Tree paths of the organisations where `user` holds one of `roles`."""
    return [path for role, _, path in user.roles if role in roles]


def within(user: "User", organisation: str, *roles: str) -> Q:
    """Rows whose `organisation` (a lookup that leads to an Organisation) lies where `user` holds one of `roles`."""
    condition = NOTHING
    for path in paths(user, *roles):
        condition |= Q(**{f"{organisation}__path__startswith": path})
    return condition


def covers(user: "User", path: str, *roles: str) -> bool:
    """Whether `user` holds one of `roles` at or above the organisation with tree path `path`."""
    return any(path.startswith(own) for own in paths(user, *roles))
