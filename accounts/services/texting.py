"""Text messages about what has happened, to people who asked for them: few, never twice, never instead of a code."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from accounts.problems import SmsUnanswered, SmsUnavailable
from accounts.services import sms
from accounts.services.signin import BUDGET, IDLE
from fengchao.core import clock, limits
from fengchao.core.errors import TooMany
from fengchao.core.transactions import unit_of_work

log = logging.getLogger(__name__)

A_DAY = timedelta(days=1)
MOST_A_DAY = 5
REMEMBERED = timedelta(days=2)  # a job runs again within minutes, if ever


def text(user: User, words: str, *, key: str, at: datetime | None = None) -> bool:
    """Send `words` to the number of `user`, once for each `key` (which names no person); whether they left.

    Nothing is sent to accounts that are closed, to numbers that may have somebody new (90 days idle), beyond 5 messages
    a day, and from half of the hour's budget on, which the codes for signing in need. What is counted stays so unless
    the message has certainly not left. The claim commits before it leaves: a job that runs twice sends at most once.
    """
    at = at or clock.now()
    if not (user.is_active and user.phone) or _may_be_anothers(user, at):
        return False
    if not sms.sends_notices(settings.SMS_BACKEND, settings.SMS_NOTICE_TEMPLATE):
        return False
    claim, day = f"text:{key}", f"texts:{user.pk}"
    try:
        with unit_of_work():
            limits.hit(claim, limit=1, window=REMEMBERED, at=at)
            limits.hit(day, limit=MOST_A_DAY, window=A_DAY, at=at)
            limits.hit(BUDGET, limit=settings.SMS_HOURLY_BUDGET // 2, window=timedelta(hours=1), at=at)
    except TooMany:
        return False
    try:
        sms.send_notice(user.phone, words, at=at)
    except SmsUnanswered:
        return False
    except SmsUnavailable:
        with unit_of_work():
            for counted in (claim, day, BUDGET):
                limits.take_back(counted)
        return False
    return True


def _may_be_anothers(user: User, at: datetime) -> bool:
    return user.doubted_at is not None or at - (user.last_login or user.created_at) >= IDLE
