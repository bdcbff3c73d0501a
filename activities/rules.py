"""Who may do what: predicates that API, pages and admin share.

Nobody confirms his own attendance or deed.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.scope import covers
from activities.models import Activity, Deed, Enrolment
from activities.organisers import ORGANISERS, organises
from activities.states import (
    ACTIVITY_MOVES,
    DEED_PHOTO,
    OPEN_BEFORE,
    PUBLIC,
    ActivityState,
    DeedState,
    EnrolmentState,
)
from fengchao.core import clock
from fengchao.core.models import Photo


def may_see_name(user: User, enrolment: Enrolment) -> bool:
    """His whole name: the courier himself alone. Organisers know him by his code, and by surname and outlet."""
    return bool(enrolment.courier_id == user.pk)


def may_review(user: User, deed: Deed) -> bool:
    return deed.courier_id != user.pk and covers(user, deed.organisation.path, *ORGANISERS)


def may_enrol(activity: Activity, at: datetime) -> bool:
    """Until it begins."""
    return activity.state == ActivityState.PUBLISHED and activity.starts_at > at


def is_open(activity: Activity, at: datetime) -> bool:
    """Whether somebody who has come can be ticked present: from half an hour before its start to half an hour after
    its end."""
    span = activity.starts_at - OPEN_BEFORE, activity.ends_at + OPEN_BEFORE
    return activity.state in (ActivityState.PUBLISHED, ActivityState.RUNNING) and span[0] <= at <= span[1]


def may_confirm(activity: Activity, at: datetime) -> bool:
    """Whether its organiser can say who was there."""
    return activity.state in (ActivityState.RUNNING, ActivityState.DONE) or is_open(activity, at)


def may_change(activity: Activity) -> bool:
    """Until it begins."""
    return activity.state in (ActivityState.DRAFT, ActivityState.PUBLISHED)


def takes_pictures(activity: Activity) -> bool:
    return activity.state in (ActivityState.RUNNING, ActivityState.DONE)


def allowed(activity: Activity, user: User) -> list[str]:
    """The moves that `user` may make as an organiser, in the words of the API."""
    if not organises(user, activity.organisation):
        return []
    return [move for move, (before, _) in ACTIVITY_MOVES.items() if activity.state in before]


def allowed_to_courier(activity: Activity, enrolment: Enrolment | None, at: datetime | None = None) -> list[str]:
    """What a courier may do, in the words of the API; `enrolment` is his part so far."""
    at = at or clock.now()
    state = enrolment.state if enrolment else EnrolmentState.LEFT
    if state == EnrolmentState.LEFT:
        return ["enrol"] if may_enrol(activity, at) else []
    if state in (EnrolmentState.ENROLLED, EnrolmentState.WAITING):
        moves = ["leave"] if may_enrol(activity, at) else []
        return [*moves, "attend"] if state == EnrolmentState.ENROLLED and is_open(activity, at) else moves
    return []


def shows_pictures(activity: Activity) -> bool:
    return activity.state in PUBLIC


def may_decide(user: User, deed: Deed) -> bool:
    return deed.state == DeedState.SUBMITTED and may_review(user, deed)


def may_see_picture(photo: Photo, reader: Any) -> bool:
    """Of an activity everybody once it is public, its organisers always; a deed's proof he who told of it, who reviews
    and who audits."""
    user = reader if isinstance(reader, User) else None
    if photo.kind == DEED_PHOTO:
        return user is not None and Deed.objects.readable_by(user).filter(pk=photo.subject_key).exists()
    found = Activity.objects.public()
    if user is not None:
        found = found | Activity.objects.in_scope(user)
    return found.filter(pk=photo.subject_key).exists()
