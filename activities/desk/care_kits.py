"""How many kits an organisation has, and what comes in or goes on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from activities import care_rules
from activities.care_states import KitMove
from activities.desk.care import organiser_page
from activities.desk.care_forms import KitForm
from activities.models import KitMovement, KitStock
from activities.services import kits
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken

SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def stock(request: HttpRequest, worker: User) -> HttpResponse:
    posted, status = request.method == "POST", 200
    form = KitForm(request.POST if posted else None, organisations=care_rules.visiting_for(worker))
    if posted and form.is_valid():
        try:
            told = act_once(request, worker, form.cleaned_data["key"], lambda: _act(form, worker), str)
        except RuleBroken as refusal:
            say_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, told)
            return redirect("desk_care_kits")
    elif posted:
        status = 400
    there = KitStock.objects.of_organisers(worker).select_related("organisation", "kit")
    moved = KitMovement.objects.in_scope(worker).select_related(
        "organisation", "kit", "by", "visit__outlet__enterprise"
    )
    context = {
        "form": form,
        "rows": there.order_by("organisation__path", "kit__name")[:200],
        "movements": moved.order_by("-pk")[: SHOWN if status == 200 else 0],  # what is wrong is enough to read
    }
    return render(request, "desk/care_kits.html", context, status=status)


def _act(form: KitForm, worker: User) -> str:
    said, organisation = form.cleaned_data, form.chosen
    kit, pieces = said["kit"], said["pieces"]
    if said["kind"] == KitMove.PASSED_ON:
        kits.pass_on(kit, organisation, said["taker"], pieces=pieces, note=said["note"], by=worker)
        return f"已把 {pieces} 份{kit}调给{said['taker']}。"
    kits.receive(kit, organisation, pieces=pieces, note=said["note"], by=worker)
    return f"{organisation}入库 {pieces} 份{kit}。"
