"""Who may do what to people: predicates that API, pages and admin share."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, Q, QuerySet

from accounts.models import Courier, Organisation, Outlet, User
from accounts.roles import MANAGERS, Role
from accounts.scope import NOTHING, covers, paths
from fengchao.core import notices


def courier_of(user: User | AnonymousUser) -> Courier | None:
    """The courier side of whoever is signed in, with outlet and street, or None."""
    if not user.is_authenticated or user.in_doubt:
        return None
    found = Courier.objects.select_related("user", "outlet__enterprise", "outlet__organisation", "street")
    courier = found.annotate(unread=notices.is_unread(OuterRef("pk"))).filter(user=user, frozen_at=None).first()
    if courier is not None:
        user.has_unread = courier.unread
    return courier


def frozen_courier_of(user: User | AnonymousUser) -> Courier | None:
    """The courier side of whoever is signed in when it is frozen, and nothing is his to do: for the record of it."""
    if not user.is_authenticated or user.in_doubt:
        return None
    found: Courier | None = Courier.objects.select_related("user").filter(user=user, frozen_at__isnull=False).first()
    return found


def may_verify(user: User, courier: Courier) -> bool:
    """Outlet manager, counter, street or district, for a courier in scope, and never for himself."""
    return Courier.objects.verifiable_by(user).filter(pk=courier.pk).exists()


def may_unmask(user: User, courier: Courier) -> bool:
    """A person sees his own name and number whole."""
    return courier.user_id == user.pk


def reads_everything(user: User, *roles: str) -> bool:
    """Whether `user` holds one of `roles` at the root of the tree."""
    return any(len(path) == Organisation.steplen for path in paths(user, *roles))


def may_freeze(user: User, courier: Courier) -> bool:
    """Street and district, where they manage; the outlet decides, without one the street. Nobody freezes himself."""
    home = courier.outlet.organisation if courier.outlet else courier.street
    return home is not None and courier.user_id != user.pk and covers(user, home.path, *MANAGERS)


def may_honour(user: User, courier: Courier) -> bool:
    """The district gives titles, to nobody of its own."""
    home = courier.outlet.organisation if courier.outlet else courier.street
    return home is not None and courier.user_id != user.pk and covers(user, home.path, Role.DISTRICT_ADMIN)


def may_count(user: User, outlet: Outlet) -> bool:
    """Street and district say how many couriers an outlet has."""
    return covers(user, outlet.organisation.path, *MANAGERS)


def organisations_of(user: User, *roles: str) -> QuerySet[Organisation]:
    """The organisations that `user` reaches with one of `roles`, as a tree from top to bottom."""
    reached = NOTHING
    for path in paths(user, *roles):
        reached |= Q(path__startswith=path)
    found: QuerySet[Organisation] = Organisation.objects.filter(reached).order_by("path")
    return found
