"""Who may do what to people: predicates that API, pages and admin share."""

from accounts.models import Courier, User
from accounts.roles import VERIFIERS


def courier_of(user: User) -> Courier | None:
    """The courier side of whoever is signed in, or None."""
    if not user.is_authenticated:
        return None
    return Courier.objects.select_related("user", "outlet__enterprise").filter(user=user, frozen_at=None).first()


def may_verify(user: User, courier: Courier) -> bool:
    """Outlet manager, counter, street or district, for a courier in scope, and never for himself."""
    return (
        user.has_role(*VERIFIERS)
        and courier.user_id != user.pk
        and Courier.objects.in_scope(user).filter(pk=courier.pk).exists()
    )


def may_unmask(user: User, courier: Courier) -> bool:
    """A person sees his own name and number whole."""
    return courier.user_id == user.pk
