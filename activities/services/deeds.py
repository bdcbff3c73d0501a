"""A courier tells of a good deed he did unasked; somebody else reviews it, once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.models import Courier, Organisation, User
from accounts.problems import AccountFrozen
from activities import rules
from activities.models import Deed
from activities.models.deeds import LONGEST
from activities.problems import MayNot, SelfDealing, TooManyDeeds, WrongState
from activities.services import rewards, telling
from activities.states import DEED_PHOTO, DeedState
from fengchao.core import audit, clock, limits, photos
from fengchao.core.errors import BadValue, NotThere, TooMany
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph, sentence
from stations.models import Station

TEXT_LENGTH, PLACE_LENGTH, WITNESS_LENGTH, REASON_LENGTH = 500, 120, 60, 200
MOST_PHOTOS = 3
REMEMBERED = timedelta(days=30)
A_DAY = timedelta(days=1)
PER_DAY = 5  # of one courier: each costs somebody a look


def tell_of(
    courier: Courier,
    *,
    text: str,
    place: str,
    happened_on: date,
    minutes: int,
    witness: str,
    photo_ids: Sequence[int],
    station: Station | None = None,
    at: datetime | None = None,
) -> Deed:
    """Take down what he did, for review by the street of `station`, else of his outlet.

    Raises BadValue naming the field, PhotoNotYours, AccountFrozen, TooManyDeeds beyond 5 in 24 hours. Locks the
    courier's row.
    """
    at = at or clock.now()
    text = paragraph(text, most=TEXT_LENGTH, field="text")
    if not text:
        raise BadValue("请写一写做了什么。", field="text")
    place = sentence(place, most=PLACE_LENGTH, field="place", needed=True)
    witness = sentence(witness, most=WITNESS_LENGTH, field="witness", needed=True)
    today = clock.shanghai_day(at)
    if not today - REMEMBERED <= happened_on <= today:
        raise BadValue("只能报 30 天内做的好事。", field="happened_on")
    if not 1 <= minutes <= LONGEST:
        raise BadValue("时间在 1 分钟到 8 小时之间。", field="minutes")
    if not photo_ids:
        raise BadValue("请拍一张照片。", field="photos")
    if len(photo_ids) > MOST_PHOTOS:
        raise BadValue(f"最多 {MOST_PHOTOS} 张照片。", field="photos")
    with unit_of_work():
        locked = Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        if locked.is_frozen:
            raise AccountFrozen
        _count(courier, at)
        deed = Deed.objects.create(
            courier=courier, organisation=_area(courier, station), text=text, place=place, happened_on=happened_on,
            minutes=minutes, witness=witness, told_at=at,
        )  # fmt: skip
        photos.attach(photo_ids, DEED_PHOTO, str(deed.pk), by=courier)
    return deed


def approve(deed: Deed, *, by: User, at: datetime | None = None) -> Deed:
    """It was so: it earns by the rule, once, and counts as service.

    Raises NotThere, MayNot, SelfDealing, WrongState.
    """
    return _decide(deed, DeedState.APPROVED, "", by, at)


def reject(deed: Deed, *, reason: str, by: User, at: datetime | None = None) -> Deed:
    """With a reason that he reads. Raises BadValue, and what `approve` raises."""
    return _decide(
        deed, DeedState.REJECTED, sentence(reason, most=REASON_LENGTH, field="reason", needed=True), by, at
    )  # fmt: skip


def _decide(deed: Deed, end: DeedState, reason: str, by: User, at: datetime | None) -> Deed:
    at = at or clock.now()
    with unit_of_work():
        rows = Deed.objects.shown().select_for_update(of=("self",), no_key=True)
        locked: Deed | None = rows.filter(pk=deed.pk).first()
        if locked is None or not Deed.objects.readable_by(by).filter(pk=deed.pk).exists():
            raise NotThere
        if locked.courier_id == by.pk:
            raise SelfDealing
        if not rules.may_review(by, locked):
            raise MayNot
        if locked.state != DeedState.SUBMITTED:
            raise WrongState(state=locked.get_state_display())
        locked.state, locked.decided_at, locked.decided_by, locked.reason = end, at, by, reason
        if end == DeedState.APPROVED:
            locked.points = rewards.for_deed(locked, by=by, at=at)
        locked.save(update_fields=["state", "decided_at", "decided_by", "reason", "points"])
        facts = {"courier": locked.courier_id, "points": locked.points, "reason": reason}
        audit.record(by, f"deed.{end}", locked, facts)
        telling.tell_decided(locked, at=at)
    return locked


def _area(courier: Courier, station: Station | None) -> Organisation:
    """Who reviews it: the organisation of the station, else the street of his outlet, at last the district."""
    if station is not None:
        return station.organisation
    home = courier.outlet.organisation if courier.outlet else courier.street
    return home.street if home else Organisation.objects.get_first_root_node()


def _count(courier: Courier, at: datetime) -> None:
    try:
        limits.hit(f"deeds:{courier.pk}", limit=PER_DAY, window=A_DAY, at=at)
    except TooMany as full:
        raise TooManyDeeds(retry_after=full.retry_after or 1) from full
