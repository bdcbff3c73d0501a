"""Who may call an endpoint at all. What they may do to which object is decided by each app's `rules.py`."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    # REST framework imports this module while it is loading its views.
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """The default, so an endpoint that names no one serves no one."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class Anyone(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return True


class SignedIn(BasePermission):
    """Whoever has signed in, unless his account says why he may do nothing yet (`barred_by`, a refusal)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if refusal := getattr(request.user, "barred_by", None):
            raise refusal
        return bool(request.user and request.user.is_authenticated)
