"""Couriers and staff. Every number is new."""

from itertools import count

from django.conf import settings
from django.utils import timezone

from accounts.models import Courier, Enterprise, Membership, Organisation, Outlet, User
from accounts.roles import Role
from accounts.services import registration
from tests.factories.places import organisation

_number = count(1)


def phone_number() -> str:
    return f"139{next(_number):08d}"


def user(*, name: str = "", phone: str = "", password: str = "", **fields: object) -> User:
    return User.objects.create_with_phone(phone or phone_number(), name=name, password=password, **fields)


def staff(role: Role | str, place: Organisation, *, name: str = "周工", password: str = "", phone: str = "") -> User:
    """Somebody with one role; hand him to `api_of(…, staff=True)` or `staff_client` to act in it."""
    member = user(name=name, password=password, phone=phone)
    Membership.objects.create(user=member, organisation=place, role=role)
    return member


def enterprise(name: str = "", *, place: Organisation | None = None) -> Enterprise:
    return Enterprise.objects.create(name=name or f"企业{next(_number)}", organisation=place)


def outlet(place: Organisation | None = None, *, company: Enterprise | None = None, name: str = "") -> Outlet:
    return Outlet.objects.create(
        name=name or f"网点{next(_number)}",
        enterprise=company or enterprise(),
        organisation=place or organisation(),
    )


def courier(
    place: Outlet | Organisation | None = None,
    *,
    name: str = "何小蜂",
    phone: str = "",
    registered: bool = True,
    verified: bool = True,
) -> Courier:
    """A courier of an outlet, or with an organisation one without an outlet who rides in that street."""
    rider = Courier.objects.create(user=user(phone=phone))
    if registered:
        rider = registration.register(
            rider.user,
            name=name,
            outlet=place if isinstance(place, Outlet) else None,
            street=place if isinstance(place, Organisation) else None,
            consent_version=settings.PRIVACY_NOTICE_VERSION,
        )
        if verified:
            Courier.objects.filter(pk=rider.pk).update(verified_at=timezone.now())
    return Courier.objects.select_related("user", "outlet__enterprise", "street").get(pk=rider.pk)
