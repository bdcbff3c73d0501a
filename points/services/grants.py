"""Points given by hand."""

from datetime import datetime

from django.urls import reverse

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import audit, clock, notices
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from points import ledger
from points.ledger import Leg, Source
from points.models import AT_ONCE, Account, Grant, Transfer
from points.problems import MayNotGrant, SelfDealing, WrongState
from points.rules import grantable, may_grant

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
    if not 1 <= points <= MOST:
        raise BadValue(f"积分应为 1 到 {MOST:,} 的整数。", field="points")
    reason = _sentence(reason, field="reason", called="发放事由")
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


def approve(given: Grant, *, by: User, at: datetime | None = None) -> Grant:
    """Post what waits exactly as it was written, as the second person. `_decide` says who may and what is raised."""
    with unit_of_work():
        locked = _decide(given, Grant.State.POSTED, by, at or clock.now())
        if Courier.objects.filter(pk=locked.courier_id, frozen_at__isnull=False).exists():
            raise AccountFrozen
        locked.transfer_id = _post(locked, at=locked.decided_at)
        locked.save(update_fields=["state", "decided_by", "decided_at", "transfer"])
        audit.record(by, "grant.approved", locked, {"courier": locked.courier_id, "points": locked.points})
        _tell(locked, "grant_approved", f"{locked.points:,} 分到账", locked.decided_at)
    return locked


def reject(given: Grant, *, by: User, note: str = "", at: datetime | None = None) -> Grant:
    """Send back what waits; `note` tells the clerk why. See `_decide`."""
    note = _sentence(note, field="reason", needed=False)
    with unit_of_work():
        locked = _decide(given, Grant.State.REJECTED, by, at or clock.now())
        locked.decision_note = note
        locked.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
        audit.record(by, "grant.rejected", locked, {"courier": locked.courier_id, "points": locked.points})
        _tell(locked, "grant_rejected", f"{locked.points:,} 分的发放没有通过", locked.decided_at)
    return locked


def take_back(given: Grant, *, reason: str, by: User, at: datetime | None = None) -> Grant:
    """Claw a posted grant back: a reversing transfer, once, even where the points are spent.

    The courier's balance may then be below zero: he sees it, and cannot spend until he has earned it again; what he
    reserved before he still gets. Raises MayNotGrant, NotThere, SelfDealing, BadValue without a reason, WrongState when
    it is not posted or was taken back. Locks the grant, then the courier's balance.
    """
    at = at or clock.now()
    reason = _sentence(reason, field="reason")
    with unit_of_work():
        locked = _locked(given, by)
        if locked.state != Grant.State.POSTED or locked.taken_back_at is not None:
            raise WrongState
        transfer = Transfer.objects.get(grant=locked)
        posting = ledger.reverse(transfer, by=by, at=at, overdraft=True, title=f"收回：{locked.reason}"[:80])
        locked.taken_back_at, locked.taken_back_by, locked.taken_back_reason = at, by, reason
        locked.taken_back_id = posting.transfer_id
        locked.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_reason", "taken_back"])
        audit.record(by, "grant.taken_back", locked, {"courier": locked.courier_id, "points": locked.points})
        _tell(locked, "grant_taken_back", f"{locked.points:,} 分已收回", at)
    return locked


def _decide(given: Grant, state: Grant.State, by: User, at: datetime) -> Grant:
    """The grant with its decision, locked and not yet saved.

    Raises MayNotGrant without the role, NotThere when its courier is out of scope, SelfDealing when `by` wrote it or is
    the courier himself, WrongState when it is decided.
    """
    locked = _locked(given, by)
    if locked.by_id == by.pk:
        raise SelfDealing("自己登记的发放，要由另一位管理员审核。")
    if locked.state != Grant.State.PENDING:
        raise WrongState
    locked.state, locked.decided_by, locked.decided_at = state, by, at
    return locked


def _tell(given: Grant, kind: str, title: str, at: datetime | None) -> None:
    """The courier; why it was rejected was written to the clerk."""
    notices.tell(given.courier, kind, title, text=given.reason, link=reverse("points"), about=str(given.pk), at=at)


def _locked(given: Grant, by: User) -> Grant:
    if not may_grant(by):
        raise MayNotGrant
    locked = Grant.objects.select_for_update(of=("self",)).select_related("courier__user", "by").get(pk=given.pk)
    if not grantable(by).filter(pk=locked.courier_id).exists():
        raise NotThere
    if locked.courier_id == by.pk:
        raise SelfDealing
    return locked


def _sentence(text: str, *, field: str, called: str = "原因", needed: bool = True) -> str:
    text = " ".join(text.split())
    if (needed and not text) or len(text) > REASON_LENGTH or not is_readable(text):
        raise BadValue(f"请写明{called}（不超过 {REASON_LENGTH} 个字）。", field=field)
    return text


def _given_today(by: User, at: datetime) -> int:
    return Grant.objects.counted(by, *clock.day_bounds(clock.shanghai_day(at))).total()


def _post(given: Grant, *, at: datetime | None = None) -> int:
    at = at or given.at
    year = clock.shanghai_day(at).year
    posting = ledger.post(
        [
            Leg(ledger.programme_account(Account.Kind.MANUAL, year), -given.points),
            Leg(ledger.courier_account(given.courier_id), given.points),
        ],
        kind="grant",
        source=Source("grant", str(given.pk)),
        by=given.by,
        title=given.reason[:80],
        at=at,
    )
    return posting.transfer_id
