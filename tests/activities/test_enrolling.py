"""Places are given in turn, given back until it begins, and go to who waits first."""

from datetime import timedelta

import pytest

from accounts.models import Courier
from accounts.problems import AccountFrozen
from activities import services
from activities.models import Enrolment
from activities.problems import AlreadyEnrolled, NotEnrolled, TimeTaken, TooLate, WrongState
from activities.services import remind_due, take_leave, turn_of
from activities.states import ActivityState, EnrolmentState
from fengchao.core import clock
from fengchao.core.errors import NotThere
from fengchao.core.models import Notice
from tests.factories.activities import A_DAY, ActivityScene, fresh
from tests.factories.people import courier


def states(scene: ActivityScene) -> dict[int, str]:
    return dict(Enrolment.objects.values_list("courier_id", "state"))


def test_the_first_have_places_the_others_turns(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    assert scene.enrolled(activity).state == EnrolmentState.ENROLLED
    waiting = [scene.enrolled(activity, courier(scene.district.street)) for _ in range(3)]
    assert [(one.state, turn_of(one)) for one in waiting] == [(EnrolmentState.WAITING, n) for n in (1, 2, 3)]
    assert fresh(activity).taken == 1


def test_a_place_given_back_goes_to_who_waits_first(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    first, second = courier(scene.district.street), courier(scene.district.street)
    for rider in (scene.rider, first, second):
        scene.enrolled(activity, rider)
    services.leave(activity, scene.rider)
    assert states(scene) == {scene.rider.pk: "left", first.pk: "enrolled", second.pk: "waiting"}
    assert Notice.objects.get().kind == "activity_moved_up" and Notice.objects.get().user_id == first.pk
    # Whoever comes back is the last.
    again = scene.enrolled(activity)
    assert (again.state, turn_of(again)) == (EnrolmentState.WAITING, 2)
    services.leave(activity, second)
    assert turn_of(again) == 1
    assert (fresh(activity).taken, Enrolment.objects.count()) == (1, 3)


def test_once_is_enough(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    with pytest.raises(AlreadyEnrolled):
        scene.enrolled(activity)
    with pytest.raises(NotEnrolled):
        services.leave(activity, scene.friend)
    services.leave(activity, scene.rider)
    with pytest.raises(NotEnrolled):
        services.leave(activity, scene.rider)


@pytest.mark.parametrize("state", list(ActivityState))
def test_only_what_is_published_takes_people(scene: ActivityScene, state: ActivityState) -> None:
    activity = scene.in_state(state)
    if state == ActivityState.PUBLISHED:
        assert scene.enrolled(activity).state == EnrolmentState.ENROLLED
        return
    hidden = state in (ActivityState.DRAFT, ActivityState.CANCELLED)
    expected = NotThere if hidden else TooLate if state == ActivityState.RUNNING else WrongState
    with pytest.raises(expected):
        scene.enrolled(activity)
    assert not Enrolment.objects.exists()


def test_until_it_begins(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity, at=activity.starts_at - timedelta(seconds=1))
    with pytest.raises(TooLate):
        scene.enrolled(activity, scene.friend, at=activity.starts_at)
    with pytest.raises(TooLate):
        services.leave(activity, scene.rider, at=activity.starts_at)


def test_nobody_is_at_two_places_at_once(scene: ActivityScene) -> None:
    first = scene.published()
    scene.enrolled(first)
    beside = scene.published(starts_at=first.starts_at + timedelta(hours=1), title="宣讲")
    with pytest.raises(TimeTaken) as refused:
        scene.enrolled(beside)
    assert "清洁家园" in refused.value.message
    after = scene.published(starts_at=first.ends_at, title="接着来")
    assert scene.enrolled(after).state == EnrolmentState.ENROLLED
    services.leave(first, scene.rider)
    services.leave(after, scene.rider)
    assert scene.enrolled(beside).state == EnrolmentState.ENROLLED


def test_who_is_frozen_takes_no_place(scene: ActivityScene) -> None:
    Courier.objects.filter(pk=scene.rider.pk).update(frozen_at=clock.now())
    with pytest.raises(AccountFrozen):
        scene.enrolled(scene.published())


def test_who_leaves_gives_back_all_his_places(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    done = scene.in_state(ActivityState.DONE)
    scene.enrolled(activity)
    scene.enrolled(activity, scene.friend)
    take_leave(scene.rider.user)
    take_leave(scene.rider.user)
    assert states(scene) == {scene.rider.pk: "left", scene.friend.pk: "enrolled"}
    assert fresh(done).state == ActivityState.DONE


def test_reminded_once_the_day_before(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1, starts_at=clock.now() + 3 * A_DAY)
    scene.enrolled(activity)
    scene.enrolled(activity, scene.friend)
    before = activity.starts_at - A_DAY
    assert [remind_due(before - timedelta(seconds=1)), remind_due(before), remind_due(before)] == [0, 1, 0]
    notice = Notice.objects.get()
    assert (notice.user_id, notice.kind) == (scene.rider.pk, "activity_tomorrow")
