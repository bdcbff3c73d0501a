"""What the endpoints of this app share."""

from drf_spectacular.utils import OpenApiParameter

from accounts.models import User
from accounts.roles import COUNTER_STAFF, Role
from fengchao.core import rows
from fengchao.core.errors import BadValue
from gifts.models import Gift
from stations.models import Station

READERS = (*COUNTER_STAFF, Role.AUDITOR)
STATION = OpenApiParameter("station", str, description="蜂巢编号，如 QK-001")


def gift_named(code: str) -> Gift:
    """The gift a body names. Whether it is on sale is the rule's to say."""
    found = rows.first("FROM gifts_gift g WHERE g.code = %s", [code], g=Gift)
    if found is None:
        raise BadValue("没有这种礼品。", field="gift")
    gift: Gift = found[0]
    return gift


def station_read(reader: User, code: str) -> Station:
    station = Station.objects.in_scope(reader).filter(code=code).first()
    if station is None:
        raise BadValue("没有这个蜂巢，或不在您的范围内。", field="station")
    return station
