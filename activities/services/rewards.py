"""Points of attendance and of deeds, each once."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Courier, User
from activities.models import Deed, Enrolment
from points.events import declare
from points.ledger import Source
from points.models import Account
from points.services import earn

ATTENDED = declare("activity_attended", "志愿服务到场", Account.Kind.DEEDS)
APPROVED = declare("deed_approved", "主动做好事", Account.Kind.DEEDS)
"""Events of the earning rules; attendance is worth what its activity says, a deed what the rule says."""

ENROLMENT, DEED = "enrolment", "deed"
"""What a transfer's source is called; the key is the row's."""


def for_attendance(enrolment: Enrolment, *, by: User, at: datetime) -> int:
    """What the activity promised, within the rule's caps. Frozen and closed accounts earn nothing."""
    worth = enrolment.activity.points
    return _earned(enrolment.courier_id, ATTENDED, Source(ENROLMENT, str(enrolment.pk)), worth, by, at) if worth else 0


def for_deed(deed: Deed, *, by: User, at: datetime) -> int:
    return _earned(deed.courier_id, APPROVED, Source(DEED, str(deed.pk)), None, by, at)


def _earned(courier_key: int, event: str, source: Source, worth: int | None, by: User, at: datetime) -> int:
    courier = Courier.objects.filter(pk=courier_key, frozen_at=None, user__is_active=True).first()
    posting = earn(courier, event, source=source, worth=worth, by=by, at=at) if courier is not None else None
    return posting.credited if posting is not None else 0


def enrolment_pages(keys: Collection[str], reader: User) -> dict[str, str]:
    """Key → address, of the activities in which `reader` had a part: to them his statement leads."""
    mine = Enrolment.objects.filter(courier_id=reader.pk, pk__in=_numbers(keys)).select_related("activity")
    return {str(enrolment.pk): enrolment.activity.get_absolute_url() for enrolment in mine}


def deed_pages(keys: Collection[str], reader: User) -> dict[str, str]:
    mine = Deed.objects.filter(courier_id=reader.pk, pk__in=_numbers(keys)).only("pk")
    return {str(deed.pk): deed.get_absolute_url() for deed in mine}


def _numbers(keys: Collection[str]) -> list[int]:
    """Another who posts points may name his sources as he likes."""
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
