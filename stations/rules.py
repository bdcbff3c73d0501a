"""Who may do what at a station."""

from accounts.models import User
from accounts.roles import COUNTER_STAFF, MANAGERS, Role
from accounts.scope import covers
from stations.models import Station


def serves(user: User, station: Station) -> bool:
    """Whether `user` may stand at the counter of `station`: his role reaches it, and it is in use."""
    return station.is_active and covers(user, station.organisation.path, *COUNTER_STAFF)


def may_decide_corrections(user: User) -> bool:
    """Street and district, who also edit stations; which ones their role reaches is asked of the correction."""
    return user.has_role(*MANAGERS)


def may_set_requirements(user: User) -> bool:
    return user.has_role(Role.DISTRICT_ADMIN)
