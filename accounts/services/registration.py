"""Becoming a courier in the register, and being confirmed as one."""

from datetime import datetime

from django.conf import settings

from accounts.models import Courier, Organisation, Outlet, User
from accounts.problems import AlreadyVerified
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue
from fengchao.core.transactions import unit_of_work

NAME_LENGTH = 20


def register(
    user: User,
    *,
    name: str,
    outlet: Outlet | None,
    street: Organisation | None = None,
    consent_version: str,
    at: datetime | None = None,
) -> Courier:
    """Enter name, outlet (or none, then the street he rides in) and consent; again later to change them.

    A changed name or outlet takes the verification away: it was given for the old one. Locks the courier's row.
    Raises BadValue for an empty or over-long name, or consent to a notice that is not the present one.
    """
    at = at or clock.now()
    name = cleaned_name(name)
    if consent_version != settings.PRIVACY_NOTICE_VERSION:
        raise BadValue("请阅读并同意最新的隐私说明。", field="consent_version")
    with unit_of_work():
        courier = Courier.objects.select_for_update(of=("self",)).select_related("user").get(user=user)
        changed = courier.is_registered and (courier.user.name != name or courier.outlet_id != (outlet and outlet.pk))
        courier.user.name = name
        courier.user.save(update_fields=["name"])
        courier.outlet, courier.street = outlet, None if outlet else street
        courier.registered_at = courier.registered_at or at
        if courier.consent_version != consent_version:
            courier.consent_version, courier.consent_at = consent_version, at
        if changed:
            courier.verified_at = courier.verified_by = None
        courier.save()
        audit.record(user, "courier.registered", courier, {"outlet": outlet and outlet.pk}, personal={"name": name})
    return courier


def consent(courier: Courier, version: str, *, at: datetime | None = None) -> Courier:
    """Agree to the notice that holds now, after it has changed. Raises BadValue for another version; a repeat keeps the
    first time. Locks the courier's row."""
    if version != settings.PRIVACY_NOTICE_VERSION:
        raise BadValue("请阅读并同意最新的隐私说明。", field="consent_version")
    with unit_of_work():
        locked = Courier.objects.select_for_update(of=("self",)).select_related("user").get(pk=courier.pk)
        if locked.consent_version != version:
            locked.consent_version, locked.consent_at = version, at or clock.now()
            locked.save(update_fields=["consent_version", "consent_at"])
            audit.record(locked.user, "courier.consented", locked, {"version": version})
    return locked


def cleaned_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise BadValue(f"请填写姓名（不超过 {NAME_LENGTH} 个字）。", field="name")
    return name


def verify(courier: Courier, *, by: User, at: datetime | None = None) -> Courier:
    """Confirm that `courier` rides for the outlet he named. The caller has checked that `by` may (rules.may_verify).

    Raises AlreadyVerified the second time, BadValue when he has not registered yet. Locks the courier's row.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = (
            Courier.objects.select_for_update(of=("self",))
            .select_related("user", "outlet__enterprise", "street")
            .get(pk=courier.pk)
        )
        if locked.is_verified:
            raise AlreadyVerified
        if not locked.is_registered:
            raise BadValue("该快递小哥还没有登记姓名和网点。")
        locked.verified_at, locked.verified_by = at, by
        locked.save(update_fields=["verified_at", "verified_by"])
        audit.record(by, "courier.verified", locked)
    return locked
