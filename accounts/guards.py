"""Who may open a page: every page of this house has one of these, or is for everyone."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from accounts import privacy
from accounts.models import Courier, User
from accounts.rules import courier_of
from accounts.second_factor import password_given

P = ParamSpec("P")


class CourierRequest(HttpRequest):
    """A request of a registered courier."""

    user: User
    courier: Courier


def courier_page(
    view: Callable[Concatenate[CourierRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Registered couriers only; others are led to the step that is missing, and back."""

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        courier = courier_of(request.user)
        if courier is None or not courier.is_registered or consent_due(request, courier):
            return missing_step(request, courier)
        request.courier = courier  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return wraps(view)(guarded)


def missing_step(request: HttpRequest, courier: Courier | None) -> HttpResponse:
    """To sign-in, or to registration: also for staff, who become couriers by their own number."""
    if courier is not None and courier.is_registered and consent_due(request, courier):
        return HttpResponseRedirect(f"{reverse('consent')}?{urlencode({'next': request.get_full_path()})}")
    door = "register" if courier else "former_account" if doubted_in(request) else "sign_in"
    return HttpResponseRedirect(f"{reverse(door)}?{urlencode({'next': request.get_full_path()})}")


def consent_due(request: HttpRequest, courier: Courier) -> bool:
    """Whether the notice had changed when he signed in, and he has not agreed to it since."""
    return privacy.consent_due(courier, request.session)


def doubted_in(request: HttpRequest) -> User | None:
    """Who has signed in to an account in doubt: `request.user` is nobody for him."""
    if request.user.is_authenticated:
        return None
    found: User | None = getattr(request, "doubted", None)
    return found


def staff_page(*roles: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Only who holds one of `roles`; the view gets the person."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            worker = request.user
            if not worker.is_authenticated:
                door = reverse("account_login")
                return HttpResponseRedirect(f"{door}?{urlencode({'next': request.get_full_path()})}")
            if not worker.has_role(*roles):
                raise PermissionDenied
            return view(request, worker, *args, **kwargs)

        return never_cache(guarded)

    return decorate


def after_password(view: Callable[..., Any]) -> Callable[..., Any]:
    """Pages about password and second factor: only in a session that the password opened.

    So whoever holds a courier's telephone cannot enrol an authenticator of his own and become staff with it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user: User | AnonymousUser = request.user
        if not isinstance(user, AnonymousUser) and password_given(request, user):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")

    return guarded


def local(url: str | None) -> str:
    """`url` when it is a path of this site, else nothing: nobody is sent away by a link that looks like ours."""
    return url if url and url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""
