"""The courier's pages of check-ins: the poster's own page, what came of it, and where he has been."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from fengchao.core import geo
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from points.services import standing
from stations.models import Station, Visit
from stations.services.visits import check_in, look_at, why_no_points, wrong_posters_counted

A_PAGE = 30


class CheckInForm(forms.Form):
    """The position is written by the script, where the phone may tell it; empty fields say nothing."""

    lat = forms.FloatField(required=False)
    lng = forms.FloatField(required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def check_in_page(request: CourierRequest, code: str) -> HttpResponse:
    """Where the poster leads: one button, then what came of it."""
    station = Station.objects.active().filter(code=code).first()
    if station is None:
        raise NotThere
    poster = request.GET.get("k", "")[:600]
    try:
        if request.method != "POST":
            with wrong_posters_counted(request.courier, station):
                look_at(poster, request.courier, station)
            return _ask(request, station)
        form = CheckInForm(request.POST)
        form.is_valid()
        where = geo.given(form.cleaned_data.get("lat"), form.cleaned_data.get("lng"))
        with wrong_posters_counted(request.courier, station):
            done = check_in(request.courier, station, poster=poster, position=where)
    except BadValue as fault:
        return _ask(request, station, fault=fault.message, status=fault.status)
    except RuleBroken as refusal:
        return render(
            request, "stations/check_in_refused.html", {"station": station, "message": refusal.message},
            status=refusal.status,
        )  # fmt: skip
    address = reverse("visit", args=[done.visit.pk])
    return HttpResponseRedirect(f"{address}?again=1" if done.again else address)


@never_cache
@require_safe
@courier_page
def visit(request: CourierRequest, visit_id: int) -> HttpResponse:
    """One of his own; another's is not there."""
    found = Visit.objects.of_courier(request.courier).select_related("station").filter(pk=visit_id).first()
    if found is None:
        raise NotThere
    context = {
        "visit": found,
        "again": request.GET.get("again") == "1",
        "why": why_no_points(found),
        "standing": standing(request.courier),
    }
    return render(request, "stations/visit.html", context)


@never_cache
@require_safe
@courier_page
def visits(request: CourierRequest) -> HttpResponse:
    found = Visit.objects.of_courier(request.courier).select_related("station").order_by("-at", "-pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    following = f"{reverse('visits')}?page={page.next_page_number()}" if page.has_next() else None
    return render(request, "stations/visits.html", {"visits": list(page), "next_url": following})


def _ask(request: HttpRequest, station: Station, *, fault: str = "", status: int = 200) -> HttpResponse:
    """After a fault of the position the script leaves the phone alone, and the button checks in without one."""
    context: dict[str, Any] = {"station": station, "fault": fault}
    return render(request, "stations/check_in.html", context, status=status)
