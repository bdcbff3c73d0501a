"""What the database itself refuses of activities, parts and deeds, whoever writes."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from activities import services
from activities.models import Activity, Enrolment
from tests.factories.activities import ActivityScene

ACTIVITY = {
    "a title": "SET title = ''",
    "an end after its start": "SET ends_at = starts_at",
    "places": "SET capacity = 0",
    "not more places than there are": "SET capacity = 1",
    "not more taken than there are": "SET taken = 3",
    "a known state": "SET state = 'open'",
    "a known kind": "SET kind = 'party'",
    "points for deeds alone": "SET kind = 'study'",
    "not too many points": "SET points = 501",
    "a place": "SET station_id = NULL",
    "a reason when called off": "SET state = 'cancelled'",
}
ENROLMENT = {
    "a known state": "SET state = 'gone'",
    "a time when attended": "SET state = 'attended'",
    "no time when not": "SET came_at = clock_timestamp(), came_by = 'poster'",
    "confirmed by somebody": "SET confirmed_at = clock_timestamp()",
    "confirmed when attended": "SET confirmed_at = clock_timestamp(), confirmed_by_id = (SELECT by_id FROM "
    "activities_activity LIMIT 1)",
    "not by himself": "SET state = 'attended', came_at = clock_timestamp(), came_by = 'listed', "
    "confirmed_at = clock_timestamp(), confirmed_by_id = courier_id",
    "no points before": "SET points = 5",
    "its courier": "SET courier_id = courier_id + 1",
}
DEED = {
    "a known state": "SET state = 'good'",
    "somebody who decides": "SET state = 'approved'",
    "not himself": "SET state = 'approved', decided_at = clock_timestamp(), decided_by_id = courier_id",
    "a reason": "SET state = 'rejected', decided_at = clock_timestamp(), decided_by_id = (SELECT id FROM accounts_user "
    "WHERE id NOT IN (SELECT user_id FROM accounts_courier) LIMIT 1)",
    "no points before": "SET points = 5",
    "its minutes": "SET minutes = 60",
    "its courier": "SET courier_id = courier_id + 1",
}


def refused(statement: str, parameters: list[Any] | None = None) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError:
        return True
    return False


@pytest.fixture
def taken(scene: ActivityScene) -> Activity:
    """Published for two, and both have a place."""
    activity = scene.published()
    scene.enrolled(activity)
    scene.enrolled(activity, scene.friend)
    return activity


@pytest.mark.parametrize("change", ACTIVITY.values(), ids=ACTIVITY)
def test_an_activity_has(taken: Activity, change: str) -> None:
    assert refused(f"UPDATE activities_activity {change}")


@pytest.mark.parametrize("change", ENROLMENT.values(), ids=ENROLMENT)
def test_a_part_has(taken: Activity, change: str) -> None:
    assert refused(f"UPDATE activities_enrolment {change}")


@pytest.mark.parametrize("change", DEED.values(), ids=DEED)
def test_a_deed_has(scene: ActivityScene, change: str) -> None:
    scene.told()
    assert refused(f"UPDATE activities_deed {change}")


def test_nothing_is_deleted(scene: ActivityScene, taken: Activity) -> None:
    scene.told()
    assert refused("DELETE FROM activities_enrolment")
    assert refused("DELETE FROM activities_deed")


def test_one_more_part_is_one_too_many(scene: ActivityScene, taken: Activity) -> None:
    assert refused("UPDATE activities_enrolment SET state = 'enrolled'") is False
    third = scene.worker.pk
    row = "INSERT INTO activities_enrolment (activity_id, courier_id, state, at, came_by, points) VALUES "
    again = f"{row} ({taken.pk}, {scene.rider.pk}, 'left', clock_timestamp(), '', 0)"
    assert refused(again)
    assert refused(f"{row} ({taken.pk}, {third}, 'enrolled', clock_timestamp(), '', 0)")


def test_what_was_confirmed_and_decided_stays(scene: ActivityScene, taken: Activity) -> None:
    services.start(taken, by=scene.worker)
    services.confirm(taken, [scene.rider.pk], by=scene.worker)
    services.approve(scene.told(), by=scene.street)
    for change in ("points = 0", "confirmed_at = NULL, confirmed_by_id = NULL, points = 0",
                   f"confirmed_by_id = {scene.street.pk}"):  # fmt: skip
        assert refused(f"UPDATE activities_enrolment SET {change} WHERE courier_id = {scene.rider.pk}")
    assert refused("UPDATE activities_deed SET points = 99")
    assert refused(
        "UPDATE activities_deed SET state = 'submitted', decided_at = NULL, decided_by_id = NULL, points = 0"
    )


def test_the_count_follows_whoever_writes(taken: Activity) -> None:
    """The legal ones: what the services do may also be done by hand, and the count keeps up."""
    assert not refused("UPDATE activities_enrolment SET state = 'left'")
    assert Activity.objects.get(pk=taken.pk).taken == 0
    one = Enrolment.objects.order_by("pk").first()
    assert one is not None
    assert not refused("UPDATE activities_enrolment SET state = 'no_show' WHERE id = %s", [one.pk])
    assert Activity.objects.get(pk=taken.pk).taken == 1
    assert not refused("UPDATE activities_activity SET title = '另一个', capacity = 1")
