"""An activity is written, and written anew until it begins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from activities import rules, services
from activities.desk.activities import organised
from activities.desk.forms import ActivityForm
from activities.guards import organiser_page
from activities.models import Activity
from activities.problems import WrongState
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def new(request: HttpRequest, worker: User) -> HttpResponse:
    """A draft; it leads to its page, where it is published."""
    if request.method != "POST":
        return _page(request, ActivityForm(worker=worker))
    form = ActivityForm(request.POST, worker=worker)
    if not form.is_valid():
        return _page(request, form, status=400)
    given, plan = form.cleaned_data, form.plan()
    try:
        key = act_once(
            request, worker, given["key"],
            lambda: services.write(given["organisation"], plan, by=worker), lambda made: str(made.pk),
        )  # fmt: skip
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, form, status=refusal.status)
    messages.success(request, "草稿写好了，核对后点“发布”。")
    return redirect("desk_activity", int(key))


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def edit(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    found = organised(worker, activity_id)
    if not rules.may_change(found):
        messages.error(request, WrongState(state=found.get_state_display()).message)
        return redirect("desk_activity", found.pk)
    if request.method != "POST":
        return _page(request, ActivityForm(worker=worker, activity=found), found)
    form = ActivityForm(request.POST, worker=worker, activity=found)
    if not form.is_valid():
        return _page(request, form, found, status=400)
    plan = form.plan()
    try:
        told = act_once(
            request, worker, form.cleaned_data["key"],
            lambda: services.change(found, plan, by=worker), lambda _: "改好了。时间地点有变的，报了名的都会收到通知。",
        )  # fmt: skip
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, form, found, status=refusal.status)
    messages.success(request, told)
    return redirect("desk_activity", found.pk)


def _page(
    request: HttpRequest, form: ActivityForm, activity: Activity | None = None, *, status: int = 200
) -> HttpResponse:  # fmt: skip
    return render(request, "activities/desk/write.html", {"form": form, "activity": activity}, status=status)
