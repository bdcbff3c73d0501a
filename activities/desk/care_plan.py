"""Whom to visit: the outlets of the street, never visited first; one of them or a route of several."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organisation, User
from activities import care_rules
from activities.desk.care import organiser_page
from activities.desk.care_forms import PlanForm
from activities.models import CareVisit, VisitedOutlet
from activities.services import care
from activities.services.care_figures import board_rows, months, totals
from fengchao.core import clock
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken

A_PAGE = 30
BOARD_PAGE = 50
MOST_WORDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def plan(request: HttpRequest, worker: User) -> HttpResponse:
    """Searching keeps what was chosen: both buttons are of one form."""
    posted = request.method == "POST"
    organisations = care_rules.visiting_for(worker)
    today = clock.shanghai_day(clock.now())
    wanted = {name: request.GET.get(name, "") for name in ("planned_on", "route", "visitors", "organisation")}
    initial = {name: text for name, text in wanted.items() if text}
    form = PlanForm(
        request.POST if posted else None, outlets=VisitedOutlet.objects.visitable_by(worker),
        organisations=organisations, initial={"planned_on": today, **initial},
    )  # fmt: skip
    status = 200
    if posted and form.is_valid():
        try:
            told = act_once(request, worker, form.cleaned_data["key"], lambda: _planned(form, worker), _told)
        except RuleBroken as refusal:
            say_refusal(form, refusal)
            status = refusal.status
        else:
            words, _, address = told.partition("\n")
            messages.success(request, words)
            return redirect(address)
    elif posted:
        status = 400
    return _page(request, worker, form, status=status)


@require_safe
@organiser_page
def board(request: HttpRequest, worker: User) -> HttpResponse:
    """Outlet × month: never visited first, then whose visit is longest ago."""
    at = clock.now()
    mine = VisitedOutlet.objects.visitable_by(worker)
    rows = mine.on_board(at).select_related("enterprise", "organisation")
    page = Paginator(rows, BOARD_PAGE).get_page(request.GET.get("page"))
    whole = any(len(path) == Organisation.steplen for path in care_rules.territories(worker))
    context = {
        "rows": board_rows(page),
        "months": months(at),
        "totals": totals(mine, at, whole_district=whole),
        "earlier": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "following": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "desk/care_board.html", context)


def _planned(form: PlanForm, worker: User) -> list[CareVisit]:
    said = form.cleaned_data
    return care.plan(
        form.in_order, organisation=form.chosen, on=said["planned_on"], route=said["route"],
        visitors=said["visitors"], by=worker,
    )  # fmt: skip


def _told(made: list[CareVisit]) -> str:
    """What happened, and (on a line of its own) where to go on: one for today is opened at once."""
    first = made[0]
    day = f"{first.planned_on.month} 月 {first.planned_on.day} 日"
    now = first.planned_on == clock.shanghai_day(first.planned_at)
    words = f"已安排 {day}走访 {len(made)} 个网点。" if len(made) > 1 else f"已安排 {day}走访{first.outlet}。"
    if now and len(made) == 1:
        return f"{words}\n/desk/care/{first.pk}/"
    return f"{words}\n/desk/care/{'' if now else '?show=ahead'}"


def _page(request: HttpRequest, worker: User, form: PlanForm, *, status: int) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    words = " ".join(asked.get("q", "").replace("\0", "").split())[:MOST_WORDS]
    keys = [int(key) for key in asked.getlist("outlets") if key.isascii() and key.isdecimal() and len(key) < 19]
    mine = VisitedOutlet.objects.visitable_by(worker).select_related("enterprise", "organisation")
    chosen = list(mine.filter(pk__in=keys[: care.MOST_AT_ONCE]).by_last_visit())
    rows: Any = mine.exclude(pk__in=[outlet.pk for outlet in chosen]).named(words).by_last_visit()
    page = Paginator(rows, A_PAGE).get_page(asked.get("page"))
    context = {
        "form": form,
        "q": words,
        "chosen": chosen,
        "rows": list(page),
        "page": page,
    }
    return render(request, "desk/care_plan.html", context, status=status)
