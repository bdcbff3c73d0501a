"""The desk's first page: what the person works on, by his roles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.guards import staff_page
from accounts.models import User
from accounts.roles import COUNTER_STAFF, DESK_STAFF, Role
from activities.desk import board, care, sharing
from fengchao.core import clock
from reports.desk.queue import counts
from stations.models import Station
from vouchers.desk import clinic, outlets
from wishes.desk import queue as wishes


@require_safe
@staff_page(*DESK_STAFF)
def desk(request: HttpRequest, worker: User) -> HttpResponse:
    """Stations for the counter, reports for a unit, wishes for who grants them, a centre's day, an outlet's cards, a
    community's activities, all for who does all. One station alone is opened at once, unless somebody waits for him."""
    at_counter, at = worker.has_role(*COUNTER_STAFF), clock.now()
    heaps = {
        "reports": counts(worker, at) if worker.has_role(Role.HANDLER) else None,
        "wishes": wishes.counts(worker, at) if worker.has_role(Role.CLAIMER) else None,
        "clinic": clinic.counts(worker, clock.shanghai_day(at)) if worker.has_role(Role.CLINIC) else None,
        "cards": outlets.counts(worker) if worker.has_role(Role.OUTLET_MANAGER) else None,
    }
    community = board.counts(worker) if at_counter else None
    has_heaps = any(heap is not None for heap in heaps.values()) or bool(community and community.pending)
    served = list(Station.objects.served_by(worker).order_by("code")) if at_counter else []
    if len(served) == 1 and not has_heaps:
        return redirect("counter", served[0].code)
    visits = care.counts(worker, clock.shanghai_day(at)) if at_counter else None
    to_lend = sharing.to_decide(worker) if at_counter else 0
    context = {
        "at_counter": at_counter, "stations": served, "has_heaps": has_heaps, "community": community, "care": visits,
        "to_lend": to_lend, **heaps,
    }  # fmt: skip
    return render(request, "desk/home.html", context)
