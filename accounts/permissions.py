"""Who may call an endpoint, said in `permission_classes`; what they may do to which object stands in `rules.py`."""

from typing import Self

from django.conf import settings
from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import privacy
from accounts.models import Courier, Token, User
from accounts.problems import ConsentRequired, RegistrationRequired
from accounts.roles import Role
from accounts.rules import courier_of
from fengchao.core.permissions import SignedIn


class EvenInDoubt(BasePermission):
    """Whoever has signed in, also after 90 idle days: what is shown to him then is the view's to limit."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated)


class IsCourier(SignedIn):
    """Registered couriers. Who has not registered yet is told so: 403 `registration_required`; and who has not agreed
    to the privacy notice that holds: 403 `consent_required`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        super().has_permission(request, view)
        courier = courier_in(request)
        if courier is not None:
            refuse_unready(request, courier)
        return courier is not None


class HasRole(OperationHolderMixin, BasePermission):
    """Staff with one of `roles` anywhere, by a token or session with a second factor: `[HasRole(Role.COUNTER)]`."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self) -> Self:
        # REST framework makes an instance of what a view names; this is one already.
        return self

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.has_role(*self.roles)


def courier_in(request: Request) -> Courier | None:
    """The courier who is calling, looked up once a request."""
    if not hasattr(request, "acting_courier"):
        request.acting_courier = courier_of(request.user)  # type: ignore[attr-defined]  # ours, for this request
    found: Courier | None = request.acting_courier  # type: ignore[attr-defined]  # as above
    return found


def refuse_unready(request: Request, courier: Courier) -> None:
    """Raises RegistrationRequired or ConsentRequired for a courier who has still to say something about himself."""
    if not courier.is_registered:
        raise RegistrationRequired
    if privacy.consent_due(courier, None if isinstance(request.auth, Token) else request.session):
        raise ConsentRequired(version=settings.PRIVACY_NOTICE_VERSION)


def person(request: Request) -> User:
    """Who is calling, where the permission has let only signed-in people pass."""
    assert isinstance(request.user, User)
    return request.user
