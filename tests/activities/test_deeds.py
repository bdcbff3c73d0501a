"""A deed told, reviewed by somebody else, and paid once; hours on a certificate."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Courier, Membership
from accounts.problems import AccountFrozen
from accounts.roles import Role
from activities import services
from activities.models import Deed
from activities.problems import MayNot, SelfDealing, TooManyDeeds, WrongState
from activities.services import hours
from activities.states import DEED_PHOTO, DeedState
from fengchao.core import clock, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import Notice, Photo
from points.models import Transfer
from points.services import standing
from tests.factories.activities import A_DAY, DEED_POINTS, ActivityScene, upload


def test_told_with_a_picture_and_reviewed(scene: ActivityScene) -> None:
    deed = scene.told()
    assert (deed.state, deed.organisation) == (DeedState.SUBMITTED, scene.district.street)
    assert len(photos.of(str(deed.pk), DEED_PHOTO)) == 1
    done = services.approve(deed, by=scene.street)
    assert (done.state, done.points, standing(scene.rider).balance) == (DeedState.APPROVED, DEED_POINTS, DEED_POINTS)
    assert Notice.objects.get().text == f"谢谢你，{DEED_POINTS} 分已到账。"


def test_at_a_station_its_community_reviews(scene: ActivityScene) -> None:
    deed = scene.told(station=scene.station)
    assert deed.organisation == scene.community
    assert services.reject(deed, reason="照片看不出来", by=scene.worker).state == DeedState.REJECTED
    assert (standing(scene.rider).balance, Notice.objects.get().text) == (0, "照片看不出来")


def test_decided_once(scene: ActivityScene) -> None:
    deed = services.approve(scene.told(), by=scene.street)
    with pytest.raises(WrongState):
        services.approve(deed, by=scene.street)
    with pytest.raises(WrongState):
        services.reject(deed, reason="不", by=scene.chief)
    assert Transfer.objects.filter(kind="deed_approved").count() == 1


def test_nobody_reviews_his_own(scene: ActivityScene) -> None:
    Membership.objects.create(user=scene.rider.user, organisation=scene.district.street, role=Role.STREET_ADMIN)
    deed = scene.told()
    with pytest.raises(SelfDealing):
        services.approve(deed, by=scene.rider.user)
    assert not Deed.objects.reviewed_by(scene.rider.user).exists()
    assert list(Deed.objects.reviewed_by(scene.street)) == [deed]


def test_others_neither_see_nor_review(scene: ActivityScene) -> None:
    deed = scene.told(station=scene.station)
    for person in (scene.other, scene.friend.user):
        with pytest.raises(NotThere):
            services.approve(deed, by=person)
    with pytest.raises(MayNot):
        services.approve(deed, by=scene.auditor)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": " "}, "text"), ({"text": "好" * 501}, "text"), ({"place": ""}, "place"), ({"witness": ""}, "witness"),
        ({"minutes": 0}, "minutes"), ({"minutes": 481}, "minutes"), ({"photo_ids": []}, "photos"),
        ({"photo_ids": [1, 2, 3, 4]}, "photos"), ({"photo_ids": [999999]}, "photos"),
        ({"happened_on": 1}, "happened_on"), ({"happened_on": -31}, "happened_on"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(scene: ActivityScene, changed: dict[str, Any], field: str) -> None:
    if "happened_on" in changed:
        changed = {"happened_on": clock.shanghai_day(clock.now()) + changed["happened_on"] * A_DAY}
    with pytest.raises(BadValue) as refused:
        scene.told(**changed)
    assert refused.value.field == field
    assert not Deed.objects.exists()


def test_another_s_picture_is_no_proof(scene: ActivityScene) -> None:
    with pytest.raises(BadValue):
        scene.told(photo_ids=[upload(scene.friend.user).pk])


def test_five_a_day(scene: ActivityScene) -> None:
    for _ in range(5):
        scene.told()
    with pytest.raises(TooManyDeeds) as refused:
        scene.told()
    assert refused.value.retry_after and Deed.objects.count() == 5


def test_a_frozen_courier_tells_nothing(scene: ActivityScene) -> None:
    Courier.objects.filter(pk=scene.rider.pk).update(frozen_at=clock.now())
    with pytest.raises(AccountFrozen):
        scene.told()


def test_words_and_pictures_leave_with_him(scene: ActivityScene) -> None:
    deed = services.approve(scene.told(), by=scene.street)
    services.erase_words(scene.rider.user)
    deed.refresh_from_db()
    assert "老人" not in deed.text + deed.place + deed.witness
    assert (deed.minutes, Photo.objects.count()) == (30, 0)


def test_hours_are_what_was_confirmed(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    services.start(activity, by=scene.worker, at=activity.starts_at)
    services.confirm(activity, [scene.rider.pk], by=scene.worker, at=activity.ends_at)
    services.approve(scene.told(), by=scene.street)
    scene.told()  # not reviewed yet
    year = clock.shanghai_day(activity.starts_at).year
    same_year = clock.shanghai_day(clock.now()).year == year
    found = hours.services_of(scene.rider, year)
    assert sum(one.minutes for one in found) == 120 + 30 * same_year
    assert hours.services_of(scene.rider, year - 2) == hours.services_of(scene.friend, year) == []
    paper = hours.check(hours.token_for(scene.rider, year, found, clock.now()))
    assert (paper.name, paper.minutes, paper.times) == ("何*", 120 + 30 * same_year, len(found))


def test_a_certificate_that_we_did_not_sign(scene: ActivityScene) -> None:
    token = hours.token_for(scene.rider, 2026, [], clock.now())
    for wrong in ("", "x", token[:-1], token + "0"):
        with pytest.raises(NotThere):
            hours.check(wrong)
    scene.rider.user.is_active = False
    scene.rider.user.save()
    with pytest.raises(NotThere):
        hours.check(token)


def test_a_study_is_no_service(scene: ActivityScene) -> None:
    activity = scene.published(kind="study", points=0)
    scene.enrolled(activity)
    services.start(activity, by=scene.worker, at=activity.starts_at)
    services.confirm(activity, [scene.rider.pk], by=scene.worker, at=activity.ends_at + timedelta(days=1))
    assert hours.services_of(scene.rider, clock.shanghai_day(activity.starts_at).year) == []
