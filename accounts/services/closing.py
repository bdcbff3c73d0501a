"""Closing an account: the person leaves, the books stay."""

from datetime import datetime

from allauth.mfa.models import Authenticator

from accounts.models import Courier, User
from accounts.services import signin
from fengchao.core import audit, clock, notices
from fengchao.core.models import IdempotencyKey
from fengchao.core.transactions import unit_of_work


def close_account(user: User, *, by: User, at: datetime | None = None) -> None:
    """Erase what says who `user` is and shut every door to it. Its ledger stays, under the random handle and the id.

    Gone: name, number and its hash (the number may register anew, as somebody else), password, second factor, roles,
    outlet, street, shown codes, stored answers, notices; sessions and tokens end. The limits on text messages to the
    number stay for their two days, or closing would be a way round them. Locks the user's row; a repeat changes
    nothing.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.phone_hash is None and not locked.is_active:
            return
        for role, organisation, _ in locked.held_roles:
            audit.record(by, "membership.ended", locked, {"role": role, "organisation": organisation})
        locked.memberships.all().delete()
        Authenticator.objects.filter(user=locked).delete()
        IdempotencyKey.objects.filter(user_id=locked.pk).delete()
        notices.erase(locked)
        _leave_outlet(locked, at)
        locked.phone = locked.phone_hash = None
        locked.name, locked.is_active, locked.last_login = "", False, None
        locked.set_unusable_password()
        locked.save()
        signin.end_all_sessions(locked)
        audit.record(by, "user.closed", locked)


def _leave_outlet(user: User, at: datetime) -> None:
    courier = Courier.objects.select_for_update(of=("self",)).filter(user=user).first()
    if courier is None:
        return
    courier.codes.all().delete()
    courier.outlet = courier.street = None
    courier.frozen_at = courier.frozen_at or at
    courier.save()
