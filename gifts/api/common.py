"""What the endpoints of this app share."""

from drf_spectacular.utils import OpenApiParameter

from accounts.models import Organisation, User
from accounts.roles import COUNTER_STAFF, Role
from fengchao.core import rows
from fengchao.core.errors import BadValue
from gifts.models import Gift
from stations.api.common import served_by
from stations.models import Station

READERS = (*COUNTER_STAFF, Role.AUDITOR)
STATION = OpenApiParameter("station", str, description="蜂巢编号，如 QK-001")


_COUNTER_AND_GIFT = """
    FROM stations_station s JOIN accounts_organisation o ON o.id = s.organisation_id
        LEFT JOIN gifts_gift g ON g.code = %s
    WHERE s.code = %s
"""


def counter_and_gift(worker: User, station_code: str, gift_code: str) -> tuple[Station, Gift]:
    """The station a body names, where `worker` may stand at the counter, and the gift it names. Whether that is on
    sale is the rule's to say."""
    found = rows.first(_COUNTER_AND_GIFT, [gift_code, station_code], s=Station, o=Organisation, g=Gift)
    station, gift = None, None
    if found is not None:
        station, station.organisation, gift = found
    station = served_by(worker, station)
    if gift is None or gift.pk is None:
        raise BadValue("没有这种礼品。", field="gift")
    return station, gift


def gift_named(code: str) -> Gift:
    """The gift a body names."""
    gift = Gift.objects.filter(code=code).first()
    if gift is None:
        raise BadValue("没有这种礼品。", field="gift")
    return gift


def station_read(reader: User, code: str) -> Station:
    station = Station.objects.in_scope(reader).filter(code=code).first()
    if station is None:
        raise BadValue("没有这个蜂巢，或不在您的范围内。", field="station")
    return station
