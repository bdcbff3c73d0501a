"""One report as its unit sees it, and what the unit does with it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from fengchao.core import clock, photos
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.models import Photo
from reports import rules, services
from reports.desk.forms import MoveForm, form_for
from reports.guards import handler_page
from reports.models import Report
from reports.problems import SelfDealing
from reports.services import answers, history
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, MOST_PHOTOS, PHOTO
from reports.states import MOVE_NAMES
from stations.navigation import Destination, links

Act = Callable[[Report, dict[str, Any], User], Report]

ACTS: dict[str, Act] = {
    "start": lambda report, given, by: services.start(report, by=by),
    "ask": lambda report, given, by: services.ask(report, text=given["text"], by=by),
    "return": lambda report, given, by: services.send_back(report, reason=given["text"], by=by),
    "resolve": lambda report, given, by: services.resolve(report, text=given["text"], photo_ids=given["photos"], by=by),
    "accept": lambda report, given, by: services.accept(report, text=given["text"], by=by),
    "reject": lambda report, given, by: services.reject(report, reason=given["reason"], text=given["text"], by=by),
    "assign": lambda report, given, by: services.assign(
        report, organisation=given["organisation"], text=given["text"], by=by
    ),
    "disprove": lambda report, given, by: services.disprove(report, text=given["text"], by=by),
    "reopen": lambda report, given, by: services.reopen(report, text=given["text"], by=by),
}
TOLD = {
    "start": "已接单，请抓紧办理。",
    "ask": "已通知上报人补充，期限照常计算。",
    "return": "已退回街道，由街道改派。",
    "resolve": "已办结，上报人会收到通知。",
    "accept": "已受理，接下来请派单。",
    "reject": "已答复上报人不受理。",
    "assign": "已派单，期限从今天算起。",
    "disprove": "已记为不属实，积分已收回。",
    "reopen": "已要求重办，期限重新计算。",
}
SERIOUS = ("return", "reject", "disprove")


@require_safe
@handler_page
def report(request: HttpRequest, worker: User, number: str) -> HttpResponse:
    found = _found(worker, number)
    moves = [move for move in rules.allowed_at_desk(found, worker) if move in ACTS]
    shots = photos.of(found.number, PHOTO, ANSWER_PHOTO, AFTER_PHOTO)
    context = {
        **_shown(found),
        "steps": history.in_words(found, as_reporter=False),
        "photos": [shot for shot in shots if shot.kind == PHOTO],
        "more": [shot for shot in shots if shot.kind == ANSWER_PHOTO],
        "after": [shot for shot in shots if shot.kind == AFTER_PHOTO],
        "answers": answers.in_words(found.category, found.answers),
        "moves": [{"name": move, "label": MOVE_NAMES[move], "is_serious": move in SERIOUS} for move in _sorted(moves)],
        "is_own": rules.is_reporter(worker, found),
        "key": uuid.uuid4().hex,
    }
    return render(request, "desk/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@handler_page
def move(request: HttpRequest, worker: User, number: str, move: str) -> HttpResponse:
    """The form of a move; posted, it is made. `start` has nothing to fill in and is a button of the report's page."""
    found = _found(worker, number)
    if move not in ACTS:
        raise NotThere
    if move == "start":
        return _start(request, worker, found)
    if request.method != "POST":
        if move not in rules.allowed_at_desk(found, worker):
            messages.error(request, "这件上报现在不能这样处理。")
            return redirect("desk_report", found.number)
        return _page(request, found, move, form_for(move, found))
    form, kept = form_for(move, found, request.POST), []
    filled = form.is_valid()
    if move == "resolve":
        kept = _pictures(request, worker, form)
        if request.POST.get("then") == "upload":
            form.errors.clear()
            return _page(request, found, move, form, kept)
        if not kept and "__all__" not in form.errors:
            form.add_error(None, f"请附上 1 到 {MOST_PHOTOS} 张办结后的照片。")
    if not filled or form.errors:
        return _page(request, found, move, form, kept, status=400)
    given = {**form.cleaned_data, "photos": [photo.pk for photo in kept]}
    try:
        messages.success(request, _made(request, worker, found, move, given, key=given["key"]))
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _page(request, found, move, form, kept, status=refusal.status)
    return _onward(worker, found)


def _start(request: HttpRequest, worker: User, found: Report) -> HttpResponse:
    if request.method == "POST":
        key = request.POST.get("key", "")[:64] or uuid.uuid4().hex
        try:
            messages.success(request, _made(request, worker, found, "start", {}, key=key))
        except RuleBroken as refusal:
            messages.error(request, refusal.message)
    return redirect("desk_report", found.number)


def _made(request: HttpRequest, worker: User, found: Report, move: str, given: dict[str, Any], *, key: str) -> str:
    def act() -> Report:
        if rules.is_reporter(worker, found):
            raise SelfDealing
        return ACTS[move](found, given, worker)

    return act_once(request, worker, key, act, lambda _: TOLD[move])


def _found(worker: User, number: str) -> Report:
    found: Report | None = (
        Report.objects.for_desk(worker).shown().prefetch_related("category__questions").filter(number=number).first()
    )
    if found is None:
        raise NotThere
    return found


def _pictures(request: HttpRequest, worker: User, form: MoveForm) -> list[Photo]:
    """What he has sent before and still wants, and what comes with this form: a picture taken in is not asked for
    again because a word is missing."""
    marks = [mark for mark in request.POST.getlist("kept") if mark.isascii() and mark.isdecimal() and len(mark) < 19]
    kept = list(Photo.objects.filter(pk__in=marks, uploaded_by_id=worker.pk, kind="").order_by("pk"))
    for upload in request.FILES.getlist("photos"):
        try:
            if len(kept) >= MOST_PHOTOS:
                raise BadValue(f"最多 {MOST_PHOTOS} 张照片，多的没有收。")
            kept.append(photos.take_in(upload, by=worker))
        except RuleBroken as refusal:
            form.add_error(None, f"{upload.name or '照片'}：{refusal.message}")
    return kept


def _page(
    request: HttpRequest, found: Report, move: str, form: MoveForm, kept: list[Photo] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        **_shown(found),
        "form": form,
        "move": move,
        "move_label": MOVE_NAMES[move],
        "is_serious": move in SERIOUS,
        "takes_photos": move == "resolve",
        "kept": kept or [],
        "most_photos": MOST_PHOTOS,
        "texts": form.texts if "ready" in form.fields else [],
    }
    return render(request, "desk/report_move.html", context, status=status)


def _shown(found: Report) -> dict[str, Any]:
    placed = found.lat is not None and found.lng is not None
    name = f"随手拍 {found.number}"
    where = Destination(name, found.place or name, found.lat, found.lng) if placed else None  # type: ignore[arg-type]
    return {
        "report": found,
        "today": clock.shanghai_day(clock.now()),
        "ways": links(where) if where else [],
    }


def _onward(worker: User, found: Report) -> HttpResponse:
    """Back to the report while it is the unit's, else to the list."""
    still = Report.objects.for_desk(worker).filter(pk=found.pk).exists()
    return redirect("desk_report", found.number) if still else redirect("desk_reports")


def _sorted(moves: list[str]) -> list[str]:
    """The next step first."""
    order = ("start", "resolve", "accept", "assign", "ask", "return", "reject", "reopen", "disprove")
    return [move for move in order if move in moves]
