"""The page for paper slips: who it was, what he got and when, and what became of the slips entered before."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Courier, User
from fengchao.core import clock
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken
from fengchao.core.masking import mask_name
from gifts.desk.forms import PhoneForm, SlipForm
from gifts.models import Gift, PaperSlip
from gifts.rules import may_decide_slips
from gifts.services import slips
from stations.guards import counter_page
from stations.models import Station
from stations.problems import TicketExpired

SHOWN = 20


@require_safe
@counter_page
def start(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    return _page(request, worker, station)


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def find(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    """By POST and shown at once: a number in an address would stand in histories and logs."""
    if request.method != "POST":
        return redirect("slips", station.code)
    form = PhoneForm(request.POST)
    if form.is_valid():
        try:
            seen = slips.find(station, form.cleaned_data["phone"], by=worker)
        except RuleBroken as refusal:
            say_refusal(form, refusal)
            return _page(request, worker, station, phone_form=form, status=refusal.status)
        slip_form = SlipForm(gifts=_gifts(), initial={"token": seen.token, "key": uuid.uuid4().hex})
        return _page(request, worker, station, courier=seen.courier, form=slip_form)
    return _page(request, worker, station, phone_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def enter(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    if request.method != "POST":
        return redirect("slips", station.code)
    gifts = _gifts()
    form = SlipForm(request.POST, gifts=gifts)
    try:
        courier = slips.found(request.POST.get("token", ""), station=station, by=worker)
    except TicketExpired as refusal:
        phone_form = PhoneForm({"phone": ""})
        phone_form.errors.clear()
        say_refusal(phone_form, refusal)
        return _page(request, worker, station, phone_form=phone_form, status=refusal.status)
    if not form.is_valid():
        return _page(request, worker, station, courier=courier, form=form)
    given = form.cleaned_data
    gift = next(gift for gift in gifts if gift.code == given["gift"])
    try:
        told = act_once(
            request, worker, given["key"],
            lambda: slips.enter(
                courier, gift, station=station, handed_over_at=given["handed_over_at"], reason=given["reason"],
                by=worker,
            ),
            lambda slip: f"已录入 {slip.number}，街道审核通过后扣分出库。",
        )  # fmt: skip
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, worker, station, courier=courier, form=form, status=refusal.status)
    messages.success(request, told)
    return redirect("slips", station.code)


def _gifts() -> list[Gift]:
    return list(Gift.objects.filter(is_active=True).order_by("points", "pk"))


def _page(
    request: HttpRequest,
    worker: User,
    station: Station,
    *,
    phone_form: PhoneForm | None = None,
    courier: Courier | None = None,
    form: SlipForm | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = PaperSlip.objects.filter(station=station, by=worker).select_related("courier__user", "gift")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "phone_form": phone_form or PhoneForm(),
        "courier": _shown(courier) if courier else None,
        "form": form,
        "mine": mine.order_by("-at", "-pk")[:SHOWN],
        "oldest_days": slips.OLDEST.days,
        "today": clock.now(),
        "decides": may_decide_slips(worker, station),
    }
    return render(request, "gifts/slips.html", context, status=status)


def _shown(courier: Courier) -> dict[str, Any]:
    return {
        "name": mask_name(courier.user.name),
        "outlet": str(courier.outlet) if courier.outlet else "",
        "tail": (courier.user.phone or "")[-4:],
        "verified": courier.is_verified,
    }
