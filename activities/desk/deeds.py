"""Deeds that couriers tell of: what waits for review, what was decided, and one of them with its proof."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from activities import rules, services
from activities.desk.forms import BROKEN_FORM, KeyForm, ReasonForm
from activities.guards import organiser_page
from activities.models import Deed
from activities.services import hours
from activities.states import DEED_PHOTO, DEED_TONES, DeedState
from fengchao.core import photos
from fengchao.core.acts import act_once
from fengchao.core.errors import NotThere, RuleBroken

A_PAGE = 20
MOVES = ("approve", "reject")


@require_safe
@organiser_page
def deeds(request: HttpRequest, worker: User) -> HttpResponse:
    decided = request.GET.get("show") == "decided"
    mine: Any = Deed.objects.reviewed_by(worker)
    waiting = mine.to_review()
    rows = mine.exclude(state=DeedState.SUBMITTED).order_by("-decided_at", "-pk") if decided else waiting
    page = Paginator(rows.shown(), A_PAGE).get_page(request.GET.get("page"))
    word = "decided" if decided else ""
    context = {
        "rows": [(deed, DEED_TONES[DeedState(deed.state)]) for deed in page],
        "decided": decided,
        "waiting": waiting.count(),
        "earlier": _address(word, page.previous_page_number()) if page.has_previous() else "",
        "following": _address(word, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "activities/desk/deeds.html", context)


@require_safe
@organiser_page
def deed(request: HttpRequest, worker: User, deed_id: int) -> HttpResponse:
    return _page(request, worker, _found(worker, deed_id), ReasonForm())


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def move(request: HttpRequest, worker: User, deed_id: int, move: str) -> HttpResponse:
    """One of the forms of the deed's page, to which it leads back; then the next one waits there."""
    found = _found(worker, deed_id)
    if move not in MOVES:
        raise NotThere
    if request.method != "POST":
        return redirect("desk_deed", found.pk)
    form = ReasonForm(request.POST) if move == "reject" else KeyForm(request.POST)
    if not form.is_valid():
        if isinstance(form, ReasonForm) and "reason" in form.errors:
            return _page(request, worker, found, form, status=400)
        messages.error(request, BROKEN_FORM)
        return redirect("desk_deed", found.pk)
    given = form.cleaned_data

    def act() -> Deed:
        if move == "approve":
            return services.approve(found, by=worker)
        return services.reject(found, reason=given["reason"], by=worker)

    try:
        told = act_once(request, worker, given["key"], act, _told)
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect("desk_deed", found.pk)


def _told(made: Deed) -> str:
    if made.state == DeedState.REJECTED:
        return "已退回，原因会通知小哥。"
    return f"已通过，{made.points} 分已到账。" if made.points else "已通过，计入服务时长。"


def _page(request: HttpRequest, worker: User, found: Deed, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    following = Deed.objects.reviewed_by(worker).to_review().exclude(pk=found.pk).first()
    context = {
        "deed": found,
        "tone": DEED_TONES[DeedState(found.state)],
        "long": hours.in_words(found.minutes),
        "photos": photos.of(str(found.pk), DEED_PHOTO),
        "may_decide": rules.may_decide(worker, found),
        "is_own": found.courier_id == worker.pk,
        "form": form,
        "following": following,
    }
    return render(request, "activities/desk/deed.html", context, status=status)


def _found(worker: User, key: int) -> Deed:
    """What lies where `worker` reviews, his own included; another's looks like one that does not exist."""
    found: Deed | None = Deed.objects.in_scope(worker).shown().select_related("decided_by").filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def _address(word: str, page: int) -> str:
    return f"{reverse('desk_deeds')}?{urlencode([('show', word), ('page', page)])}"
