"""Who was there: by the code that a scanner gun reads, or from the list, many at once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from activities import services
from activities.desk.activities import organised, show
from activities.desk.forms import ScanForm, TickForm, fault_in
from activities.guards import organiser_page
from activities.models import Activity, Enrolment
from activities.states import PLACED
from fengchao.core.acts import act_once
from fengchao.core.errors import RuleBroken


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def scan(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    """A courier's code: he is there, and confirmed. Leads to the page, which says who it was, or shows why not."""
    found = organised(worker, activity_id)
    if request.method != "POST":
        return redirect("desk_activity", found.pk)
    form = ScanForm(request.POST)
    if not form.is_valid():
        return show(request, worker, found, refused=fault_in(form, "code"), status=400)
    token, digits = form.told_apart()
    try:
        # Around the transaction of the key, for the count must outlive the refusal.
        with services.codes_counted(worker):
            key = act_once(
                request, worker, form.cleaned_data["key"],
                lambda: services.attend_by_code(found, by=worker, token=token, digits=digits),
                lambda part: str(part.pk),
            )  # fmt: skip
    except RuleBroken as refusal:
        return show(request, worker, found, refused=refusal.message, status=refusal.status)
    return redirect(f"{reverse('desk_activity', args=[found.pk])}?scanned={key}")


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def tick(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    """Say of those ticked on the list that they were there, or were not; all or none."""
    found = organised(worker, activity_id)
    if request.method != "POST":
        return redirect("desk_activity", found.pk)
    placed = Enrolment.objects.filter(activity=found, state__in=PLACED)
    form = TickForm(request.POST, keys=list(placed.values_list("courier_id", flat=True)))
    try:
        if not form.is_valid():
            raise RuleBroken(fault_in(form, "courier"))
        given = form.cleaned_data
        told = act_once(
            request, worker, given["key"],
            lambda: _ticked(found, given["courier"], given["act"], worker), lambda said: said,
        )  # fmt: skip
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect("desk_activity", found.pk)


def _ticked(found: Activity, keys: list[int], act: str, worker: User) -> str:
    if act == "confirm":
        made = services.confirm(found, keys, by=worker)
        earned = f"，共 {total} 分已到账" if (total := sum(part.points for part in made)) else ""
        return f"已确认 {len(made)} 人到场{earned}。"
    for key in sorted(keys):
        services.no_show(found, key, by=worker)
    return f"已把 {len(keys)} 人记为未到。其实来了，再勾上确认就行。"
