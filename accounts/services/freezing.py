"""Taking a courier's account out of use for a while, and giving it back."""

from datetime import datetime

from accounts.models import Courier, User
from accounts.problems import AlreadyFrozen, NotFrozen
from accounts.rules import may_freeze
from accounts.services import signin
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable

REASON_LENGTH = 200


def freeze(courier: Courier, *, reason: str, by: User, at: datetime | None = None) -> Courier:
    """Stop `courier` from signing in, showing his code and redeeming; his points stay. Ends his sessions and tokens.

    Raises NotThere when he is not `by`'s to manage (nobody freezes himself), BadValue without a reason, AlreadyFrozen.
    Locks the courier's row.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(courier, by)
        if locked.is_frozen:
            raise AlreadyFrozen
        locked.frozen_at = at
        locked.save(update_fields=["frozen_at"])
        signin.end_all_sessions(locked.user)
        audit.record(by, "courier.frozen", locked, {"reason": cleaned_reason(reason)})
    return locked


def unfreeze(courier: Courier, *, reason: str, by: User) -> Courier:
    """Let `courier` in again. An account its owner has closed stays closed. Raises as `freeze`, and NotFrozen."""
    with unit_of_work():
        locked = _locked(courier, by)
        if not locked.is_frozen or not locked.user.is_active:
            raise NotFrozen
        locked.frozen_at = None
        locked.save(update_fields=["frozen_at"])
        audit.record(by, "courier.unfrozen", locked, {"reason": cleaned_reason(reason)})
    return locked


def _locked(courier: Courier, by: User) -> Courier:
    locked = Courier.objects.select_for_update(of=("self",)).select_related("user").get(pk=courier.pk)
    if not may_freeze(by, locked):
        raise NotThere("这位快递小哥不归您管理。")
    return locked


def cleaned_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH or not is_readable(reason):
        raise BadValue(f"请写明原因（不超过 {REASON_LENGTH} 个字）。", field="reason")
    return reason
