"""The desk's part in visits: a courier before the counter is checked in, and the station's poster is printed."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core import codes
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken
from gifts.desk.forms import KeyForm
from gifts.desk.page import show
from gifts.forms import TicketForm
from stations import counter, opening
from stations.guards import counter_page
from stations.models import PosterRenewal, Station
from stations.services import posters
from stations.services.visits import CheckIn, check_in_with_ticket, why_no_points


class RenewForm(KeyForm):
    reason = forms.CharField(label="为什么更换", max_length=200)


@require_http_methods(["GET", "POST"])
@counter_page
def check_in(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    form = TicketForm(request.POST)
    if request.method == "GET" or not form.is_valid():
        return redirect("counter", station.code)
    ticket = form.cleaned_data["ticket"]
    refused: RuleBroken | None = None
    try:
        messages.success(request, _told(check_in_with_ticket(ticket, station, by=worker)))
    except RuleBroken as refusal:
        refused = refusal
    outcome = {"kind": "refused", "title": "没有签到成", "message": refused.message} if refused else None
    status = refused.status if refused else 200
    try:
        courier = counter.read_ticket(ticket, station=station, by=worker)
    except RuleBroken:  # which refused the check-in, and is on record
        return show(request, worker, station, outcome=outcome, status=status)
    return show(request, worker, station, ticket=ticket, courier=courier, outcome=outcome, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def poster(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """A page of A4 to be printed; and what ends the ones that hang now."""
    form = RenewForm(request.POST or None, initial={"key": uuid.uuid4().hex})
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            told = act_once(
                request, worker, form.cleaned_data["key"],
                lambda: posters.renew(station, reason=reason, by=worker),
                lambda made: f"旧海报已作废，请打印第 {made.version} 版贴上。",
            )  # fmt: skip
        except RuleBroken as refusal:
            say_refusal(form, refusal)
        else:
            messages.success(request, told)
            return redirect("poster", station.code)
    context = {
        "station": station,
        "qr": _qr(request, station),
        "hours": opening.in_words(station.opening_hours),
        "version": posters.version_of(station),
        "renewals": PosterRenewal.objects.filter(station=station).select_related("by").order_by("-version")[:5],
        "form": form,
    }
    return render(request, "stations/poster.html", context)


def _qr(request: HttpRequest, station: Station) -> SafeString:
    return codes.qr_code(request.build_absolute_uri(posters.address_of(station)))


def _told(done: CheckIn) -> str:
    if done.visit.points:
        earned = f"，+{done.visit.points} 分"
    else:
        earned = "，签到积分已领满" if why_no_points(done.visit) == "cap" else ""
    return f"半小时内已经签过{earned}。" if done.again else f"已签到{earned}。"
