"""Who may call an endpoint, said in `permission_classes`; what they may do to which object stands in `rules.py`."""

from typing import Self

from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Courier
from accounts.problems import RegistrationRequired
from accounts.roles import Role
from accounts.rules import courier_of

_UNKNOWN = object()


class IsCourier(BasePermission):
    """Registered couriers. Who has not registered yet is told so: 403 `registration_required`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        courier = courier_in(request)
        if courier is not None and not courier.is_registered:
            raise RegistrationRequired
        return courier is not None


class HasRole(OperationHolderMixin, BasePermission):
    """Staff with one of `roles` anywhere, by a token or session with a second factor: `[HasRole(Role.COUNTER)]`."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self) -> Self:
        # REST framework makes an instance of what a view names; this is one already.
        return self

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.has_role(*self.roles))


def courier_in(request: Request) -> Courier | None:
    """The courier who is calling, looked up once a request."""
    found = getattr(request, "_courier", _UNKNOWN)
    if found is _UNKNOWN:
        found = request._courier = courier_of(request.user)
    return found  # type: ignore[no-any-return]  # the attribute is ours
