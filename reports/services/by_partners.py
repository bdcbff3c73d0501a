"""A partner's program files a report: in the partner's name, since nobody here knows who told it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from fengchao.core import clock, codes, limits
from fengchao.core.errors import BadValue, TooMany
from fengchao.core.geo import Position
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph
from reports.models import ApiKey, Category, Report, Step
from reports.problems import CallRepeated, KeyUnknown, TooManyCalls
from reports.services.answers import cleaned
from reports.services.deadlines import expected
from reports.services.filing import PLACE_LENGTH, area_of
from reports.states import Party, ReportState

TEXT_LENGTH = 4_000  # GeoReport v2
MEDIA_LENGTH = 500
A_DAY = timedelta(days=1)

_is_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Call:
    """What a partner calls one report of his (Idempotency-Key), and a digest of what he said in it."""

    key: str
    digest: str


def file_for_partner(
    key: ApiKey,
    category: Category,
    *,
    text: str = "",
    place: str = "",
    position: Position | None = None,
    answers: Mapping[str, Any] | None = None,
    media_url: str = "",
    call: Call | None = None,
    at: datetime | None = None,
) -> tuple[Report, bool]:
    """Take down what came with `key`, and whether this is new: one `call` is one report, however often it is sent.

    The kind of thing and where it is are enough; words, answers and a picture elsewhere (`media_url`) may add to it.
    Raises BadValue naming the field, CallRepeated for another report under the same call, KeyUnknown for a key that has
    just been revoked, TooManyCalls beyond its number in 24 hours. Locks the key's row.
    """
    text = paragraph(text, most=TEXT_LENGTH, field="text")
    place = " ".join(paragraph(place, most=PLACE_LENGTH, field="place").split())
    if position is None and not place:
        raise BadValue("请提供经纬度，或写清楚在什么地方。", field="place")
    content = {
        "category": category,
        "text": text,
        "place": place,
        "lat": position and position.lat,
        "lng": position and position.lng,
        "answers": cleaned(category, answers or {}),
        "media_url": _address(media_url),
    }
    with unit_of_work():
        if ApiKey.objects.select_for_update(no_key=True).filter(pk=key.pk, revoked_at=None).first() is None:
            raise KeyUnknown
        if (sent := sent_by_call(key, call)) is not None:
            return sent, False
        at = at or clock.now()  # under the lock: what a partner files has the order of its times
        _count(key, at)
        report = Report.objects.create(
            number=f"P{codes.random_code(8)}", api_key=key, area=area_of(category, position),
            happened_at=at, filed_at=at, expected_on=expected(category, at), state=ReportState.SUBMITTED, updated_at=at,
            client_key=call.key if call else "", call_digest=call.digest if call else "", **content,
        )  # fmt: skip
        Step.objects.create(report=report, move="file", at=at, party=Party.PARTNER, state_after=report.state)
    return report, True


def sent_by_call(key: ApiKey, call: Call | None) -> Report | None:
    """The report that this call has become, whatever has become of it and of its category since. CallRepeated when the
    call was another one's."""
    if call is None:
        return None
    sent: Report | None = Report.objects.shown().filter(api_key=key, client_key=call.key).first()
    if sent is not None and sent.call_digest != call.digest:
        raise CallRepeated(field="Idempotency-Key")
    return sent


def _address(text: str) -> str:
    if not text:
        return ""
    try:
        _is_address(text)
    except ValidationError:
        raise BadValue("要是完整的图片地址，以 http:// 或 https:// 开头。", field="media_url") from None
    if "@" in urlsplit(text).netloc:
        raise BadValue("图片地址里不能有用户名和密码。", field="media_url")
    if len(text) > MEDIA_LENGTH:
        raise BadValue(f"图片地址不能超过 {MEDIA_LENGTH} 个字符。", field="media_url")
    return text


def _count(key: ApiKey, at: datetime) -> None:
    try:
        limits.hit(f"open311:{key.pk}", limit=key.per_day, window=A_DAY, at=at)
    except TooMany as full:
        raise TooManyCalls(retry_after=full.retry_after or 1) from full
