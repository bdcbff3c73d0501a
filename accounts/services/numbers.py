"""A person gets another telephone number: with codes from the old and the new one, or checked by staff."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Courier, SmsChallenge, User
from accounts.models.users import clean_code, clean_phone
from accounts.problems import AccountFrozen, HoldsOffice, NumberTaken, SameNumber
from accounts.rules import may_freeze
from accounts.services import signin
from accounts.services.freezing import cleaned_reason
from fengchao.core import audit, clock, limits, notices
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.transactions import unit_of_work

CHANGES_A_DAY = 20
"""By one member of staff: each tells whether a number has an account."""


def send_codes(user: User, phone: str, *, ip: str, at: datetime | None = None) -> list[signin.Sent]:
    """Send one code to the new number and one to the old; the limits of signing in hold for both.

    Whether the new number has an account is not said before its code has come back. Raises BadValue for a malformed
    number, SameNumber, HoldsOffice, AccountFrozen where there is no old number, and what `signin.send_code` raises.
    """
    old, new = _numbers(user, phone)
    return [signin.send_code(number, ip=ip, at=at) for number in (new, old)]


def change(user: User, phone: str, *, old_code: str, new_code: str, at: datetime | None = None) -> User:
    """Give `user` the number `phone`, when both codes are right; every session and token of his ends.

    Codes are those of signing in, with their limits. Both are judged before either is spent, and wrong guesses are
    counted in a transaction that commits before the refusal is raised. Raises as `send_codes`, CodeInvalid and
    GuessLimit with `field` old_code or new_code, NumberTaken. Locks both numbers' challenges in the order of their
    hashes (so that two who swap do not wait for each other), then the user.
    """
    at = at or clock.now()
    old, new = _numbers(user, phone)
    given = {keyed_hash(old): ("old_code", clean_code(old_code)), keyed_hash(new): ("new_code", clean_code(new_code))}
    refusals: list[RuleBroken] = []
    with transaction.atomic():
        spent: list[SmsChallenge] = []
        for phone_hash in sorted(given):
            field, code = given[phone_hash]
            challenge = signin.locked_challenge(phone_hash, at)
            if refusal := signin.judge(challenge, code, at):
                refusal.field = field
                refusals.append(refusal)
                challenge.save()
            else:
                spent.append(challenge)
        if not refusals:
            for challenge in spent:
                challenge.save()
            changed = _free(new) and _renumber(user, old, new, at)
    if refusals:
        raise refusals[0]
    if not changed:
        raise NumberTaken(field="phone")
    return user


def change_by_staff(courier: Courier, phone: str, *, reason: str, by: User, at: datetime | None = None) -> Courier:
    """Give `courier` the number `phone`, because `by` has checked who he is; what he was signed in to ends.

    For who has lost the old number, also where its new holder has signed in since: then the account is no longer in
    doubt, and stays frozen until staff unfreeze it. Raises BadValue for number or reason, NotThere when he is not
    `by`'s to manage (nobody changes his own), HoldsOffice when he has a role, AccountFrozen for a closed account,
    SameNumber, NumberTaken, TooMany. Locks the number's challenge, the courier and the user.
    """
    at = at or clock.now()
    new, reason = clean_phone(phone), cleaned_reason(reason)
    limits.hit(f"number-change:{by.pk}", limit=CHANGES_A_DAY, window=timedelta(days=1), at=at)
    with unit_of_work():
        signin.locked_challenge(keyed_hash(new), at)
        locked = Courier.objects.select_for_update(of=("self",)).select_related("user").get(pk=courier.pk)
        if not may_freeze(by, locked):
            raise NotThere("这位快递小哥不归您管理。")
        user = User.objects.select_for_update().get(pk=locked.pk)
        if user.memberships.exists():
            raise HoldsOffice("他还有任职，号码由系统管理员处理。")
        if not user.is_active:
            raise AccountFrozen("账号已注销。")
        if user.phone_hash == keyed_hash(new):
            raise SameNumber(field="phone")
        if not _free(new):
            raise NumberTaken(field="phone")
        before = user.phone
        user.doubted_at, user.wrong_answers = None, 0
        _settle(user, new, at)
        audit.record(by, "user.number_changed", user, {"reason": reason}, {"phone": [before, new]})
    locked.user = user
    return locked


def _numbers(user: User, phone: str) -> tuple[str, str]:
    """(old, new)"""
    new, old = clean_phone(phone), user.phone
    if user.held_roles and not user.acts_as_staff:
        raise HoldsOffice
    if not old:
        raise AccountFrozen
    if old == new:
        raise SameNumber(field="phone")
    return old, new


def _free(phone: str) -> bool:
    """Exact under the number's challenge: whoever signs in with it for the first time locks that too."""
    return User.objects.by_phone(phone) is None


def _renumber(user: User, old: str, new: str, at: datetime) -> bool:
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.phone_hash != keyed_hash(old) or not locked.is_active:
        raise AccountFrozen
    _settle(locked, new, at)
    audit.record(locked, "user.number_changed", locked, personal={"phone": [old, new]})
    user.refresh_from_db()
    return True


def _settle(user: User, phone: str, at: datetime) -> None:
    user.set_phone(phone)
    user.save(update_fields=["phone", "phone_hash", "doubted_at", "wrong_answers"])
    signin.end_all_sessions(user)
    notices.tell(user, "number_changed", "手机号已更换", text="不是你本人换的，请马上联系街道。", at=at)
