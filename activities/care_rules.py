"""Whom an organisation visits, and who may read what of it."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Organisation, Outlet, User
from accounts.roles import READERS, Role
from accounts.rules import organisations_of
from accounts.scope import covers
from activities.organisers import ORGANISERS

_STREETS = (Organisation.Kind.STREET, Organisation.Kind.ZONE)


def territory(organisation: Organisation) -> str:
    """The part of the tree whose outlets `organisation` visits: its street or zone; of what stands under no street
    (the district, its departments and party bodies) the district."""
    street = organisation.street
    path: str = street.path
    return path if street.kind in _STREETS else path[: Organisation.steplen]


def territories(user: User) -> list[str]:
    """Where `user` visits, in the name of whichever organisation; looked up once a request."""
    kept = vars(user)
    if "visits_in" not in kept:
        held = {key for role, key, _ in user.roles if role in ORGANISERS}
        kept["visits_in"] = sorted({territory(one) for one in Organisation.objects.filter(pk__in=held)})
    found: list[str] = kept["visits_in"]
    return found


def visiting_for(user: User) -> list[Organisation]:
    """The organisations in whose name `user` may visit, as a tree from top to bottom: those where couriers' outlets
    can be, and none that only grants or handles."""
    return list(organisations_of(user, *ORGANISERS).exclude(kind__in=(Organisation.Kind.CLINIC,)))


def visits(organisation: Organisation, outlet: Outlet) -> bool:
    """Whether `outlet` is one of those that `organisation` looks after."""
    return bool(outlet.organisation.path.startswith(territory(organisation)))


def reads(user: User, organisation: Organisation, outlet: Outlet) -> bool:
    """Whether `user` reads a visit of `organisation` at `outlet`, as `CareVisitQuerySet.in_scope` says of rows."""
    return covers(user, organisation.path, *READERS, Role.COUNTER) or covers(user, outlet.organisation.path, *READERS)


def may_see_anything(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.has_role(*READERS, Role.COUNTER)
