"""Who may do what to people: predicates that API, pages and admin share."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Courier, User


def courier_of(user: User | AnonymousUser) -> Courier | None:
    """The courier side of whoever is signed in, with outlet and street, or None."""
    if not user.is_authenticated:
        return None
    found = Courier.objects.select_related("user", "outlet__enterprise", "outlet__organisation", "street")
    return found.filter(user=user, frozen_at=None).first()


def may_verify(user: User, courier: Courier) -> bool:
    """Outlet manager, counter, street or district, for a courier in scope, and never for himself."""
    return Courier.objects.verifiable_by(user).filter(pk=courier.pk).exists()


def may_unmask(user: User, courier: Courier) -> bool:
    """A person sees his own name and number whole."""
    return courier.user_id == user.pk
