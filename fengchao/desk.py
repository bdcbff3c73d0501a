"""The desk's first page: what the person works on, by his roles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.guards import staff_page
from accounts.models import User
from accounts.roles import COUNTER_STAFF, DESK_STAFF, Role
from fengchao.core import clock
from reports.desk.queue import counts
from stations.models import Station
from wishes.desk import queue as wishes


@require_safe
@staff_page(*DESK_STAFF)
def desk(request: HttpRequest, worker: User) -> HttpResponse:
    """Stations for the counter, reports for a unit, wishes for who grants them, all for who does all. One station alone
    is opened at once."""
    at_counter, in_unit, claims = (
        worker.has_role(*COUNTER_STAFF), worker.has_role(Role.HANDLER), worker.has_role(Role.CLAIMER),
    )  # fmt: skip
    served = list(Station.objects.served_by(worker).order_by("code")) if at_counter else []
    if len(served) == 1 and not in_unit and not claims:
        return redirect("counter", served[0].code)
    context = {
        "at_counter": at_counter,
        "stations": served,
        "reports": counts(worker, clock.now()) if in_unit else None,
        "wishes": wishes.counts(worker, clock.now()) if claims else None,
    }
    return render(request, "desk/home.html", context)
