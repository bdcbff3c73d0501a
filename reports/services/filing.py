"""A report is filed: checked, placed, given to whom it belongs, exactly once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Courier, Organisation
from accounts.problems import AccountFrozen
from fengchao.core import clock, codes, limits, photos
from fengchao.core.errors import BadValue, TooMany
from fengchao.core.geo import Position
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph
from reports.models import Category, Report, Step
from reports.problems import TooManyReports
from reports.services.answers import cleaned
from reports.services.deadlines import expected
from reports.states import OPEN, Party, ReportState
from stations.models import Station

TEXT_LENGTH = 1000
PLACE_LENGTH = 120
KEY_LENGTH = 64
MOST_PHOTOS = 6
A_DAY = timedelta(days=1)
PER_DAY = 50  # of one courier: each costs a member of staff a look
SIMILAR_M = 100
SIMILAR_SHOWN = 5
AREA_M = 5_000  # a street's stations are not farther than this from any place in it
REMEMBERED = timedelta(days=30)  # what happened longer ago is no report any more
PHOTO, AFTER_PHOTO, ANSWER_PHOTO = "report", "report_after", "report_answer"
"""What a picture of a report is: the reporter's, of the work done, sent with an answer. Each kind has its rule."""


def file(
    courier: Courier,
    category: Category,
    *,
    text: str = "",
    place: str = "",
    position: Position | None = None,
    accuracy_m: int | None = None,
    station: Station | None = None,
    answers: Mapping[str, Any] | None = None,
    photo_ids: Sequence[int] = (),
    happened_at: datetime | None = None,
    client_key: str = "",
    by_sms: bool = False,
    at: datetime | None = None,
) -> tuple[Report, bool]:
    """Take down what `courier` tells, and whether this is new: one draft (`client_key`) is one report, however often
    and however parallel it is sent; a repeat gives the first.

    Without a `position` the place is needed in words, and `station` (else his outlet's street) says whose area it is.
    Raises BadValue naming the field, PhotoNotYours for pictures that are not his or in use, AccountFrozen,
    TooManyReports beyond 50 in 24 hours. Locks the courier's row.
    """
    at = at or clock.now()
    text = paragraph(text, most=TEXT_LENGTH, field="text")
    place = " ".join(paragraph(place, most=PLACE_LENGTH, field="place").split())
    client_key = _key(client_key)
    if not text and not photo_ids:
        raise BadValue("请拍一张照片，或写一句话。", field="text")
    if position is None and not place:
        raise BadValue("没有定位时，请写清楚在什么地方。", field="place")
    if len(photo_ids) > MOST_PHOTOS:
        raise BadValue(f"最多 {MOST_PHOTOS} 张照片。", field="photos")
    happened_at = _happened(happened_at, at)
    answered = cleaned(category, answers or {})
    with unit_of_work():
        locked = Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        if (sent := sent_before(courier, client_key)) is not None:
            return sent, False
        if locked.is_frozen:
            raise AccountFrozen
        _count(courier, at)
        report = Report.objects.create(
            number=f"P{codes.random_code(8)}", courier=courier, client_key=client_key, category=category,
            area=area_of(category, position, station, _home(courier)), text=text, place=place,
            lat=position and position.lat, lng=position and position.lng,
            accuracy_m=accuracy_m if position else None, answers=answered, happened_at=happened_at, filed_at=at,
            expected_on=expected(category, at), by_sms=by_sms, state=ReportState.SUBMITTED, updated_at=at,
        )  # fmt: skip
        photos.attach(photo_ids, PHOTO, report.number, by=courier)
        Step.objects.create(
            report=report, move="file", at=at, by_id=courier.pk, party=Party.REPORTER, state_after=report.state
        )
    return report, True


def sent_before(courier: Courier, client_key: str) -> Report | None:
    """The report that this draft of his became, if it did."""
    if not client_key:
        return None
    sent: Report | None = Report.objects.of_courier(courier).filter(client_key=client_key).shown().first()
    return sent


def similar(category: Category, position: Position) -> list[Report]:
    """Up to five open reports of the category within 100 m, nearest first, each with `distance_m`. None of a
    confidential category."""
    if category.is_confidential:
        return []
    near = Report.objects.filter(category=category, state__in=OPEN)
    return list(near.near(position.lat, position.lng, within_m=SIMILAR_M)[:SIMILAR_SHOWN])


def area_of(
    category: Category,
    position: Position | None,
    station: Station | None = None,
    home: Organisation | None = None,
) -> Organisation:
    """Whose staff decide: the unit for what is confidential, else the street or zone of the nearest station, of the
    station that was named, of the reporter's `home`, or at last the district."""
    if category.is_confidential:
        assert category.handler is not None  # by constraint
        return category.handler
    if position is not None:
        near = Station.objects.active().near(*position, within_m=AREA_M).select_related("organisation")
        station = near.first() or station
    if station is not None:
        return station.organisation.street
    return home.street if home else Organisation.objects.get_first_root_node()


def _home(courier: Courier) -> Organisation | None:
    """Where his outlet lies, else the street he named."""
    home: Organisation | None = courier.outlet.organisation if courier.outlet else courier.street
    return home


def _happened(happened_at: datetime | None, at: datetime) -> datetime:
    if happened_at is None:
        return at
    if happened_at > at + timedelta(minutes=10):
        raise BadValue("发生时间不能晚于现在。", field="happened_at")
    if happened_at < at - REMEMBERED:
        raise BadValue("只能上报 30 天内发生的情况。", field="happened_at")
    return min(happened_at, at)


def _count(courier: Courier, at: datetime) -> None:
    try:
        limits.hit(f"reports:{courier.pk}", limit=PER_DAY, window=A_DAY, at=at)
    except TooMany as full:
        raise TooManyReports(retry_after=full.retry_after or 1) from full


def _key(text: str) -> str:
    if len(text) > KEY_LENGTH or not (text.isascii() and text.isprintable()):
        raise BadValue("草稿编号不对。", field="client_key")
    return text
