"""The last places of an activity, places given back, and one attendance confirmed many times at once: exact."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection

from activities import services
from activities.models import Activity, Deed, Enrolment
from activities.states import DeedState, EnrolmentState
from fengchao.core.errors import RuleBroken
from points.models import Transfer
from points.services import standing
from tests.core.conftest import in_parallel
from tests.factories.activities import DEED_POINTS, ActivityScene, activity_scene
from tests.factories.people import courier
from tests.meeting import read_without_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(settings: Any, tmp_path: Path) -> ActivityScene:
    settings.MEDIA_ROOT = tmp_path
    return activity_scene()


def outcome(act: Callable[[], object]) -> str:
    try:
        found = act()
    except RuleBroken as refusal:
        return refusal.code
    except IntegrityError:
        return "constraint"
    return found.state if isinstance(found, Enrolment) else "done"


def enrolled_at_once(scene: ActivityScene, activity: Activity, people: int) -> Counter[str]:
    riders = [courier(scene.district.street) for _ in range(people)]
    found = in_parallel(
        people, lambda number: outcome(lambda: services.enrol(activity, riders[number])), threads=16
    )  # fmt: skip
    return Counter(found)


def test_fifty_for_six_places(scene: ActivityScene) -> None:
    activity = scene.published(capacity=6)
    assert enrolled_at_once(scene, activity, 50) == {"enrolled": 6, "waiting": 44}
    assert Activity.objects.get().taken == 6
    turns = list(Enrolment.objects.waiting_in_turn())
    assert [services.turn_of(one) for one in turns[:3]] == [1, 2, 3]


def test_without_the_lock_the_constraint_still_holds(scene: ActivityScene, monkeypatch: pytest.MonkeyPatch) -> None:
    activity = scene.published(capacity=2)
    read_without_lock(monkeypatch, Activity, parties=4)
    found = enrolled_at_once(scene, activity, 16)
    assert (found["enrolled"], Activity.objects.get().taken) == (2, 2)
    assert found["constraint"] >= 2


def test_without_lock_and_trigger_there_are_more(scene: ActivityScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same, and nothing that holds them back."""
    activity = scene.published(capacity=2)
    read_without_lock(monkeypatch, Activity, parties=4)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE activities_enrolment DISABLE TRIGGER USER")
    try:
        assert enrolled_at_once(scene, activity, 16)["enrolled"] > 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE activities_enrolment ENABLE TRIGGER USER")


def test_places_given_back_at_once_go_to_who_waits_in_turn(scene: ActivityScene) -> None:
    activity = scene.published(capacity=8)
    riders = [courier(scene.district.street) for _ in range(20)]
    for rider in riders:
        services.enrol(activity, rider)
    left = in_parallel(
        8, lambda number: outcome(lambda: services.leave(activity, riders[number])), threads=8
    )  # fmt: skip
    assert Counter(left) == {"left": 8}
    states = [Enrolment.objects.get(courier=rider).state for rider in riders]
    assert states == ["left"] * 8 + ["enrolled"] * 8 + ["waiting"] * 4
    assert Activity.objects.get().taken == 8


def test_who_enrols_while_a_place_comes_free_overtakes_nobody(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    first, second = courier(scene.district.street), courier(scene.district.street)
    for rider in (scene.rider, first, second):
        services.enrol(activity, rider)
    newcomers = [courier(scene.district.street) for _ in range(10)]

    def act(number: int) -> str:
        if number == 4:
            return outcome(lambda: services.leave(activity, scene.rider))
        return outcome(lambda: services.enrol(activity, newcomers[number]))

    found = Counter(in_parallel(10, act, threads=10))
    assert found == {"waiting": 9, "left": 1}
    assert Enrolment.objects.get(state=EnrolmentState.ENROLLED).courier == first


def test_one_courier_is_enrolled_once_and_nowhere_else_then(scene: ActivityScene) -> None:
    activities = [scene.published(title=f"活动{number}", capacity=9) for number in range(4)]

    def act(number: int) -> str:
        return outcome(lambda: services.enrol(activities[number % 4], scene.rider))

    found = Counter(in_parallel(20, act, threads=16))
    assert found["enrolled"] == 1
    assert set(found) <= {"enrolled", "already_enrolled", "time_taken"}


def test_thirty_confirmations_earn_once(scene: ActivityScene) -> None:
    activity = scene.published()
    services.enrol(activity, scene.rider)
    services.start(activity, by=scene.worker)
    people = [scene.worker, scene.street, scene.chief]

    def act(number: int) -> str:
        return outcome(lambda: services.confirm(activity, [scene.rider.pk], by=people[number % 3]))

    assert Counter(in_parallel(30, act, threads=16)) == {"done": 30}
    assert (standing(scene.rider).balance, Transfer.objects.filter(kind="activity_attended").count()) == (20, 1)


def test_a_deed_is_decided_once(scene: ActivityScene) -> None:
    deed = scene.told()

    def act(number: int) -> str:
        if number % 2:
            return outcome(lambda: services.approve(deed, by=scene.street))
        return outcome(lambda: services.reject(deed, reason="看不出来", by=scene.chief))

    assert Counter(in_parallel(20, act, threads=16)) == {"done": 1, "wrong_state": 19}
    found = Deed.objects.get()
    assert standing(scene.rider).balance == (DEED_POINTS if found.state == DeedState.APPROVED else 0)
