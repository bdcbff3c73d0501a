"""Who organises: the one rule of this app that knows no table of it.

Whoever stands at a counter of an organisation, or manages above it, organises in its name: a community its tasks and
visits, a street those of all its communities.
"""

from accounts.models import Organisation, User
from accounts.roles import COUNTER_STAFF
from accounts.scope import covers

ORGANISERS = COUNTER_STAFF


def organises(user: User, organisation: Organisation) -> bool:
    """Whether `user` publishes, confirms and visits in the name of `organisation`."""
    return covers(user, organisation.path, *ORGANISERS)
