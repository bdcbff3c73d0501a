"""A courier takes a place in an activity, or waits for one, or gives it back."""

from datetime import datetime

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from activities import rules
from activities.models import Activity, Enrolment
from activities.problems import AlreadyEnrolled, NotEnrolled, TimeTaken, TooLate, WrongState
from activities.services import telling
from activities.services.turns import locked_for, part_of
from activities.states import ACTIVE, EnrolmentState
from fengchao.core import clock
from fengchao.core.transactions import unit_of_work

HOLDS = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)


def enrol(activity: Activity, courier: Courier, *, at: datetime | None = None) -> Enrolment:
    """Give him a place, or his turn among those who wait when there is none. Until it begins (TooLate).

    Raises NotThere, WrongState, AlreadyEnrolled, AccountFrozen, TimeTaken when he is enrolled elsewhere at that time.
    Locks the activity, so that the last place is given once and turns are kept; the count's constraint stands behind
    the lock. Then locks the courier's row, so that two activities at once do not both find his time free.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = locked_for(activity, courier.user)
        _refuse_late(locked, at)
        rider = Courier.objects.select_for_update(of=("self",), no_key=True).get(pk=courier.pk)
        if rider.is_frozen:
            raise AccountFrozen
        found = part_of(locked, courier.pk)
        if found is not None and found.state != EnrolmentState.LEFT:
            raise AlreadyEnrolled
        _refuse_overlap(locked, courier)
        enrolment = found or Enrolment(activity=locked, courier=courier)
        # Nobody overtakes who waits, even where a place is free for a moment.
        someone_waits = Enrolment.objects.filter(activity=locked).waiting_in_turn().exists()
        full = locked.left == 0 or someone_waits
        enrolment.state, enrolment.at = EnrolmentState.WAITING if full else EnrolmentState.ENROLLED, at
        enrolment.reminded_at = None
        enrolment.save()
    return enrolment


def leave(activity: Activity, courier: Courier, *, at: datetime | None = None) -> Enrolment:
    """Give the place back, until it begins (TooLate): it goes to who waits first. Raises NotEnrolled."""
    at = at or clock.now()
    with unit_of_work():
        locked = locked_for(activity, courier.user)
        found = part_of(locked, courier.pk)
        if found is None or found.state not in HOLDS:
            raise NotEnrolled
        _refuse_late(locked, at)
        _give_back(found, at=at)
    return found


def leave_all(user: User, *, at: datetime) -> None:
    """Give back all that is ahead of him: he closes his account."""
    ahead = Enrolment.objects.filter(courier=user.pk, state__in=HOLDS, activity__state__in=ACTIVE)
    for key in ahead.order_by("activity_id").values_list("activity_id", flat=True):
        with unit_of_work():
            locked = Activity.objects.shown().select_for_update(of=("self",), no_key=True).get(pk=key)
            found = part_of(locked, user.pk)
            if found is not None and found.state in HOLDS:
                _give_back(found, at=at)


def move_up(locked: Activity, *, at: datetime) -> int:
    """Give free places of a locked activity to who waits, first come first served; how many. Not once it has begun."""
    locked.refresh_from_db(fields=["taken", "capacity"])
    if not rules.may_enrol(locked, at) or not locked.left:
        return 0
    waiting = Enrolment.objects.filter(activity=locked).waiting_in_turn().select_related("courier__user")
    lucky = list(waiting.select_for_update(of=("self",), no_key=True)[: locked.left])
    for enrolment in lucky:
        enrolment.state = EnrolmentState.ENROLLED
        enrolment.save(update_fields=["state"])
        telling.tell(locked, enrolment.courier, "moved_up", at=at)
    return len(lucky)


def turn_of(enrolment: Enrolment) -> int:
    """Which he is among those who wait, from 1."""
    ahead = Enrolment.objects.filter(activity=enrolment.activity_id).waiting_in_turn()
    return ahead.filter(at__lt=enrolment.at).count() + ahead.filter(at=enrolment.at, pk__lte=enrolment.pk).count()


def _give_back(found: Enrolment, *, at: datetime) -> None:
    had_place = found.state == EnrolmentState.ENROLLED
    found.state = EnrolmentState.LEFT
    found.save(update_fields=["state"])
    if had_place:
        move_up(found.activity, at=at)


def _refuse_late(locked: Activity, at: datetime) -> None:
    if locked.state not in ACTIVE:
        raise WrongState(state=locked.get_state_display())
    if not rules.may_enrol(locked, at):
        raise TooLate


def _refuse_overlap(locked: Activity, courier: Courier) -> None:
    same = Enrolment.objects.of_courier(courier).filter(
        state__in=HOLDS, activity__state__in=ACTIVE,
        activity__starts_at__lt=locked.ends_at, activity__ends_at__gt=locked.starts_at,
    )  # fmt: skip
    other = same.exclude(activity=locked).select_related("activity").first()
    if other is not None:
        raise TimeTaken(title=other.activity.title)
