"""One activity for everybody; to a courier also his part in it, and what its poster leads to."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import CourierRequest, courier_page
from accounts.models import Courier, User
from activities import rules, services
from activities.models import Activity, Enrolment
from activities.organisers import organises
from activities.problems import AlreadyEnrolled, NotEnrolled, TooEarly
from activities.states import ENROLMENT_TONES, PHOTO, ActivityState, EnrolmentState
from fengchao.core import clock, photos
from fengchao.core.calendar_files import Appointment, calendar_file
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.templatetags.fengchao import soon
from stations import navigation

MOVES = ("enrol", "leave")
REMINDED = timedelta(hours=2)
LONGEST_POSTER = 600
HERE = (EnrolmentState.ENROLLED, EnrolmentState.ATTENDED)


@never_cache
@require_safe
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """What is public, to everybody; a cancelled one to who had a part in it, a draft to its organisers."""
    reader = request.user if isinstance(request.user, User) else None
    found, at = readable(reader, activity_id), clock.now()
    part = _part(reader, found)
    waiting = Enrolment.objects.filter(activity=found).waiting_in_turn()
    context: dict[str, Any] = {
        "activity": found,
        "hosts": list(found.hosts.order_by("path")),
        "photos": photos.of(str(found.pk), PHOTO) if rules.shows_pictures(found) else [],
        "part": part,
        "part_tone": ENROLMENT_TONES[EnrolmentState(part.state)] if part else "",
        "may": rules.allowed_to_courier(found, part, at),
        "waiting": waiting.count(),
        "is_signed_in": reader is not None,
        "sign_in_url": f"{reverse('sign_in')}?{urlencode({'next': found.get_absolute_url()})}",
        "has_begun": found.starts_at <= at,
        "navigate_url": navigation.amap(found.station) if found.station else "",
        "organises": reader is not None and organises(reader, found.organisation),
    }
    return render(request, "activities/activity.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def move(request: CourierRequest, activity_id: int, name: str) -> HttpResponse:
    """One of the forms of the activity's page, to which it leads back. Sent twice there is nothing to complain of."""
    found = readable(request.user, activity_id)
    if name not in MOVES:
        raise NotThere
    if request.method != "POST":
        return redirect(found)
    try:
        messages.success(request, _made(found, name, request.courier))
    except AlreadyEnrolled:
        pass
    except NotEnrolled as refusal:
        if name != "leave":
            messages.warning(request, refusal.message)
    except RuleBroken as refusal:
        messages.warning(request, refusal.message)
    return redirect(found)


def _made(found: Activity, name: str, courier: Courier) -> str:
    """The move, and the sentence that says what is so now."""
    if name == "leave":
        services.leave(found, courier)
        return "已退出，名额让给别人了。改主意了可以再报。"
    part = services.enrol(found, courier)
    if part.state == EnrolmentState.WAITING:
        return f"名额满了，你排在候补第 {services.turn_of(part)} 位。有人退出就为你报上，会通知你。"
    return f"报上了：{soon(found.starts_at)}，{found.where}。"


@never_cache
@require_safe
@courier_page
def calendar(request: CourierRequest, activity_id: int) -> HttpResponse:
    """For the calendar of who has a place, while it is ahead."""
    found = readable(request.user, activity_id)
    part = _part(request.user, found)
    if part is None or part.state != EnrolmentState.ENROLLED or found.state == ActivityState.CANCELLED:
        raise NotThere
    response = HttpResponse(calendar_file(_appointment(found)), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(False, "活动.ics") or ""
    return response


def _appointment(found: Activity) -> Appointment:
    address = f"（{found.station.address}）" if found.station else ""
    contact = f"联系：{found.contact}。" if found.contact else ""
    return Appointment(
        key=f"activity-{found.pk}", version=found.version, title=found.title, starts_at=found.starts_at,
        ends_at=found.ends_at, place=f"{found.where}{address}", text=f"到了扫现场海报签到。{contact}",
        made_at=found.updated_at, reminded=REMINDED,
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def here(request: CourierRequest, activity_id: int) -> HttpResponse:
    """Where the poster leads: one button, then what came of it."""
    found = readable(request.user, activity_id)
    poster = request.GET.get("k", "")[:LONGEST_POSTER]
    try:
        if request.method == "POST":
            services.attend_by_poster(found, request.courier, poster=poster)
            return redirect(request.get_full_path())
        part = services.look_at(found, request.courier, poster=poster)
    except RuleBroken as refusal:
        return _not_here(request, found, refusal)
    return render(request, "activities/here.html", {"activity": found, "part": part})


def _not_here(request: CourierRequest, found: Activity, refusal: RuleBroken) -> HttpResponse:
    """Why not, and what he can do about it."""
    part = _part(request.user, found)
    waits = part is not None and part.state == EnrolmentState.WAITING
    message = refusal.message
    if isinstance(refusal, NotEnrolled) and waits:
        message = "你还在候补，没有排到名额。请问问现场的工作人员。"
    elif isinstance(refusal, TooEarly) and (part is None or part.state not in HERE):
        message = f"{message}你还没有报上名。"
    context = {"activity": found, "message": message, "may": rules.allowed_to_courier(found, part)}
    return render(request, "activities/not_here.html", context, status=refusal.status)


def readable(reader: User | None, key: int) -> Activity:
    """What `reader` may read; the others look like those that never were."""
    found: Activity | None = Activity.objects.readable_by(reader).shown().filter(pk=key).first()
    if found is None:
        raise NotThere
    return found


def _part(reader: User | None, found: Activity) -> Enrolment | None:
    if reader is None:
        return None
    mine = Enrolment.objects.filter(activity=found, courier=reader.pk).exclude(state=EnrolmentState.LEFT)
    part: Enrolment | None = mine.with_turn().first()
    return part
