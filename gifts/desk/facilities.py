"""The facilities of one station, as the worker finds them: two taps, and what couriers have said lately."""

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core import clock
from stations.forms import SayForm
from stations.guards import counter_page
from stations.models import Observation, Station
from stations.services.observations import mark
from stations.views.observations import told

RECENT = 20


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def facilities(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    if request.method == "POST":
        told(request, station, SayForm(request.POST), as_staff=True)
        return redirect("desk_facilities", station.code)
    at = clock.now()
    prefetch_related_objects([station], "facilities")
    mark([station], at)
    live = Observation.objects.live(at).filter(station=station).select_related("facility", "by")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "facilities": station.facilities.all(),
        "recent": live.order_by("-at", "-pk")[:RECENT],
        "waiting": Observation.objects.pending().filter(station=station).count(),
    }
    return render(request, "desk/facilities.html", context)
