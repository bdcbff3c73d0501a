"""Points given by hand."""

from datetime import datetime

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from points import ledger
from points.ledger import Leg, Source
from points.models import Account, Grant
from points.problems import MayNotGrant, SelfDealing
from points.rules import grantable, may_grant

AT_ONCE = 50
"""The most that one clerk gives without a second person."""

AT_ONCE_A_DAY = 200
"""And the most in a Shanghai day, posted and waiting together."""

MOST = 100_000
REASON_LENGTH = 200


def grant(courier: Courier, points: int, *, reason: str, by: User, at: datetime | None = None) -> Grant:
    """Give `courier` points for a reason the statement shows him.

    Up to 50 points, and 200 for the clerk's day, are posted at once; what is above waits for a second person (state
    `pending`) and moves nothing. Both limits are exact: the clerk's own row is locked first, then the courier's
    balance. Raises BadValue for points or reason, MayNotGrant without the role, NotThere for a courier out of scope,
    SelfDealing for the clerk's own account, AccountFrozen.
    """
    at = at or clock.now()
    reason = " ".join(reason.split())
    if not 1 <= points <= MOST:
        raise BadValue(f"积分应为 1 到 {MOST:,} 的整数。", field="points")
    if not reason or len(reason) > REASON_LENGTH:
        raise BadValue(f"请写明发放事由(不超过 {REASON_LENGTH} 个字)。", field="reason")
    if not may_grant(by):
        raise MayNotGrant
    if not grantable(by).filter(pk=courier.pk).exists():
        raise NotThere
    if courier.user_id == by.pk:
        raise SelfDealing
    with unit_of_work():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if Courier.objects.filter(pk=courier.pk, frozen_at__isnull=False).exists():
            raise AccountFrozen
        given = Grant(courier=courier, points=points, reason=reason, by=by, at=at, state=Grant.State.PENDING)
        given.pk = Grant.objects.reserve_id()
        if points <= AT_ONCE and _given_today(by, at) + points <= AT_ONCE_A_DAY:
            given.transfer_id = _post(given)
            given.state = Grant.State.POSTED
        given.save(force_insert=True)
        audit.record(by, f"grant.{given.state}", given, {"courier": courier.pk, "points": points})
    return given


def _given_today(by: User, at: datetime) -> int:
    return Grant.objects.counted(by, *clock.day_bounds(clock.shanghai_day(at))).total()


def _post(given: Grant) -> int:
    year = clock.shanghai_day(given.at).year
    posting = ledger.post(
        [
            Leg(ledger.programme_account(Account.Kind.MANUAL, year), -given.points),
            Leg(ledger.courier_account(given.courier_id), given.points),
        ],
        kind="grant",
        source=Source("grant", str(given.pk)),
        by=given.by,
        title=given.reason[:80],
        at=given.at,
    )
    return posting.transfer_id
