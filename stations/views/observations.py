"""What a courier says about a station: facilities, data that are right, data that are wrong."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.guards import CourierRequest, courier_page
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.templatetags.fengchao import due
from stations.forms import CorrectForm, SayForm
from stations.models import Facility, Observation, Station
from stations.services.corrections import propose
from stations.services.observations import confirm, observe

PAST_SHOWN = 10


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def say(request: CourierRequest, code: str) -> HttpResponse:
    """One of the buttons of the station's page, to which it leads back."""
    station = station_there(code)
    if request.method == "POST":
        told(request, station, SayForm(request.POST), as_staff=False)
    return redirect("station", station.code)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def confirm_data(request: CourierRequest, code: str) -> HttpResponse:
    station = station_there(code)
    if request.method == "POST":
        try:
            _, points = confirm(request.courier, station)
        except RuleBroken as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, f"谢谢，记下了，加 {points} 分。" if points else "谢谢，今天已经记下了。")
    return redirect("station", station.code)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def correct(request: CourierRequest, code: str) -> HttpResponse:
    station, status = station_there(code), 200
    form = CorrectForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            propose(request.courier, station, given["subject"], given["proposed"], note=given["note"])
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            status = refusal.status
        else:
            messages.success(request, "谢谢，收到了。街道核对后会改过来，结果显示在这里。")
            return redirect("station_correct", station.code)
    mine = Observation.objects.corrections().filter(by=request.user, station=station).order_by("-at", "-pk")
    context = {"station": station, "form": form, "mine": mine[:PAST_SHOWN]}
    return render(request, "stations/correct.html", context, status=status)


def station_there(code: str) -> Station:
    found: Station | None = Station.objects.active().select_related("organisation").filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def told(request: HttpRequest, station: Station, form: SayForm, *, as_staff: bool) -> None:
    """Keep what one button says, and thank for it or say why not."""
    facility = Facility.objects.filter(code=form.facility).first() if form.is_valid() else None
    if facility is None:
        messages.warning(request, "没看懂，请再按一次。")
        return
    try:
        assert request.user.is_authenticated  # the guard's work
        made = observe(
            station, facility, form.value, note=form.cleaned_data["note"], by=request.user, as_staff=as_staff
        )
    except RuleBroken as refusal:
        messages.warning(request, refusal.message)
        return
    until = made.expires_at and due(made.expires_at)
    messages.success(request, f"谢谢。{facility.name}{made.get_value_display()}，显示到 {until}。")
