"""Visits of a community worker: what is planned for today, what is late, the visit itself, what came of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import staff_page
from accounts.models import User
from activities.care_querysets import CareVisitQuerySet
from activities.care_states import PHOTO, Contact
from activities.desk.care_forms import CancelForm, DoneForm, NeedForm
from activities.models import CareVisit, KitStock, Need
from activities.organisers import ORGANISERS, organises
from activities.services import care, needs
from activities.services.care_figures import left_by
from fengchao.core import clock, photos, standings
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.uploads import Pictures, lost, pictures_of

A_PAGE = 20
organiser_page = staff_page(*ORGANISERS)
"""Who visits in the name of an organisation; the view gets the person."""

TABS = (("", "今天"), ("late", "过期未走"), ("ahead", "以后"), ("done", "已走访"), ("needs", "待跟进"))
EMPTY = {
    "": "今天没有安排走访，点“安排走访”挑几个网点吧。",
    "late": "没有过期未走的，辛苦了。",
    "ahead": "以后还没有安排。",
    "done": "还没有走访过，第一次走访会记在这里。",
    "needs": "没有等着跟进的需要。",
}


@dataclass(frozen=True)
class Counts:
    """Heaps of who visits."""

    today: int
    late: int
    needs: int


def counts(worker: User, day: date) -> Counts:
    ours = CareVisit.objects.made_by(worker)
    waiting = Need.objects.followed_by(worker).open()
    return Counts(ours.due_on(day).count(), ours.overdue(day).count(), waiting.count())


def heap(worker: User, name: str, day: date) -> CareVisitQuerySet:
    """The visits of a tab in its order."""
    ours = CareVisit.objects.made_by(worker).shown()
    match name:
        case "late":
            return ours.overdue(day).order_by("planned_on", "route", "position", "pk")
        case "ahead":
            return ours.ahead(day).order_by("planned_on", "route", "position", "pk")
        case "done":
            return ours.done().order_by("-visited_at", "-pk")
        case "needs":
            waiting = Need.objects.followed_by(worker).open().values("visit")
            return ours.filter(pk__in=waiting).order_by("visited_at", "pk")
    return ours.due_on(day).order_by("route", "position", "pk")


@require_safe
@organiser_page
def visits(request: HttpRequest, worker: User) -> HttpResponse:
    day, show = clock.shanghai_day(clock.now()), request.GET.get("show", "")
    show = show if show in EMPTY else ""
    heaps = counts(worker, day)
    numbers = {"": heaps.today, "late": heaps.late, "needs": heaps.needs}
    page = Paginator(heap(worker, show, day), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": list(page),
        "tabs": [(word, label, numbers.get(word), word == show) for word, label in TABS],
        "show": show,
        "empty": EMPTY[show],
        "earlier": f"?show={show}&page={page.previous_page_number()}" if page.has_previous() else "",
        "following": f"?show={show}&page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "desk/care.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def visit(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    """While it is planned, the form of what was found there; then what was."""
    found = one(worker, key)
    if request.method != "POST":
        return _page(request, worker, found)
    if not found.is_planned:
        messages.info(request, "这次走访已经登记过，结果在下面。")
        return redirect("desk_care_visit", key)
    form = _form(found, request.POST)
    filled = form.is_valid()
    given = pictures_of(request, most=care.MOST_PHOTOS)
    if request.POST.get("then") == "upload":
        form.errors.clear()
        return _page(request, worker, found, form, given)
    if not filled or given.refused:
        return _page(request, worker, found, form, given, status=400)

    def act() -> CareVisit:
        # Inside, for a form that is sent again has used its pictures by now.
        if lost(request, given):
            raise BadValue("有照片已失效，请重新选。", field="photos")
        return care.finish(found, by=worker, photo_ids=given.ids, **form.said())

    try:
        messages.success(request, act_once(request, worker, form.cleaned_data["key"], act, _told))
    except RuleBroken as refusal:
        if refusal.field == "photos":
            given = given.without(refusal.message)
        else:
            say_refusal(form, refusal)
        return _page(request, worker, found, form, given, status=refusal.status)
    return redirect("desk_care_visit", key)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def cancel(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    found = one(worker, key)
    form = CancelForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            told = act_once(
                request, worker, form.cleaned_data["key"],
                lambda: care.cancel(found, reason=form.cleaned_data["reason"], by=worker),
                lambda made: f"已取消对{made.outlet}的走访。",
            )  # fmt: skip
        except RuleBroken as refusal:
            say_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, told)
            return redirect("desk_care")
    elif form.is_bound:
        status = 400
    return render(request, "desk/care_cancel.html", {"visit": found, "form": form}, status=status)


@require_POST
@organiser_page
def add_need(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    found, form = one(worker, key), NeedForm(request.POST)
    if not form.is_valid():
        return _page(request, worker, found, need_form=form, status=400)
    try:
        told = act_once(
            request, worker, form.cleaned_data["key"],
            lambda: needs.raise_need(found, text=form.cleaned_data["text"], by=worker), lambda _: "已记下这条需要。",
        )  # fmt: skip
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, worker, found, need_form=form, status=refusal.status)
    messages.success(request, told)
    return redirect("desk_care_visit", key)


def one(worker: User, key: int) -> CareVisit:
    """A visit that `worker` reads; what he may do with it the services say."""
    found: CareVisit | None = CareVisit.objects.in_scope(worker).shown().filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def _told(made: CareVisit) -> str:
    if made.contact != Contact.MET:
        return f"已登记：{made.get_contact_display()}。可以再安排一次。"
    return f"已登记，慰问了 {made.couriers_reached} 位小哥。"


def _form(found: CareVisit, data: Any = None) -> DoneForm:
    stock = KitStock.objects.filter(organisation=found.organisation_id, on_hand__gt=0).select_related("kit")
    return DoneForm(data, stock=stock.order_by("kit__name"), at=clock.now(), initial={"visitors": found.visitors})


def _page(
    request: HttpRequest,
    worker: User,
    found: CareVisit,
    form: DoneForm | None = None,
    given: Pictures | None = None,
    *,
    need_form: NeedForm | None = None,
    status: int = 200,
) -> HttpResponse:
    acts = organises(worker, found.organisation)
    if form is None and found.is_planned and acts:
        form = _form(found)
    heard = list(found.needs.order_by("pk"))
    became = standings.of(((need.state, need.became_key) for need in heard), worker)
    context = {
        "visit": found,
        "form": form,
        "given": given or Pictures(most=care.MOST_PHOTOS),
        "acts": acts,
        "draft": f"care-{worker.pk}-{found.pk}",
        "kits": left_by(found),
        "needs": [(need, became.get((need.state, need.became_key))) for need in heard],
        "need_form": need_form or (NeedForm() if acts and found.met_somebody else None),
        "pictures": photos.of(str(found.pk), PHOTO),
        "earlier": CareVisit.objects.filter(outlet=found.outlet_id).done().exclude(pk=found.pk)
        .select_related("organisation").order_by("-visited_at")[:3],
    }  # fmt: skip
    return render(request, "desk/care_visit.html", context, status=status)
