"""A courier's own reports: the list, one of them with its way, and what he may do with it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from fengchao.core import clock, photos
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.uploads import Pictures, pictures_of
from points.models import Entry
from reports import rules, services
from reports.forms import AnswerForm, AppealForm, RateForm, ReopenForm
from reports.models import Report
from reports.services import answers, history
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, MOST_PHOTOS, PHOTO
from reports.services.rewards import KIND
from reports.states import AFTERWARDS, ReportState

A_PAGE = 20
FORMS: dict[str, type[forms.Form]] = {
    "answer": AnswerForm,
    "rate": RateForm,
    "reopen": ReopenForm,
    "appeal": AppealForm,
}
"""What the reporter may do, in the order in which the page offers it."""

DONE = {
    "answer": "收到了，谢谢。接着办理。",
    "rate": "谢谢你的评价。",
    "reopen": "已要求重办，办理单位会再处理一次。",
    "appeal": "申诉已提交，由另一位工作人员复核。",
}


@never_cache
@require_safe
@courier_page
def reports(request: CourierRequest) -> HttpResponse:
    mine = Report.objects.of_courier(request.courier).select_related("category").order_by("-filed_at", "-pk")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    following = f"{reverse('reports')}?page={page.next_page_number()}" if page.has_next() else None
    return render(request, "reports/reports.html", {"reports": list(page), "next_url": following})


@never_cache
@require_safe
@courier_page
def report(request: CourierRequest, number: str) -> HttpResponse:
    return _page(request, _mine(request, number))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def move(request: CourierRequest, number: str, name: str) -> HttpResponse:
    """One of the forms of the report's page, to which it leads back."""
    found = _mine(request, number)
    if name not in FORMS:
        raise NotThere
    if request.method != "POST":
        return redirect(found)
    form = FORMS[name](request.POST)
    given = pictures_of(request, most=MOST_PHOTOS) if name == "answer" else Pictures(most=MOST_PHOTOS)
    if not form.is_valid() or given.refused:
        return _page(request, found, {name: form}, given, status=400)
    try:
        _make(request, found, name, form.cleaned_data, given)
    except RuleBroken as refusal:
        if refusal.field == "photos":
            return _page(request, found, {name: form}, given.without(refusal.message), status=refusal.status)
        if refusal.field in form.fields:
            form.add_error(refusal.field, refusal.message)
            return _page(request, found, {name: form}, given, status=refusal.status)
        messages.warning(request, refusal.message)
    else:
        messages.success(request, DONE[name])
    return redirect(found)


def _make(request: CourierRequest, found: Report, name: str, said: dict[str, Any], given: Pictures) -> None:
    by = request.user
    if name == "answer":
        services.answer(found, text=said["text"], photo_ids=given.ids, by=by)
    elif name == "rate":
        services.rate(found, stars=said["stars"], text=said["text"], by=by)
    elif name == "reopen":
        services.reopen(found, text=said["text"], by=by)
    else:
        services.appeal(found, text=said["text"], by=by)


def _mine(request: CourierRequest, number: str) -> Report:
    """Another's report is not there, whatever roles the reader has."""
    found: Report | None = Report.objects.of_courier(request.courier).shown().filter(number=number).first()
    if found is None:
        raise NotThere
    return found


def _page(
    request: CourierRequest,
    found: Report,
    tried: dict[str, forms.Form] | None = None,
    given: Pictures | None = None,
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    pictures = photos.of(found.number, PHOTO, ANSWER_PHOTO, AFTER_PHOTO)
    steps = history.in_words(found, as_reporter=True)
    may = rules.allowed(found, request.user, at)
    earned = Entry.objects.of_courier(request.courier).select_related("transfer")
    context = {
        "report": found,
        "steps": list(reversed(steps)),
        "asked": next((step.text for step in reversed(steps) if step.state == ReportState.WAITING_FOR_REPORTER), ""),
        "photos": [photo for photo in pictures if photo.kind != AFTER_PHOTO],
        "after": [photo for photo in pictures if photo.kind == AFTER_PHOTO],
        "answers": answers.in_words(found.category, found.answers),
        "moves": [(name, (tried or {}).get(name) or form()) for name, form in FORMS.items() if name in may],
        "until": found.resolved_at + AFTERWARDS if found.resolved_at else None,
        "is_late": found.due_on is not None and found.is_with_unit and found.due_on < clock.shanghai_day(at),
        "entries": earned.filter(transfer__source_kind=KIND, transfer__source_key=found.number).order_by("version"),
        "given": given or Pictures(most=MOST_PHOTOS),
        "most_photos": MOST_PHOTOS,
    }
    return render(request, "reports/report.html", context, status=status)
