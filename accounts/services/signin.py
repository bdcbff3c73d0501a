"""Sign-in by SMS code, with limits that hold under any number of parallel requests (domain.md, accounts).

Every decision about a number is taken under the lock of its one `SmsChallenge` row. The text message itself leaves
after the commit, so a slow provider never holds a lock: it is counted before it leaves, and given back when it did not.
"""

import logging
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare

from accounts.models import Courier, CourierCode, SmsChallenge, User
from accounts.models.users import clean_code, clean_phone, random_salt
from accounts.problems import AccountFrozen, CodeInvalid, GuessLimit, SmsLimit, SmsUnanswered, SmsUnavailable
from accounts.services import sms
from fengchao.core import audit, clock, codes, limits
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import RuleBroken, TooMany

log = logging.getLogger(__name__)

BUDGET = "sms-budget"
IDLE = timedelta(days=90)
CODE_LIFE = timedelta(minutes=5)
FIRST_PAUSE = 60  # seconds; doubles with every unanswered code
LONGEST_PAUSE = 32 * 60
CODES_A_DAY = 5
GUESSES_A_CODE = 5
GUESSES_A_DAY = 10
REQUESTS_PER_ADDRESS = 300  # a minute: slows a machine down, never a station full of couriers behind one address


@dataclass(frozen=True)
class Sent:
    """What the person may know: seconds until the next code, and in a demonstration the code itself."""

    resend_after: int
    demo_code: str | None


def send_code(phone: str, *, ip: str, at: datetime | None = None) -> Sent:
    """Send a sign-in code to `phone`; the answer is the same whether or not the number has an account.

    Limits: a pause of 60 s between codes that doubles to 32 min while none is answered, 5 codes a Shanghai day per
    number, an hourly budget for the whole system (alarm in the log), and a soft limit per address.
    Raises BadValue for a malformed number, TooMany (with `retry_after`) for every limit, and SmsUnavailable when the
    provider fails (`_give_back` says what that counts).
    """
    at = at or clock.now()
    number = clean_phone(phone)
    limits.hit(f"sms-address:{keyed_hash(ip)}", limit=REQUESTS_PER_ADDRESS, window=timedelta(minutes=1), at=at)
    code = codes.random_digits(6)
    with transaction.atomic():
        challenge = locked_challenge(keyed_hash(number), at)
        _refuse_too_early(challenge, at)
        _spend_budget(at)
        before = copy(challenge)
        challenge.code_hash = _code_hash(challenge.phone_hash, code)
        challenge.sent_at, challenge.expires_at = at, at + CODE_LIFE
        challenge.guesses = 0
        challenge.unanswered += 1
        challenge.sent_today += 1
        challenge.save()
    try:
        sms.send_code(number, code, at=at)
    except SmsUnanswered as failure:
        _give_back(challenge, before, may_arrive=True)
        failure.retry_after = _pause(challenge)
        raise
    except SmsUnavailable:
        _give_back(challenge, before, may_arrive=False)
        raise
    shown = settings.DEMO and settings.SMS_BACKEND == "console"
    return Sent(resend_after=_pause(challenge), demo_code=code if shown else None)


def sign_in(phone: str, code: str, *, at: datetime | None = None) -> User:
    """The user behind `phone` when `code` is the one last sent to it; a new number becomes an unregistered courier.

    A code works once, for 5 minutes and 5 guesses; 10 wrong guesses a Shanghai day close the number until midnight. A
    wrong guess is counted in a transaction that commits before the refusal is raised. After 90 days without signing in
    the user is in doubt (`services.recycled`): let in, and shown nothing.
    Raises CodeInvalid, GuessLimit, AccountFrozen.
    """
    at = at or clock.now()
    number = clean_phone(phone)
    code = clean_code(code)
    with transaction.atomic():
        challenge = locked_challenge(keyed_hash(number), at)
        refusal = judge(challenge, code, at)
        challenge.save()
        user = None if refusal else _user_of(number, at)
    if refusal:
        raise refusal
    assert user is not None
    if not user.is_active or Courier.objects.filter(user=user, frozen_at__isnull=False).exists():
        raise AccountFrozen
    return user


def end_all_sessions(user: User) -> None:
    """Sign `user` out everywhere: every session and every token ends with the next request."""
    with transaction.atomic():
        user.session_salt = random_salt()
        user.save(update_fields=["session_salt"])
        user.auth_token_set.all().delete()


def forget(at: datetime | None = None) -> int:
    """Delete challenges and courier codes that no limit needs any longer."""
    at = at or clock.now()
    long_ago = at - timedelta(days=2)
    guessed_only = Q(sent_at=None, day__lt=clock.shanghai_day(long_ago))  # a code was tried where none was sent
    old, _ = SmsChallenge.objects.filter(Q(sent_at__lt=long_ago) | guessed_only).delete()
    shown, _ = CourierCode.objects.filter(issued_at__lt=at - timedelta(days=1)).delete()
    return old + shown


def locked_challenge(phone_hash: str, at: datetime) -> SmsChallenge:
    """The number's row, locked until the transaction ends: whatever decides about a number begins with it."""
    SmsChallenge.objects.bulk_create([SmsChallenge(phone_hash=phone_hash)], ignore_conflicts=True)
    challenge = SmsChallenge.objects.select_for_update().get(phone_hash=phone_hash)
    today = clock.shanghai_day(at)
    if challenge.day != today:
        challenge.day, challenge.sent_today, challenge.guessed_today = today, 0, 0
    return challenge


def _refuse_too_early(challenge: SmsChallenge, at: datetime) -> None:
    if challenge.sent_today >= CODES_A_DAY:
        raise SmsLimit("今天的验证码次数已用完，请明天再试。", retry_after=_until_midnight(at))
    if challenge.sent_at:
        wait = (challenge.sent_at - at).total_seconds() + _pause(challenge)
        if wait > 0:
            raise SmsLimit(f"请 {_spoken(wait)}后再获取验证码。", retry_after=int(wait) + 1)


def _spend_budget(at: datetime) -> None:
    try:
        limits.hit(BUDGET, limit=settings.SMS_HOURLY_BUDGET, window=timedelta(hours=1), at=at)
    except TooMany as full:
        log.critical("sms_budget_exhausted")
        raise SmsLimit("短信服务繁忙，请稍后再试。", retry_after=full.retry_after or 60) from full


def _give_back(sent: SmsChallenge, before: SmsChallenge, *, may_arrive: bool) -> None:
    """Undo what the message of `sent` counted, so that a provider's bad hour shuts nobody out for the day.

    What may still arrive stays good to sign in with, and keeps its growing pause: whoever asks again and again cannot
    make more than one message in 32 minutes of it. What has certainly not left counts nothing, and an older code is
    good again. Guesses stay counted. Nothing is undone when a later message or the sign-in has overtaken this one.
    """
    with transaction.atomic():
        challenge = SmsChallenge.objects.select_for_update().get(pk=sent.pk)
        if challenge.sent_at != sent.sent_at or challenge.code_hash != sent.code_hash:
            return
        if challenge.day == sent.day:
            challenge.sent_today -= 1
        if not may_arrive:
            challenge.code_hash, challenge.expires_at = before.code_hash, before.expires_at
            challenge.sent_at, challenge.unanswered = before.sent_at, before.unanswered
            challenge.guesses += before.guesses
            limits.take_back(BUDGET)
        challenge.save()


def _pause(challenge: SmsChallenge) -> int:
    """Seconds between the last code and the next."""
    if not challenge.unanswered:
        return FIRST_PAUSE
    doublings: int = min(challenge.unanswered - 1, 10)
    return min(FIRST_PAUSE << doublings, LONGEST_PAUSE)


def judge(challenge: SmsChallenge, code: str, at: datetime) -> RuleBroken | None:
    """Why `code` is not the one last sent, or None; the caller saves what this counts or spends in `challenge`."""
    if challenge.guessed_today >= GUESSES_A_DAY:
        return GuessLimit("今天输错次数太多，请明天再试。", retry_after=_until_midnight(at))
    if not challenge.code_hash or challenge.expires_at is None or challenge.expires_at <= at:
        return CodeInvalid(field="code")
    if challenge.guesses >= GUESSES_A_CODE:
        wait = int(((challenge.sent_at or at) - at).total_seconds()) + _pause(challenge)
        return GuessLimit(retry_after=max(wait, 1))
    if not constant_time_compare(challenge.code_hash, _code_hash(challenge.phone_hash, code)):
        challenge.guesses += 1
        challenge.guessed_today += 1
        return CodeInvalid(field="code")
    challenge.code_hash = ""
    challenge.unanswered = 0
    return None


def _user_of(number: str, at: datetime) -> User:
    """Under the challenge's lock, so a number never gets two users."""
    user = User.objects.by_phone(number) or User.objects.create_with_phone(number)
    Courier.objects.get_or_create(user=user)
    if user.name and user.doubted_at is None and at - (user.last_login or user.created_at) >= IDLE:
        _doubt(user, at)
    user.last_login = at
    user.save(update_fields=["last_login"])
    return user


def _doubt(user: User, at: datetime) -> None:
    """What somebody opened before ends, so whatever is open from here on belongs to who has the number now."""
    user.doubted_at, user.wrong_answers = at, 0
    user.save(update_fields=["doubted_at", "wrong_answers"])
    end_all_sessions(user)
    audit.record(None, "user.doubted", user)


def _code_hash(phone_hash: str, code: str) -> str:
    return keyed_hash(f"{phone_hash}:{code}")


def _until_midnight(at: datetime) -> int:
    return int((clock.day_bounds(clock.shanghai_day(at))[1] - at).total_seconds()) + 1


def _spoken(seconds: float) -> str:
    return f"{int(seconds) + 1} 秒" if seconds < 60 else f"{int(seconds // 60) + 1} 分钟"
