"""Who was there: ticked by the organiser who scans his code, by himself at the poster, or from the list; and confirmed
by somebody else, which is what earns."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Courier, User
from accounts.services.codes import use_code
from activities import rules
from activities.models import Activity, Enrolment
from activities.problems import AlreadyConfirmed, NotEnrolled, SelfDealing, TooEarly, TooLate, WrongState
from activities.services import posters, rewards, telling
from activities.services.turns import locked_for, organised, part_of
from activities.states import ACTIVE, OPEN_BEFORE, Came, EnrolmentState
from fengchao.core import audit, clock
from fengchao.core.transactions import unit_of_work
from stations import counter
from stations.counter import wrong_codes_counted

HERE = (EnrolmentState.ENROLLED, EnrolmentState.ATTENDED)


def attend_by_poster(activity: Activity, courier: Courier, *, poster: str, at: datetime | None = None) -> Enrolment:
    """He scans the poster that hangs there: he is ticked present, and waits to be confirmed. A repeat changes nothing.

    Raises PosterUnknown, NotEnrolled, TooEarly and TooLate outside of the half hours around it.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = locked_for(activity, courier.user)
        posters.refuse(poster, locked)
        _refuse_closed(locked, at)
        return _tick(locked, courier.pk, Came.POSTER, at)


def look_at(activity: Activity, courier: Courier, *, poster: str, at: datetime | None = None) -> Enrolment:
    """What `attend_by_poster` would find, for the page where it is asked; nothing is written. Who was there already is
    told so at any time. Raises what it raises."""
    at = at or clock.now()
    posters.refuse(poster, activity)
    enrolment: Enrolment | None = Enrolment.objects.filter(activity=activity, courier=courier).first()
    if enrolment is not None and enrolment.state == EnrolmentState.ATTENDED:
        return enrolment
    _refuse_closed(activity, at)
    if enrolment is None or enrolment.state not in HERE:
        raise NotEnrolled
    return enrolment


def attend_by_code(
    activity: Activity, *, by: User, token: str | None = None, digits: str | None = None, at: datetime | None = None
) -> Enrolment:
    """The organiser scans the code on his screen, which is spent: he is there, and confirmed at once. A second scan
    finds him confirmed and changes nothing.

    Raises SelfDealing for his own, the refusals of `use_code`, and what `attend_by_poster` raises. The door counts
    wrong codes (`codes_counted`).
    """
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse_closed(locked, at)
        courier = use_code(token=token, digits=digits, at=at)
        return _scanned(locked, courier, by, at)


def attend_by_ticket(activity: Activity, *, by: User, ticket: str, at: datetime | None = None) -> Enrolment:
    """`attend_by_code` for whom `by` has identified at the counter of the activity's station. Raises TicketExpired
    and WrongStation besides, and WrongState for an activity at no station."""
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        if locked.station is None:
            raise WrongState("这个活动不在蜂巢里办，请扫动态码。")
        _refuse_closed(locked, at)
        courier = counter.read_ticket(ticket, station=locked.station, by=by, at=at)
        return _scanned(locked, courier, by, at)


codes_counted = wrong_codes_counted


def confirm(
    activity: Activity, courier_keys: Collection[int], *, by: User, at: datetime | None = None
) -> list[Enrolment]:
    """Say of these that they were there; each earns its points once. Who was not ticked is ticked from the list.

    All or none. While it runs and when it is over. A repeat changes nothing. Raises SelfDealing when he is among them,
    NotEnrolled for one who has no place, WrongState.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse_before(locked, at)
        if by.pk in courier_keys:
            raise SelfDealing
        confirmed = []
        for key in sorted(set(courier_keys)):
            enrolment = part_of(locked, key)
            if enrolment is None or enrolment.state not in (*HERE, EnrolmentState.NO_SHOW):
                raise NotEnrolled
            confirmed.append(_confirmed(_ticked(enrolment, Came.LISTED, at), by, at))
    return confirmed


def no_show(activity: Activity, courier_key: int, *, by: User, at: datetime | None = None) -> Enrolment:
    """Say that he was not there, also of one who scanned the poster. A repeat changes nothing. Raises AlreadyConfirmed,
    NotEnrolled, SelfDealing, WrongState."""
    at = at or clock.now()
    with unit_of_work():
        locked = organised(activity, by)
        _refuse_before(locked, at)
        if by.pk == courier_key:
            raise SelfDealing
        enrolment = part_of(locked, courier_key)
        if enrolment is None or enrolment.state not in (*HERE, EnrolmentState.NO_SHOW):
            raise NotEnrolled
        if enrolment.is_confirmed:
            raise AlreadyConfirmed
        if enrolment.state != EnrolmentState.NO_SHOW:
            enrolment.state, enrolment.came_at, enrolment.came_by = EnrolmentState.NO_SHOW, None, ""
            enrolment.save(update_fields=["state", "came_at", "came_by"])
            audit.record(by, "enrolment.no_show", enrolment, {"activity": locked.pk, "courier": courier_key})
    return enrolment


def _scanned(locked: Activity, courier: Courier, by: User, at: datetime) -> Enrolment:
    if courier.pk == by.pk:
        raise SelfDealing
    return _confirmed(_tick(locked, courier.pk, Came.SCANNED, at), by, at)


def _tick(locked: Activity, courier_key: int, how: Came, at: datetime) -> Enrolment:
    enrolment = part_of(locked, courier_key)
    if enrolment is None or enrolment.state not in HERE:
        raise NotEnrolled
    return _ticked(enrolment, how, at)


def _ticked(enrolment: Enrolment, how: Came, at: datetime) -> Enrolment:
    if enrolment.state != EnrolmentState.ATTENDED:
        enrolment.state, enrolment.came_at, enrolment.came_by = EnrolmentState.ATTENDED, at, how
        enrolment.save(update_fields=["state", "came_at", "came_by"])
    return enrolment


def _confirmed(enrolment: Enrolment, by: User, at: datetime) -> Enrolment:
    if enrolment.is_confirmed:
        return enrolment
    enrolment.confirmed_at, enrolment.confirmed_by = at, by
    enrolment.points = rewards.for_attendance(enrolment, by=by, at=at)
    enrolment.save(update_fields=["confirmed_at", "confirmed_by", "points"])
    facts = {"activity": enrolment.activity_id, "courier": enrolment.courier_id, "points": enrolment.points}
    audit.record(by, "enrolment.confirmed", enrolment, facts)
    telling.tell_confirmed(enrolment, at=at)
    return enrolment


def _refuse_closed(locked: Activity, at: datetime) -> None:
    if locked.state not in ACTIVE:
        raise WrongState(state=locked.get_state_display())
    if at < locked.starts_at - OPEN_BEFORE:
        raise TooEarly(when=f"{(locked.starts_at - OPEN_BEFORE).astimezone(clock.SHANGHAI):%m-%d %H:%M}")
    if not rules.is_open(locked, at):
        raise TooLate("签到时间已经过了，请找主办方。")


def _refuse_before(locked: Activity, at: datetime) -> None:
    if not rules.may_confirm(locked, at):
        raise WrongState(state=locked.get_state_display())
