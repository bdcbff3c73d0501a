"""No staff role without a second factor, whichever page is asked for."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.second_factor import both_given, password_given
from accounts.services.staff import has_second_factor

STAFF_PAGES = ("/admin/", "/desk/")


class SecondFactorMiddleware:
    """Marks the signed-in person with what his session has proved, when somebody asks who he is, and leads staff whose
    session has not proved enough from the pages of the staff to the step that is missing. Who has signed in to an
    account in doubt is nobody to every page but the one that asks him."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(partial(_person, request))  # type: ignore[assignment]  # as Django's own does
        if request.path.startswith(STAFF_PAGES) and (missing := _missing_step(request)):
            return HttpResponseRedirect(missing)
        return self.get_response(request)


def _person(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if isinstance(user, User):
        user.acts_as_staff = both_given(request, user)
        if user.in_doubt and not password_given(request, user):
            request.doubted = user  # type: ignore[attr-defined]  # read by guards.doubted_in
            return AnonymousUser()
    return user


def _missing_step(request: HttpRequest) -> str | None:
    user = request.user
    door = f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}"
    if not user.is_authenticated:
        return door
    if user.acts_as_staff or not user.held_roles:
        return None
    if password_given(request, user) and not has_second_factor(user):
        return f"{reverse('mfa_activate_totp')}?{urlencode({'next': request.get_full_path()})}"
    return door
