"""Who may do what at a station."""

from accounts.models import User
from accounts.roles import COUNTER_STAFF
from accounts.scope import covers
from stations.models import Station


def serves(user: User, station: Station) -> bool:
    """Whether `user` may stand at the counter of `station`: his role reaches it, and it is in use."""
    return station.is_active and covers(user, station.organisation.path, *COUNTER_STAFF)
