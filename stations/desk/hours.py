"""Closed for today, in one tap, and open again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from stations import opening
from stations.guards import counter_page
from stations.models import Station
from stations.services import hours as rules

REASONS = ("停水停电", "设备检修", "社区活动占用", "人员临时外出")
A_WEEK = 7
LONGEST_REASON = 60


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def hours(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """The station's coming days; posted with a `reason` it closes for today, with `reopen` it takes that back."""
    if request.method == "POST":
        try:
            messages.success(request, _done(request, worker, station))
        except RuleBroken as refusal:
            messages.error(request, refusal.message)
        return redirect("desk_hours", station.code)
    at = clock.now()
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "open_state": opening.state(station, at),
        "week": opening.days(station, clock.shanghai_day(at), A_WEEK),
        "closing": rules.closing(station, at),
        "reasons": REASONS,
        "longest": LONGEST_REASON,
    }
    return render(request, "stations/desk_hours.html", context)


def _done(request: HttpRequest, worker: User, station: Station) -> str:
    if "reopen" in request.POST:
        rules.reopen(station, by=worker)
        return "已恢复开放，快递小哥马上能看到。"
    reason = request.POST.get("reason", "").replace("\0", "")[:LONGEST_REASON]
    rules.close_today(station, reason=reason, by=worker)
    return "今天已登记不开放，明天起照常。"
