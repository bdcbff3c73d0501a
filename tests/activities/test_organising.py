"""Who writes, publishes, changes and ends an activity, from every state."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from activities import services
from activities.models import Activity, Enrolment
from activities.problems import BelowTaken, MayNot, NoRule, SomebodyCame, WrongState
from activities.services import finish_due, start_due
from activities.states import ACTIVITY_MOVES, PUBLIC, ActivityKind, ActivityState, EnrolmentState
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.models import AuditLog, Notice
from tests.factories.activities import A_DAY, ActivityScene, activity_scene, fresh, upload
from tests.factories.people import courier
from tests.factories.places import Kind, organisation

STATES = list(ActivityState)
ORGANISERS = ("worker", "street", "chief")
READERS = (*ORGANISERS, "auditor")


def make(activity: Activity, move: str, by: User) -> str:
    act = {
        "publish": services.publish, "start": services.start, "finish": services.finish,
        "cancel": lambda activity, **more: services.cancel(activity, reason="下雨", **more),
    }[move]  # fmt: skip
    at = activity.ends_at if move == "finish" else None
    try:
        act(activity, by=by, **({"at": at} if at else {}))  # type: ignore[operator]
    except RuleBroken as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize("state", STATES)
def test_every_move_from_every_state_by_everybody(scene: ActivityScene, state: ActivityState) -> None:
    for move, (before, after) in ACTIVITY_MOVES.items():
        for who in (*READERS, "other", "rider", "helper"):
            activity = scene.in_state(state)
            person = scene.worker_of(scene.party) if who == "helper" else getattr(scene, who)
            activity.hosts.add(scene.party)
            found = make(activity, move, getattr(person, "user", person))
            if who in ORGANISERS:
                expected = "done" if state in before else "wrong_state"
            else:
                sees = state in PUBLIC or who == "auditor" or (who == "helper" and state != ActivityState.DRAFT)
                expected = "not_allowed" if sees else "not_found"
            assert found == expected, (state, move, who)
            assert fresh(activity).state == (after if found == "done" else state)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"), ({"title": "好" * 41}, "title"), ({"kind": "party"}, "kind"),
        ({"station": None}, "place"), ({"capacity": 0}, "capacity"), ({"capacity": 2001}, "capacity"),
        ({"points": -1}, "points"), ({"points": 501}, "points"), ({"kind": ActivityKind.STUDY}, "points"),
        ({"starts_at": fresh}, "starts_at"), ({"text": "好" * 1001}, "text"), ({"contact": "1" * 61}, "contact"),
        ({"hosts": "eleven"}, "hosts"), ({"ends_at": "before"}, "ends_at"), ({"ends_at": "late"}, "ends_at"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(scene: ActivityScene, changed: dict[str, Any], field: str) -> None:
    start = scene.plan().starts_at
    odd = {fresh: start - 2 * A_DAY, "eleven": [scene.party] * 11, "before": start, "late": start + timedelta(hours=17)}
    values = {name: odd.get(value, value) if not isinstance(value, list) else value for name, value in changed.items()}
    if "starts_at" in values:
        values["ends_at"] = values["starts_at"] + timedelta(hours=1)
    with pytest.raises(BadValue) as refused:
        services.write(scene.community, scene.plan(**values), by=scene.worker)
    assert refused.value.field == field
    assert not Activity.objects.exists()


def test_nobody_writes_for_others(scene: ActivityScene) -> None:
    for person in (scene.other, scene.auditor, scene.rider.user):
        with pytest.raises(NotThere):
            services.write(scene.community, scene.plan(), by=person)


@pytest.mark.django_db
def test_points_without_a_rule_are_not_published() -> None:
    scene = activity_scene(paid=False)
    with pytest.raises(NoRule):
        services.publish(scene.draft(), by=scene.worker)
    assert services.publish(scene.draft(points=0), by=scene.worker).state == ActivityState.PUBLISHED


def test_what_has_begun_is_not_published(scene: ActivityScene) -> None:
    draft = scene.draft()
    with pytest.raises(BadValue):
        services.publish(draft, by=scene.worker, at=draft.starts_at)


def test_a_change_is_told_and_more_places_go_to_who_waits(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    scene.enrolled(activity)
    assert scene.enrolled(activity, scene.friend).state == EnrolmentState.WAITING
    later = activity.starts_at + timedelta(hours=1)
    services.change(activity, scene.plan(starts_at=later, capacity=2), by=scene.worker)
    assert Enrolment.objects.get(courier=scene.friend).state == EnrolmentState.ENROLLED
    assert set(Notice.objects.values_list("user_id", "kind")) == {
        (scene.rider.pk, "activity_moved"), (scene.friend.pk, "activity_moved"), (scene.friend.pk, "activity_moved_up"),
    }  # fmt: skip
    assert (fresh(activity).version, fresh(activity).taken) == (1, 2)
    with pytest.raises(BelowTaken):
        services.change(activity, scene.plan(starts_at=later, capacity=1), by=scene.worker)
    with pytest.raises(BadValue) as refused:
        services.change(activity, scene.plan(starts_at=later, points=30), by=scene.worker)
    assert refused.value.field == "points"
    # Other words alone are no news.
    before = Notice.objects.count()
    services.change(activity, scene.plan(starts_at=later, text="带手套"), by=scene.worker)
    assert (fresh(activity).version, Notice.objects.count()) == (1, before)


@pytest.mark.parametrize("state", [ActivityState.RUNNING, ActivityState.DONE, ActivityState.CANCELLED])
def test_what_began_is_not_written_anew(scene: ActivityScene, state: ActivityState) -> None:
    with pytest.raises(WrongState):
        services.change(scene.in_state(state), scene.plan(title="另一个"), by=scene.worker)


def test_called_off_with_a_reason_that_all_hear(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    scene.enrolled(activity)
    scene.enrolled(activity, scene.friend)
    with pytest.raises(BadValue):
        services.cancel(activity, reason=" ", by=scene.worker)
    services.cancel(activity, reason="暴雨红色预警", by=scene.worker)
    told = Notice.objects.filter(kind="activity_cancel")
    assert {notice.user_id for notice in told} == {scene.rider.pk, scene.friend.pk}
    assert {notice.text for notice in told} == {"暴雨红色预警"}
    assert AuditLog.objects.filter(verb="activity.cancel").count() == 1


def test_where_somebody_came_it_is_not_called_off(scene: ActivityScene) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    services.start(activity, by=scene.worker)
    services.confirm(activity, [scene.rider.pk], by=scene.worker)
    with pytest.raises(SomebodyCame):
        services.cancel(activity, reason="下雨", by=scene.worker)


def test_the_clock_starts_and_finishes_once(scene: ActivityScene) -> None:
    activity = scene.published(capacity=1)
    scene.enrolled(activity)
    scene.enrolled(activity, scene.friend)
    assert (start_due(activity.starts_at - timedelta(seconds=1)), start_due(activity.starts_at)) == (0, 1)
    assert (start_due(activity.starts_at), fresh(activity).state) == (0, ActivityState.RUNNING)
    late = activity.ends_at + timedelta(hours=12)
    assert (finish_due(late - timedelta(seconds=1)), finish_due(late), finish_due(late)) == (0, 1, 0)
    states = dict(Enrolment.objects.values_list("courier_id", "state"))
    assert states == {scene.rider.pk: EnrolmentState.NO_SHOW, scene.friend.pk: EnrolmentState.LEFT}


def test_pictures_of_how_it_was(scene: ActivityScene) -> None:
    done = scene.in_state(ActivityState.DONE)
    taken = upload(scene.worker)
    services.show_photos(done, [taken.pk], by=scene.worker)
    with pytest.raises(BadValue):
        services.show_photos(
            done, [upload(scene.worker, f"#0{number:05x}").pk for number in range(12)], by=scene.worker
        )
    services.remove_photo(done, taken.pk, by=scene.street)
    services.remove_photo(done, taken.pk, by=scene.street)
    with pytest.raises(MayNot):
        services.show_photos(done, [upload(scene.auditor).pk], by=scene.auditor)
    with pytest.raises(WrongState):
        services.show_photos(scene.published(), [upload(scene.worker).pk], by=scene.worker)


def test_a_host_reads_what_it_helps_with_and_does_not_decide(scene: ActivityScene) -> None:
    helper = scene.worker_of(scene.party)
    draft = scene.draft(hosts=[scene.party])
    assert not Activity.objects.readable_by(helper).exists()
    services.publish(draft, by=scene.worker)
    assert list(Activity.objects.in_scope(helper)) == [draft]
    with pytest.raises(MayNot):
        services.start(draft, by=helper)


def test_outside_of_its_scope_a_draft_is_not_there(scene: ActivityScene) -> None:
    draft = scene.draft()
    far = courier(None)
    elsewhere = organisation(scene.district.root, kind=Kind.STREET, name="别处")
    for person in (scene.other, far.user, scene.worker_of(elsewhere)):
        assert not Activity.objects.readable_by(person).filter(pk=draft.pk).exists()
