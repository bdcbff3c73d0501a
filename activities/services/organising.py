"""An activity is written, published, started, finished, called off; always in the name of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Organisation, User
from activities import rules
from activities.models import Activity, Enrolment
from activities.models.activities import MOST_PLACES, MOST_POINTS
from activities.organisers import organises
from activities.problems import BelowTaken, NoRule, SomebodyCame, WrongState
from activities.services import telling
from activities.services.enrolling import move_up
from activities.services.rewards import ATTENDED
from activities.services.turns import organised
from activities.states import ACTIVITY_MOVES, PHOTO, ActivityKind, ActivityState, EnrolmentState
from fengchao.core import audit, clock, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph, sentence
from points.models import EarningRule
from stations.models import Station

TITLE_LENGTH, TEXT_LENGTH, PLACE_LENGTH, CONTACT_LENGTH, REASON_LENGTH = 40, 1000, 120, 60, 200
MOST_HOSTS, MOST_PHOTOS = 10, 12
LONGEST = timedelta(hours=16)
FARTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Plan:
    """An activity as its organiser writes it."""

    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    station: Station | None = None
    place: str = ""
    text: str = ""
    points: int = 0
    contact: str = ""
    hosts: Sequence[Organisation] = field(default_factory=tuple)


CHANGED_FIELDS = (
    "kind", "title", "starts_at", "ends_at", "capacity", "station", "place", "text", "points", "contact"
)  # fmt: skip
MOVED = ("starts_at", "ends_at", "place", "station", "title")
"""What a courier's calendar has to hear of."""


def write(organisation: Organisation, plan: Plan, *, by: User, at: datetime | None = None, **more: Any) -> Activity:
    """A draft of `organisation`. Raises NotThere where `by` does not organise, BadValue naming the field."""
    at = at or clock.now()
    if not organises(by, organisation):
        raise NotThere("这个组织不归您来办活动。")
    values = _cleaned(plan, at)
    with unit_of_work():
        activity = Activity.objects.create(
            organisation=organisation, by=by, created_at=at, updated_at=at, **values, **more
        )
        activity.hosts.set(plan.hosts)
        audit.record(by, "activity.written", activity, {"title": activity.title})
    return activity


def change(activity: Activity, plan: Plan, *, by: User, at: datetime | None = None) -> Activity:
    """Write it anew, until it begins. More places go to who waits; who has a place hears of another time or place.

    Raises BadValue, WrongState, BelowTaken, NoRule, and what `organised` raises. The points of what is published stay.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        if not rules.may_change(locked):
            raise WrongState(state=locked.get_state_display())
        values = _cleaned(plan, at)
        if locked.state == ActivityState.PUBLISHED and values["points"] != locked.points:
            raise BadValue("已经发布，积分不能再改。", field="points")
        if values["capacity"] < locked.taken:
            raise BelowTaken(taken=locked.taken, field="capacity")
        changed = {name: [str(getattr(locked, name)), str(value)] for name, value in values.items()
                   if getattr(locked, name) != value}  # fmt: skip
        for name, value in values.items():
            setattr(locked, name, value)
        moved = [name for name in MOVED if name in changed]
        locked.version, locked.updated_at = locked.version + bool(moved), at
        # `taken` is the trigger's: it may have been counted on since.
        locked.save(update_fields=[*values, "version", "updated_at"])
        locked.hosts.set(plan.hosts)
        audit.record(by, "activity.changed", locked, {name: changed[name] for name in changed if name != "text"})
        if locked.state == ActivityState.PUBLISHED:
            if moved:
                telling.tell_all(locked, "moved", at=at)
            move_up(locked, at=at)
    return locked


def publish(activity: Activity, *, by: User, at: datetime | None = None) -> Activity:
    """Couriers see it and enrol. Raises BadValue for one whose time has come, NoRule for points that no rule pays."""
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse(locked, "publish")
        if locked.starts_at <= at:
            raise BadValue("开始时间已经过了，请先改时间。", field="starts_at")
        if locked.points and not EarningRule.objects.valid(at).filter(event=ATTENDED).exists():
            raise NoRule
        return _moved(locked, "publish", by, at)


def start(activity: Activity, *, by: User, at: datetime | None = None) -> Activity:
    """It begins: nobody enrols or leaves any more."""
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse(locked, "start")
        return _moved(locked, "start", by, at)


def finish(activity: Activity, *, by: User, at: datetime | None = None) -> Activity:
    """It is over: who had a place and was not there has not come, who waited waits no more."""
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse(locked, "finish")
        if locked.starts_at > at:
            raise BadValue("还没到开始时间，不能结束。", field="starts_at")
        return close(locked, by=by, at=at)


def close(locked: Activity, *, by: User | None, at: datetime) -> Activity:
    """`finish` without the questions, also the clock's. Attendance can be confirmed afterwards."""
    mine = Enrolment.objects.filter(activity=locked)
    missed = mine.filter(state=EnrolmentState.ENROLLED).select_related("courier__user")
    for enrolment in missed.select_for_update(of=("self",)).order_by("pk"):
        enrolment.state = EnrolmentState.NO_SHOW
        enrolment.save(update_fields=["state"])
    mine.filter(state=EnrolmentState.WAITING).update(state=EnrolmentState.LEFT)
    return _moved(locked, "finish", by, at)


def cancel(activity: Activity, *, reason: str, by: User, at: datetime | None = None) -> Activity:
    """Call it off with a reason that everybody hears who had a place or waited. Raises SomebodyCame once one was
    there."""
    at = at or clock.now()
    reason = sentence(reason, most=REASON_LENGTH, field="reason", needed=True)
    with unit_of_work():
        locked = organised(activity, by)
        _refuse(locked, "cancel")
        mine = Enrolment.objects.filter(activity=locked)
        if mine.filter(state=EnrolmentState.ATTENDED).exists():
            raise SomebodyCame
        locked.reason, locked.version = reason, locked.version + 1
        locked.save(update_fields=["reason", "version"])
        _moved(locked, "cancel", by, at)
        telling.tell_all(locked, "cancel", at=at)
    return locked


def show_photos(activity: Activity, photo_ids: Sequence[int], *, by: User) -> None:
    """Add pictures of how it was, for everybody to see. Raises BadValue beyond 12, PhotoNotYours."""
    with unit_of_work():
        locked = organised(activity, by)
        if not rules.takes_pictures(locked):
            raise WrongState(state=locked.get_state_display())
        there = len(photos.of(str(locked.pk), PHOTO))
        if there + len(set(photo_ids)) > MOST_PHOTOS:
            raise BadValue(f"一个活动最多 {MOST_PHOTOS} 张照片。", field="photos")
        photos.attach(photo_ids, PHOTO, str(locked.pk), by=by)
        audit.record(by, "activity.photos", locked, {"rows": len(set(photo_ids))})


def remove_photo(activity: Activity, photo_id: int, *, by: User) -> None:
    """Take a picture away, as when somebody in it asks. A repeat changes nothing."""
    with unit_of_work():
        locked = organised(activity, by)
        for photo in photos.of(str(locked.pk), PHOTO):
            if photo.pk == photo_id:
                photos.delete(photo)
                audit.record(by, "activity.photo_removed", locked, {"photo": photo_id})


def _refuse(locked: Activity, move: str) -> None:
    if locked.state not in ACTIVITY_MOVES[move][0]:
        raise WrongState(state=locked.get_state_display())


def _moved(locked: Activity, move: str, by: User | None, at: datetime) -> Activity:
    before = locked.state
    locked.state, locked.updated_at = ACTIVITY_MOVES[move][1], at
    locked.save(update_fields=["state", "updated_at"])
    if by is not None:
        audit.record(by, f"activity.{move}", locked, {"state": [before, locked.state]})
    return locked


def _cleaned(plan: Plan, at: datetime) -> dict[str, Any]:
    """The columns of `plan`. Raises BadValue naming the field."""
    title = sentence(plan.title, most=TITLE_LENGTH, field="title", needed=True)
    place = sentence(plan.place, most=PLACE_LENGTH, field="place")
    if plan.kind not in ActivityKind.values:
        raise BadValue("请选一个类别。", field="kind")
    if plan.station is None and not place:
        raise BadValue("请选一个蜂巢，或写清楚在哪里。", field="place")
    if plan.ends_at <= plan.starts_at:
        raise BadValue("结束时间要晚于开始时间。", field="ends_at")
    if plan.ends_at - plan.starts_at > LONGEST:
        raise BadValue("一次活动最长 16 小时，请分几次办。", field="ends_at")
    if not at < plan.starts_at < at + FARTHEST:
        raise BadValue("开始时间从现在起一年以内。", field="starts_at")
    if not 1 <= plan.capacity <= MOST_PLACES:
        raise BadValue(f"名额在 1 到 {MOST_PLACES} 之间。", field="capacity")
    if not 0 <= plan.points <= MOST_POINTS:
        raise BadValue(f"积分在 0 到 {MOST_POINTS} 之间。", field="points")
    if plan.points and plan.kind != ActivityKind.DEED:
        raise BadValue("只有志愿服务给积分。", field="points")
    if len(plan.hosts) > MOST_HOSTS:
        raise BadValue(f"共办单位最多 {MOST_HOSTS} 个。", field="hosts")
    return {
        "kind": plan.kind, "title": title, "place": place, "station": plan.station, "starts_at": plan.starts_at,
        "ends_at": plan.ends_at, "capacity": plan.capacity, "points": plan.points,
        "text": paragraph(plan.text, most=TEXT_LENGTH, field="text"),
        "contact": sentence(plan.contact, most=CONTACT_LENGTH, field="contact"),
    }  # fmt: skip
