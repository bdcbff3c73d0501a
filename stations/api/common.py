"""What the endpoints of this app and of those above it share."""

from rest_framework.request import Request

from accounts.models import Organisation, User
from accounts.roles import Role
from fengchao.core import rows
from fengchao.core.errors import BadValue, NotAllowed
from stations.models import Station
from stations.rules import serves


def staff_member(request: Request, *roles: Role) -> User:
    """The caller when he holds one of `roles` anywhere; which objects they reach is asked of the objects."""
    user = request.user
    if isinstance(user, User) and user.has_role(*roles):
        return user
    raise NotAllowed


def station_served(worker: User, code: str, *, field: str = "station") -> Station:
    """The station a body names, where `worker` may stand at the counter."""
    found = rows.first(
        "FROM stations_station s JOIN accounts_organisation o ON o.id = s.organisation_id WHERE s.code = %s",
        [code], s=Station, o=Organisation,
    )  # fmt: skip
    station: Station | None = None
    if found is not None:
        station, station.organisation = found
    return served_by(worker, station, field=field)


def served_by(worker: User, station: Station | None, *, field: str = "station") -> Station:
    """`station` again. One that is not there and one where `worker` may not stand at the counter look the same."""
    if station is None or not serves(worker, station):
        raise BadValue("没有这个蜂巢，或不归您服务。", field=field)
    return station
