"""Who may open a page of the desk."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.roles import COUNTER_STAFF
from fengchao.core.errors import NotThere
from stations.models import Station


def desk_page(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Counter staff only; the view gets the worker."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        worker = request.user
        if not worker.is_authenticated:
            return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
        if not worker.has_role(*COUNTER_STAFF):
            raise PermissionDenied
        return view(request, worker, *args, **kwargs)

    return never_cache(guarded)


def counter_page(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """The counter of one station the worker serves; any other is not there."""

    @wraps(view)
    def at_station(request: HttpRequest, worker: User, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        station = Station.objects.served_by(worker).select_related("organisation").filter(code=code).first()
        if station is None:
            raise NotThere
        return view(request, worker, station, *args, **kwargs)

    return desk_page(at_station)
