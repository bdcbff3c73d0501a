"""Keys of partners: made and revoked by the district, looked up with every report that a partner files."""

from datetime import datetime

from accounts.models import User
from accounts.roles import Role
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from reports.models import ApiKey
from reports.models.keys import LETTERS, digest_of, new_key
from reports.problems import KeyRevoked, MayNot

PARTNER_LENGTH = 40
PER_DAY, MOST_PER_DAY = 5_000, 100_000


def make_key(*, partner: str, by: User, per_day: int = PER_DAY, at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key for `partner`, and its text, which is readable this once. Raises BadValue, MayNot."""
    _check(by)
    partner = sentence(partner, most=PARTNER_LENGTH, field="partner", needed=True)
    if not 1 <= per_day <= MOST_PER_DAY:
        raise BadValue(f"每天最多上报要在 1 到 {MOST_PER_DAY} 件之间。", field="per_day")
    text = new_key()
    with unit_of_work():
        key = ApiKey.objects.create(
            partner=partner, letters=text[:LETTERS], digest=digest_of(text), per_day=per_day, created_by=by,
            created_at=at or clock.now(),
        )  # fmt: skip
        audit.record(by, "apikey.made", key, {"partner": partner, "letters": key.letters, "per_day": per_day})
    return key, text


def revoke_key(key: ApiKey, *, by: User) -> ApiKey:
    """From now on nothing is filed with it; what was filed stays. Raises KeyRevoked for a second time, MayNot."""
    _check(by)
    with unit_of_work():
        locked = ApiKey.objects.select_for_update().get(pk=key.pk)
        if locked.revoked_at is not None:
            raise KeyRevoked
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        audit.record(by, "apikey.revoked", locked, {"partner": locked.partner, "letters": locked.letters})
    return locked


def live_key(text: str) -> ApiKey | None:
    """The key that `text` spells, unless it is none or revoked."""
    return ApiKey.objects.filter(digest=digest_of(text), revoked_at=None).first()


def _check(by: User) -> None:
    if Role.DISTRICT_ADMIN not in {role for role, _, _ in by.roles}:
        raise MayNot
