"""One activity as its organisers see it: what comes next, who takes part, its poster."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from activities import rules, services
from activities.desk.forms import BROKEN_FORM, KeyForm, ReasonForm
from activities.guards import organiser_page
from activities.models import Activity, Enrolment
from activities.services import posters
from activities.services.organising import MOST_PHOTOS
from activities.states import (
    ACTIVITY_MOVE_NAMES,
    ACTIVITY_TONES,
    ENROLMENT_TONES,
    PHOTO,
    PLACED,
    ActivityState,
    EnrolmentState,
)
from fengchao.core import clock, codes, photos
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.masking import mask_name

A_PAGE = 100
WAITING_SHOWN = 50
A, E = ActivityState, EnrolmentState
ACTS: dict[str, Callable[..., Activity]] = {
    "publish": services.publish, "start": services.start, "finish": services.finish,
}  # fmt: skip
TOLD = {
    "publish": "已发布，快递小哥可以报名了。",
    "start": "已开始，不能再报名和退出。",
    "finish": "已结束。没有到场的记为未到，到场的还可以接着确认。",
    "cancel": "已取消，报了名的都会收到通知。",
}
ORDER = Case(When(state=E.ATTENDED, confirmed_at=None, then=Value(0)), When(state=E.ENROLLED, then=Value(1)),
             When(state=E.ATTENDED, then=Value(2)), default=Value(3))  # fmt: skip
"""Who waits to be confirmed first, then who has not come yet."""


@require_safe
@organiser_page
def activity(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    return show(request, worker, organised(worker, activity_id))


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def move(request: HttpRequest, worker: User, activity_id: int, move: str) -> HttpResponse:
    """One of the forms of the activity's page, to which it leads back; to call it off asks for the reason first."""
    found = organised(worker, activity_id)
    if move not in TOLD:
        raise NotThere
    if move == "cancel":
        return _cancel(request, worker, found)
    if request.method == "POST":
        form = KeyForm(request.POST)
        try:
            if not form.is_valid():
                raise RuleBroken(BROKEN_FORM)
            act = ACTS[move]
            key = form.cleaned_data["key"]
            told = act_once(request, worker, key, lambda: act(found, by=worker), lambda _: TOLD[move])
        except RuleBroken as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, told)
    return redirect("desk_activity", found.pk)


def _cancel(request: HttpRequest, worker: User, found: Activity) -> HttpResponse:
    if request.method != "POST":
        if "cancel" not in rules.allowed(found, worker):
            return redirect("desk_activity", found.pk)
        return _ask(request, found, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _ask(request, found, form, status=400)
    given = form.cleaned_data
    try:
        told = act_once(
            request, worker, given["key"],
            lambda: services.cancel(found, reason=given["reason"], by=worker), lambda _: TOLD["cancel"],
        )  # fmt: skip
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _ask(request, found, form, status=refusal.status)
    messages.success(request, told)
    return redirect("desk_activity", found.pk)


def _ask(request: HttpRequest, found: Activity, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    return render(request, "activities/desk/cancel.html", {"activity": found, "form": form}, status=status)


@require_safe
@organiser_page
def poster(request: HttpRequest, worker: User, activity_id: int) -> HttpResponse:
    """A page of A4 to be printed."""
    found = organised(worker, activity_id)
    qr = codes.qr_code(request.build_absolute_uri(posters.address_of(found)))
    context = {"activity": found, "hosts": list(found.hosts.order_by("path")), "qr": qr}
    return render(request, "activities/desk/poster.html", context)


def organised(worker: User, key: int) -> Activity:
    """What `worker` organises; another's looks like one that does not exist."""
    found: Activity | None = Activity.objects.organised_by(worker).shown().filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def show(
    request: HttpRequest,
    worker: User,
    found: Activity,
    *,
    refused: str = "",
    photo_faults: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The activity's page. `refused` is what a scan was told."""
    at = clock.now()
    is_open = rules.is_open(found, at)
    ticks = rules.may_confirm(found, at)
    everybody = Enrolment.objects.filter(activity=found)
    people = everybody.filter(state__in=PLACED).select_related("courier__user", "courier__outlet__enterprise")
    page = Paginator(people.order_by(ORDER, "at", "pk"), A_PAGE).get_page(request.GET.get("page"))
    here = reverse("desk_activity", args=[found.pk])
    context: dict[str, Any] = {
        "activity": found,
        "tone": ACTIVITY_TONES[A(found.state)],
        "hosts": list(found.hosts.order_by("path")),
        "moves": [(name, ACTIVITY_MOVE_NAMES[name]) for name in _moves(found, worker, is_over=found.starts_at <= at)],
        "may_edit": rules.may_change(found),
        "may_cancel": "cancel" in rules.allowed(found, worker),
        "heaps": _heaps(found),
        "rows": [_row(part, worker, ticks=ticks) for part in page],
        "ticks": ticks,
        "is_open": is_open,
        "waiting": list(everybody.waiting_in_turn().select_related("courier__user")[:WAITING_SHOWN]),
        "scanned": _scanned(request, found),
        "refused": refused,
        "key": KeyForm()["key"].value(),
        "photos": photos.of(str(found.pk), PHOTO),
        "takes_photos": rules.takes_pictures(found),
        "most_photos": MOST_PHOTOS,
        "photo_faults": photo_faults or [],
        "earlier": f"{here}?page={page.previous_page_number()}" if page.has_previous() else "",
        "following": f"{here}?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "activities/desk/activity.html", context, status=status)


def _moves(found: Activity, worker: User, *, is_over: bool) -> list[str]:
    """Those with a button: what is published starts by the clock when it is time, and is not finished before."""
    may = [name for name in rules.allowed(found, worker) if name != "cancel"]
    return [name for name in may if name != "finish" or is_over]


def _heaps(found: Activity) -> dict[str, int]:
    came = Q(state=E.ATTENDED)
    heaps = {
        "expected": Q(state=E.ENROLLED), "to_confirm": came & Q(confirmed_at=None), "there": came,
        "missed": Q(state=E.NO_SHOW), "waiting": Q(state=E.WAITING),
    }  # fmt: skip
    counts = {name: Count("pk", filter=heap) for name, heap in heaps.items()}
    return Enrolment.objects.filter(activity=found).aggregate(**counts)


def _row(part: Enrolment, worker: User, *, ticks: bool) -> dict[str, Any]:
    """A line of the list."""
    courier = part.courier
    is_own = part.courier_id == worker.pk
    confirmed = part.is_confirmed
    waits = part.state == E.ATTENDED and not confirmed
    return {
        "key": part.courier_id,
        "name": mask_name(courier.user.name) or "已注销",
        "outlet": str(courier.outlet) if courier.outlet else "",
        "label": "待确认" if waits else E(part.state).label if part.state != E.ENROLLED else "未签到",
        "tone": "wait" if waits else ENROLMENT_TONES[E(part.state)],
        "came": part.came_at,
        "way": part.get_came_by_display(),
        "points": part.points,
        "is_own": is_own,
        "may_tick": ticks and not confirmed and not is_own,
        "is_likely": waits and not is_own,
    }


def _scanned(request: HttpRequest, found: Activity) -> Enrolment | None:
    """Who was scanned just now, by the word in the address."""
    said = request.GET.get("scanned", "")
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        return None
    people = Enrolment.objects.confirmed().filter(activity=found, pk=int(said))
    part: Enrolment | None = people.select_related("courier__user").first()
    return part
