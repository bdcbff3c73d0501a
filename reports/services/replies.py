"""What the reporter may do with his report after he has filed it."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from fengchao.core import clock, photos
from fengchao.core.errors import BadValue
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from reports import rules
from reports.models import Feedback, Report
from reports.problems import AlreadyOnce, AlreadyRated, MayNot, TooLate, WrongState
from reports.services.filing import ANSWER_PHOTO, MOST_PHOTOS
from reports.services.turns import hand_over, locked_for, turn
from reports.states import DONE, Party, ReportState

RATING_LENGTH = 200


def answer(report: Report, *, text: str, by: User, photo_ids: Sequence[int] = (), at: datetime | None = None) -> Report:
    """He answers what he was asked, with pictures where they help, and it goes on where it was."""
    if len(photo_ids) > MOST_PHOTOS:
        raise BadValue(f"最多 {MOST_PHOTOS} 张照片。", field="photos")
    with turn(report, "answer", by, at, text, needed=True) as made:
        photos.attach(photo_ids, ANSWER_PHOTO, made.report.number, by=by)
    return made.report


def reopen(report: Report, *, text: str, by: User, at: datetime | None = None) -> Report:
    """It is not mended after all: the reporter says so once within 14 days (AlreadyOnce, TooLate), staff at any time.
    It goes to the same unit, with a new deadline. What it earned stays, and is not earned again."""
    with turn(report, "reopen", by, at, text, needed=True) as made:
        locked = made.report
        if made.party == Party.REPORTER:
            if locked.was_reopened:
                raise AlreadyOnce
            if rules.is_over(locked, made.at):
                raise TooLate
            locked.was_reopened = True
        locked.resolved_at = None
        assert locked.assigned_to is not None  # by constraint
        hand_over(locked, locked.assigned_to, by=None, at=made.at)
    return made.report


def appeal(report: Report, *, text: str, by: User, at: datetime | None = None) -> Report:
    """He does not take the no, once (AlreadyOnce); another person decides."""
    with turn(report, "appeal", by, at, text, needed=True) as made:
        if made.report.was_appealed:
            raise AlreadyOnce
        made.report.was_appealed = True
    return made.report


def rate(report: Report, *, stars: int, by: User, text: str = "", at: datetime | None = None) -> Report:
    """What he says of the work: 1 to 5 stars, once, within 14 days of its end. No move: the state stays.

    Raises BadValue, NotThere, MayNot for anybody else, WrongState before it is done, AlreadyRated, TooLate. Locks the
    report.
    """
    at, text = at or clock.now(), sentence(text, most=RATING_LENGTH)
    if not 1 <= stars <= 5:
        raise BadValue("请选择 1 到 5 星。", field="stars")
    with unit_of_work():
        locked = locked_for(report, by)
        if not rules.is_reporter(by, locked):
            raise MayNot
        if locked.state not in DONE:
            raise WrongState(state=ReportState(locked.state).label)
        if hasattr(locked, "feedback"):
            raise AlreadyRated
        if rules.is_over(locked, at):
            raise TooLate
        locked.feedback = Feedback.objects.create(report=locked, stars=stars, text=text, at=at)
    return locked
