"""`manage.py verify` finds every planted fault of an activity or deed, and nothing where there is none."""

import pytest
from django.db import connection

from activities import services
from activities.states import ActivityState
from activities.verify import _CHECKS, checks
from tests.factories.activities import ActivityScene
from tests.points.test_verify import without_triggers

FAULTS = {
    "activity_counts_its_places": "UPDATE activities_activity SET taken = taken + 1 WHERE state = 'published'",
    "nobody_waits_beside_a_free_place": "UPDATE activities_enrolment SET state = 'waiting' WHERE state = 'enrolled'; "
    "UPDATE activities_activity SET taken = 0 WHERE state = 'published'",
    "nobody_has_a_place_in_what_is_over": "UPDATE activities_activity SET state = 'done' WHERE state = 'published'",
    "nobody_was_at_what_did_not_take_place": "UPDATE activities_activity SET state = 'cancelled', reason = '雨' "
    "WHERE state = 'running'",
    "attendance_earned_what_it_says": "UPDATE activities_enrolment SET points = 99 WHERE confirmed_at IS NOT NULL",
    "deed_earned_what_it_says": "UPDATE activities_deed SET points = 0 WHERE state = 'approved'",
}


@pytest.fixture
def busy(scene: ActivityScene) -> ActivityScene:
    """One published with a place taken, one running with somebody there, one done, a deed approved."""
    scene.enrolled(scene.published())
    running = scene.published(title="另一个", starts_at=scene.plan().starts_at.replace(minute=0))
    scene.enrolled(running, scene.friend)
    services.start(running, by=scene.worker)
    services.confirm(running, [scene.friend.pk], by=scene.worker)
    scene.in_state(ActivityState.DONE)
    services.approve(scene.told(), by=scene.street)
    return scene


def test_every_check_has_its_fault() -> None:
    assert set(FAULTS) == set(_CHECKS)


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found(busy: ActivityScene, check: str) -> None:
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(FAULTS[check])
    assert check in {difference.check for difference in checks()}
