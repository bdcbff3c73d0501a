"""What the unit does that a report is assigned to. It never learns who reported."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from fengchao.core import photos
from fengchao.core.errors import BadValue
from reports.models import Report
from reports.problems import NobodyToAsk
from reports.services import rewards
from reports.services.filing import AFTER_PHOTO, MOST_PHOTOS
from reports.services.turns import take_from_unit, turn


def send_back(report: Report, *, reason: str, by: User, at: datetime | None = None) -> Report:
    """`return`: the unit says why it is not the right one, and the street assigns again."""
    with turn(report, "return", by, at, reason, needed=True, field="reason") as made:
        take_from_unit(made.report, made.at)
    return made.report


def start(report: Report, *, by: User, at: datetime | None = None) -> Report:
    """The unit is on it."""
    with turn(report, "start", by, at) as made:
        pass
    return made.report


def ask(report: Report, *, text: str, by: User, at: datetime | None = None) -> Report:
    """Staff or unit ask the reporter something. The deadline runs on: a question is no way to win time. NobodyToAsk for
    what a partner filed."""
    with turn(report, "ask", by, at, text, needed=True) as made:
        if made.report.api_key_id is not None:
            raise NobodyToAsk
    return made.report


def resolve(report: Report, *, text: str, photo_ids: Sequence[int], by: User, at: datetime | None = None) -> Report:
    """The unit has mended it: what was done, and one to six pictures of how it looks now. Credits what the category is
    worth. Raises BadValue, PhotoNotYours, and what `turn` raises."""
    if not 1 <= len(photo_ids) <= MOST_PHOTOS:
        raise BadValue(f"请附上 1 到 {MOST_PHOTOS} 张办结后的照片。", field="photos")
    with turn(report, "resolve", by, at, text, needed=True) as made:
        photos.attach(photo_ids, AFTER_PHOTO, made.report.number, by=by)
        made.report.resolved_at = made.at
        rewards.credit(made.report, rewards.RESOLVED, by=by, at=made.at)
    return made.report
