"""Who was there, who said so, and what it earns: once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Courier, Membership
from accounts.problems import CodeUsed
from accounts.roles import Role
from accounts.services import codes
from activities import services
from activities.models import Activity, Enrolment
from activities.problems import (
    AlreadyConfirmed,
    MayNot,
    NotEnrolled,
    PosterUnknown,
    SelfDealing,
    TooEarly,
    TooLate,
    WrongState,
)
from activities.services import posters
from activities.states import EnrolmentState
from fengchao.core.models import Notice
from points.models import EarningRule, Transfer
from points.services import standing
from stations import counter
from stations.problems import TicketExpired
from tests.factories.activities import A_DAY, ActivityScene, activity_scene
from tests.factories.people import courier, staff


@pytest.fixture
def running(scene: ActivityScene) -> Activity:
    """Under way, the rider enrolled."""
    activity = scene.published(capacity=5)
    scene.enrolled(activity)
    return services.start(activity, by=scene.worker, at=activity.starts_at)


def part(rider: Courier) -> Enrolment:
    found: Enrolment = Enrolment.objects.select_related("activity").get(courier=rider)
    return found


def scan(scene: ActivityScene, activity: Activity, rider: Courier | None = None) -> Enrolment:
    shown = codes.show_code(rider or scene.rider, at=activity.starts_at)
    return services.attend_by_code(activity, by=scene.worker, token=shown.token, at=activity.starts_at)


def test_scanned_by_the_organiser_he_earns_at_once(scene: ActivityScene, running: Activity) -> None:
    found = scan(scene, running)
    assert (found.state, found.came_by, found.confirmed_by, found.points) == ("attended", "scanned", scene.worker, 20)
    assert standing(scene.rider).balance == 20
    transfer = Transfer.objects.get(kind="activity_attended")
    assert (transfer.source_kind, transfer.source_key) == ("enrolment", str(found.pk))
    assert Notice.objects.get(kind="activity_confirmed").text == "谢谢你，20 分已到账。"


def test_every_repeat_earns_nothing_more(scene: ActivityScene, running: Activity) -> None:
    shown = codes.show_code(scene.rider, at=running.starts_at)
    services.attend_by_code(running, by=scene.worker, token=shown.token, at=running.starts_at)
    with pytest.raises(CodeUsed):
        services.attend_by_code(running, by=scene.worker, token=shown.token, at=running.starts_at)
    again = codes.show_code(scene.rider, at=running.starts_at + timedelta(minutes=1))
    services.attend_by_code(running, by=scene.worker, digits=again.digits, at=running.starts_at + timedelta(minutes=1))
    services.attend_by_poster(running, scene.rider, poster=posters.token_for(running), at=running.starts_at)
    services.confirm(running, [scene.rider.pk], by=scene.street, at=running.ends_at)
    services.finish(running, by=scene.worker, at=running.ends_at)
    services.confirm(running, [scene.rider.pk], by=scene.worker, at=running.ends_at)
    assert (standing(scene.rider).balance, Transfer.objects.filter(kind="activity_attended").count()) == (20, 1)
    assert part(scene.rider).confirmed_by == scene.worker


def test_the_poster_ticks_and_somebody_else_confirms(scene: ActivityScene, running: Activity) -> None:
    address = f"https://example.org{posters.address_of(running)}"
    found = services.attend_by_poster(running, scene.rider, poster=address, at=running.starts_at)
    assert (found.state, found.came_by, found.is_confirmed) == ("attended", "poster", False)
    assert standing(scene.rider).balance == 0
    services.finish(running, by=scene.worker, at=running.ends_at)
    assert part(scene.rider).state == EnrolmentState.ATTENDED
    services.confirm(running, [scene.rider.pk], by=scene.worker, at=running.ends_at)
    assert standing(scene.rider).balance == 20


def test_a_poster_of_another_or_none(scene: ActivityScene, running: Activity) -> None:
    other = scene.published(title="别的")
    for poster in (posters.token_for(other), "x", "", posters.token_for(running)[:-2], "k=", "https://x/?k=%00"):
        with pytest.raises(PosterUnknown):
            services.attend_by_poster(running, scene.rider, poster=poster, at=running.starts_at)
    with pytest.raises(NotEnrolled):
        services.attend_by_poster(running, scene.friend, poster=posters.token_for(running), at=running.starts_at)


def test_half_an_hour_before_and_after(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    poster, half = posters.token_for(activity), timedelta(minutes=30, seconds=1)
    with pytest.raises(TooEarly):
        services.attend_by_poster(activity, scene.rider, poster=poster, at=activity.starts_at - half)
    with pytest.raises(TooLate):
        services.attend_by_poster(activity, scene.rider, poster=poster, at=activity.ends_at + half)
    found = services.attend_by_poster(activity, scene.rider, poster=poster, at=activity.starts_at - half / 2)
    assert found.state == EnrolmentState.ATTENDED


def test_nobody_confirms_himself(scene: ActivityScene) -> None:
    """Who works in the community and rides: his colleague ticks him."""
    rider = courier(scene.rider.outlet, name="兼职小")
    Membership.objects.create(user=rider.user, organisation=scene.community, role=Role.COUNTER)
    activity = scene.published()
    scene.enrolled(activity, rider)
    services.start(activity, by=scene.worker, at=activity.starts_at)
    shown = codes.show_code(rider, at=activity.starts_at)
    with pytest.raises(SelfDealing):
        services.attend_by_code(activity, by=rider.user, token=shown.token, at=activity.starts_at)
    for act in (services.confirm, lambda *args, **more: services.no_show(args[0], args[1][0], **more)):
        with pytest.raises(SelfDealing):
            act(activity, [rider.pk], by=rider.user, at=activity.starts_at)
    assert not part(rider).is_confirmed
    services.confirm(activity, [rider.pk], by=scene.worker, at=activity.starts_at)
    assert standing(rider).balance == 20


def test_by_ticket_at_the_station(scene: ActivityScene) -> None:
    shown = codes.show_code(scene.rider)
    ticket = counter.identify(scene.station, by=scene.worker, token=shown.token).ticket
    soon = scene.published(starts_at=timezone.now() + timedelta(minutes=5))
    scene.enrolled(soon)
    with pytest.raises(TicketExpired):
        services.attend_by_ticket(soon, by=scene.street, ticket=ticket)
    assert services.attend_by_ticket(soon, by=scene.worker, ticket=ticket).is_confirmed


def test_all_or_none(scene: ActivityScene, running: Activity) -> None:
    with pytest.raises(NotEnrolled):
        services.confirm(running, [scene.rider.pk, scene.friend.pk], by=scene.worker, at=running.ends_at)
    assert not Enrolment.objects.confirmed().exists()
    assert standing(scene.rider).balance == 0


def test_not_there_and_there_after_all(scene: ActivityScene, running: Activity) -> None:
    services.attend_by_poster(running, scene.rider, poster=posters.token_for(running), at=running.starts_at)
    for _ in range(2):
        found = services.no_show(running, scene.rider.pk, by=scene.worker, at=running.ends_at)
        assert (found.state, found.came_by) == (EnrolmentState.NO_SHOW, "")
    services.confirm(running, [scene.rider.pk], by=scene.worker, at=running.ends_at)
    with pytest.raises(AlreadyConfirmed):
        services.no_show(running, scene.rider.pk, by=scene.worker, at=running.ends_at)
    assert (part(scene.rider).came_by, standing(scene.rider).balance) == ("listed", 20)


def test_before_it_begins_nobody_was_there(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    with pytest.raises(WrongState):
        services.confirm(activity, [scene.rider.pk], by=scene.worker)


def test_others_confirm_nothing(scene: ActivityScene, running: Activity) -> None:
    for person in (scene.other, scene.auditor, scene.friend.user, staff(Role.CLAIMER, scene.community)):
        with pytest.raises(MayNot):
            services.confirm(running, [scene.rider.pk], by=person, at=running.ends_at)


@pytest.mark.django_db
def test_beyond_the_cap_he_is_there_and_earns_less() -> None:
    scene = activity_scene(paid=False)
    EarningRule.objects.create(event="activity_attended", title="到场", programme="deeds", points=1, day_cap=15,
                               valid_from=timezone.now() - A_DAY)  # fmt: skip
    activity = scene.published()
    scene.enrolled(activity)
    services.start(activity, by=scene.worker)
    assert scan(scene, activity).points == 15


def test_a_frozen_courier_earns_nothing(scene: ActivityScene, running: Activity) -> None:
    Courier.objects.filter(pk=scene.rider.pk).update(frozen_at=timezone.now())
    (found,) = services.confirm(running, [scene.rider.pk], by=scene.worker, at=running.ends_at)
    assert (found.is_confirmed, found.points) == (True, 0)
