"""Who may open a page of a station's counter."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.guards import staff_page
from accounts.models import User
from accounts.roles import COUNTER_STAFF
from fengchao.core.errors import NotThere
from stations.models import Station

desk_page = staff_page(*COUNTER_STAFF)
"""Counter staff only; the view gets the worker."""


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
