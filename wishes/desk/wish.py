"""One wish as its claimant sees it, and what the claimant does with it. Nothing here leads to the courier."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organisation, User
from fengchao.core import clock, photos
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.uploads import Pictures, lost, pictures_of
from fengchao.core.words import without_phone_numbers
from stations import opening
from stations.models import Station
from wishes import rules, services
from wishes.desk.forms import FORMS, WORDS, ClaimForm, MoveForm
from wishes.desk.queue import days_left
from wishes.guards import claimer_page
from wishes.models import Claim, Wish
from wishes.problems import WrongState
from wishes.services import history
from wishes.services.claims import ends_at, is_ending
from wishes.states import DELIVERY_PHOTO, MOVE_NAMES, PHOTO, WishState

ONE_PICTURE = 1
DAYS_SHOWN = 3  # of the station's hours
NEXT = ("deliver", "progress", "release")
"""The next step first."""

Act = Callable[[Wish, str, Pictures, User], Wish]
ACTS: dict[str, Act] = {
    "progress": lambda wish, words, given, by: services.progress(wish, note=words, by=by),
    "deliver": lambda wish, words, given, by: services.deliver(wish, text=words, photo_id=_picture(given), by=by),
    "release": lambda wish, words, given, by: services.release(wish, reason=words, by=by),
}


@require_safe
@claimer_page
def wish(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    return _wish_page(request, worker, _found(worker, key))


@require_http_methods(["GET", "HEAD", "POST"])
@claimer_page
def move(request: HttpRequest, worker: User, key: int, move: str) -> HttpResponse:
    """The form of a move; posted, it is made. The claim has its form on the wish's own page."""
    found = _found(worker, key)
    if move == "claim":
        return _claim(request, worker, found) if request.method == "POST" else redirect("desk_wish", key)
    if move not in ACTS:
        raise NotThere
    if request.method != "POST":
        if move not in _moves(worker, found):
            messages.error(request, _why_not(found, worker))
            return redirect("desk_wish", key)
        return _move_page(request, found, move, FORMS[move]())
    form = FORMS[move](request.POST)
    filled = form.is_valid()
    given = pictures_of(request, most=ONE_PICTURE) if move == "deliver" else Pictures()
    if request.POST.get("then") == "upload":
        form.errors.clear()
        return _move_page(request, found, move, form, given)
    if not filled or given.refused:
        return _move_page(request, found, move, form, given, status=400)
    return _make(request, worker, found, move, form, given)


def _make(
    request: HttpRequest, worker: User, found: Wish, move: str, form: MoveForm, given: Pictures
) -> HttpResponse:  # fmt: skip
    def act() -> Wish:
        if lost(request, given):
            raise BadValue("照片已失效，请重新选。", field="photo")
        return ACTS[move](found, form.cleaned_data[WORDS[move]], given, worker)

    try:
        told = act_once(request, worker, form.cleaned_data["key"], act, lambda made: _told(made, move))
    except WrongState:
        messages.error(request, _why_not(_found(worker, found.pk), worker))
        return redirect("desk_wish", found.pk)
    except RuleBroken as refusal:
        given = given.without(refusal.message) if refusal.field == "photo" else given
        if refusal.field != "photo":
            say_refusal(form, refusal)
        return _move_page(request, found, move, form, given, status=refusal.status)
    messages.success(request, told)
    return redirect("desk_wish", found.pk)


def _claim(request: HttpRequest, worker: User, found: Wish) -> HttpResponse:
    form = ClaimForm(request.POST, organisations=_organisations(worker, found))
    if not form.is_valid():
        if form.errors.keys() - {"organisation"} or found.state != WishState.OPEN:
            messages.error(request, _why_not(found, worker))
            return redirect("desk_wish", found.pk)
        return _wish_page(request, worker, found, form, status=400)
    try:
        told = act_once(
            request, worker, form.cleaned_data["key"],
            lambda: services.claim(found, organisation=form.chosen, by=worker), lambda made: _told(made, "claim"),
        )  # fmt: skip
    except WrongState:
        messages.error(request, _why_not(_found(worker, found.pk), worker))
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect("desk_wish", found.pk)


def _told(made: Wish, move: str) -> str:
    """What happened, and what is next."""
    match move:
        case "claim":
            return f"认领成功。{bring(made, ends_at(_live(made)))}"
        case "progress":
            return f"已记下，许愿人会收到通知。{bring(made, ends_at(_live(made)))}"
        case "deliver":
            return f"已记为送达，许愿人会收到通知，到{made.station.name}领取后确认。"
    return "已退回心愿树，其他单位可以认领。"


def bring(wish: Wish, until: datetime) -> str:
    day = until.astimezone(clock.SHANGHAI)
    place = f"{wish.station.name}（{wish.station.address}）"
    return f"请在 {day.month} 月 {day.day} 日前送到{place}，由工作人员转交。"


def _why_not(found: Wish, worker: User) -> str:
    """Another was faster, or the wish is at another point: in words that say where it stands."""
    if found.claimed_by is not None and not rules.works_on(worker, found):
        return f"已被{found.claimed_by.name}认领。"
    return f"这个心愿现在是“{WishState(found.state).label}”，不能这样处理。"


def _found(worker: User, key: int) -> Wish:
    """What hangs on a tree in reach, whoever has claimed it, and what is ours anywhere."""
    hanging = Wish.objects.public().shown().filter(pk=key)
    near = hanging.in_reach(rules.reaches(worker)) | hanging.claimed_for(worker)
    found: Wish | None = near.prefetch_related("claims__organisation").first()
    if found is None:
        raise NotThere
    return found


def _moves(worker: User, found: Wish) -> list[str]:
    if not rules.works_on(worker, found):
        return []
    now = rules.allowed(found, worker)
    return [move for move in NEXT if move in now]


def _organisations(worker: User, found: Wish) -> list[Organisation]:
    return [one for one in rules.claiming_for(worker) if rules.may_claim_for(one, found)]


def _live(made: Wish) -> Claim:
    return Claim.objects.live().get(wish=made)


def _picture(given: Pictures) -> int | None:
    return given.ids[0] if given.ids else None


def _wish_page(
    request: HttpRequest, worker: User, found: Wish, form: ClaimForm | None = None, status: int = 200
) -> HttpResponse:
    at, claim = clock.now(), found.live_claim
    if form is None and "claim" in rules.allowed(found, worker):
        form = ClaimForm(organisations=_organisations(worker, found))
    reads = rules.may_read_history(worker, found)
    shots = photos.of(str(found.pk), PHOTO, *[DELIVERY_PHOTO] * reads)
    is_ours = rules.works_on(worker, found)
    running = claim if is_ours and found.state == WishState.CLAIMED and claim and not claim.improvement_id else None
    context = {
        **_place(found, at),
        "wish": found,
        "for_whom": without_phone_numbers(found.for_whom),
        "form": form,
        "is_ours": is_ours,
        "is_own": rules.is_own(worker, found),
        "claim": claim,
        "moves": [{"name": move, "label": MOVE_NAMES[move]} for move in _moves(worker, found)],
        "bring": bring(found, ends_at(running)) if running else "",
        "days_left": days_left(running, at) if running else None,
        "is_ending": running is not None and is_ending(running, at),
        "steps": history.in_words(found, as_courier=False) if reads else [],
        "photos": [shot for shot in shots if shot.kind == PHOTO],
        "delivered": [shot for shot in shots if shot.kind == DELIVERY_PHOTO],
    }
    return render(request, "desk/wish.html", context, status=status)


def _place(found: Wish, at: datetime) -> dict[str, Any]:
    """Where to bring it, and when somebody is there."""
    station = opening.with_overrides(Station.objects.filter(pk=found.station_id), at).get()
    return {
        "place": station,
        "open_state": opening.state(station, at),
        "hours": opening.in_words(station.opening_hours),
        "week": opening.days(station, clock.shanghai_day(at), DAYS_SHOWN),
    }


def _move_page(
    request: HttpRequest, found: Wish, move: str, form: MoveForm, given: Pictures | None = None, status: int = 200
) -> HttpResponse:
    claim = found.live_claim
    context = {
        "wish": found,
        "form": form,
        "words": form[WORDS[move]],
        "move": move,
        "move_label": MOVE_NAMES[move],
        "is_serious": move == "release",
        "takes_photo": move == "deliver",
        "given": given or Pictures(),
        "bring": bring(found, ends_at(claim)) if claim and not claim.improvement_id else "",
    }
    return render(request, "desk/wish_move.html", context, status=status)
