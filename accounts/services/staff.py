"""Staff: password, then a second factor; how somebody becomes staff, and gets a new second factor.

The limits are counted in PostgreSQL before anything is compared, so they hold for any number of processes, and a
number that nobody has is counted and answered like one that somebody has.
"""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate

from accounts.models import Membership, Organisation, User
from accounts.models.users import clean_code, clean_phone
from accounts.problems import CredentialsInvalid, SignInLimit
from accounts.roles import Role
from accounts.services import signin
from fengchao.core import audit, clock, limits
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import TooMany
from fengchao.core.transactions import unit_of_work

SESSION_LIFE = timedelta(hours=12)
FAILURES = 10
FAILURES_WITHIN = timedelta(minutes=15)
REQUESTS_PER_ADDRESS = 120  # a minute: slows a machine down, never an office behind one address
CODE_REMEMBERED = timedelta(minutes=5)  # longer than any code is accepted


def sign_in(phone: str, password: str, otp: str, *, ip: str, at: datetime | None = None) -> User:
    """The user whose number, password and second factor these are.

    Raises BadValue for a malformed number, SignInLimit after ten failures within 15 minutes, and CredentialsInvalid for
    everything else that does not fit: which part was wrong is not said.
    """
    number = clean_phone(phone)
    count_attempt(number, ip=ip, at=at)
    user = authenticate(None, phone=number, password=password)
    if not isinstance(user, User):
        raise CredentialsInvalid
    spend_second_factor(user, otp, at=at)
    forget_attempts(number)
    user.last_login = at or clock.now()
    user.save(update_fields=["last_login"])
    return user


def count_attempt(number: str, *, ip: str, at: datetime | None = None) -> None:
    """Count one try of a password before it is looked at; the eleventh within 15 minutes raises SignInLimit."""
    try:
        limits.hit(f"staff-address:{keyed_hash(ip)}", limit=REQUESTS_PER_ADDRESS, window=timedelta(minutes=1), at=at)
        limits.hit(_attempts_of(number), limit=FAILURES, window=FAILURES_WITHIN, at=at)
    except TooMany as full:
        raise _too_many(full) from full


def forget_attempts(number: str) -> None:
    limits.forget(_attempts_of(number))


def spend_second_factor(user: User, code: str, *, at: datetime | None = None) -> Authenticator:
    """The authenticator of `user` that gave `code`, which is thereby used up, in every process.

    Raises CredentialsInvalid when the code fits none or has served before, SignInLimit after ten failures within 15
    minutes.
    """
    attempts = f"second-factor:{user.pk}"
    try:
        limits.hit(attempts, limit=FAILURES, window=FAILURES_WITHIN, at=at)
    except TooMany as full:
        raise _too_many(full) from full
    code = clean_code(code)
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    for authenticator in Authenticator.objects.filter(user=user, type__in=kinds):
        if authenticator.wrap().validate_code(code):
            if authenticator.type == Authenticator.Type.TOTP:
                mark_spent(user, code, at=at)
            limits.forget(attempts)
            return authenticator
    raise CredentialsInvalid(field="otp")


def mark_spent(user: User, code: str, *, at: datetime | None = None) -> None:
    """Let a code of the authenticator app serve once. Raises CredentialsInvalid when it has."""
    try:
        limits.hit(f"totp:{user.pk}:{keyed_hash(clean_code(code))}", limit=1, window=CODE_REMEMBERED, at=at)
    except TooMany as spent:
        raise CredentialsInvalid(field="otp") from spent


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def reset_second_factor(user: User, *, by: User) -> None:
    """Take the authenticators of `user` away (his telephone is gone): he enrols anew at the next sign-in.

    Ends his sessions and tokens, which may be in the hands of whoever has the telephone.
    """
    with unit_of_work():
        Authenticator.objects.filter(user=user).delete()
        signin.end_all_sessions(user)
        audit.record(by, "user.second_factor_reset", user)


def appoint(
    phone: str,
    role: Role,
    organisation: Organisation,
    *,
    name: str = "",
    password: str | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> Membership:
    """Give the person with this number a role, and an account when he has none. A repeat changes nothing.

    `password` (when given) and `name` (when given) replace what was there; `by` is None at the first appointment.
    """
    at = at or clock.now()
    number = clean_phone(phone)
    with unit_of_work():
        user = User.objects.by_phone(number) or User.objects.create_with_phone(number)
        if name:
            user.name = name
        if password:
            user.set_password(password)
        user.save()
        membership, made = Membership.objects.get_or_create(
            user=user, organisation=organisation, role=role, defaults={"created_at": at}
        )
        if made:
            audit.record(by, "membership.given", user, {"role": role.value, "organisation": organisation.pk})
    return membership


def _attempts_of(number: str) -> str:
    return f"staff-sign-in:{keyed_hash(number)}"


def _too_many(full: TooMany) -> SignInLimit:
    minutes = (full.retry_after or 60) // 60 + 1
    return SignInLimit(f"登录失败次数太多，请 {minutes} 分钟后再试。", retry_after=full.retry_after or 60)
