"""The desk of who organises: written, published, ticked, confirmed, shown; never for himself, never for others."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from accounts.roles import Role
from accounts.services import codes
from activities import services
from activities.models import Activity, Enrolment
from activities.services import posters
from activities.states import PHOTO, ActivityState, EnrolmentState
from fengchao.core import clock, photos
from fengchao.core.models import Notice
from points.services import standing
from tests.factories import courier, page_client, staff, staff_client
from tests.factories.activities import A_DAY, ActivityScene, fresh, upload
from tests.factories.places import Kind, organisation, station
from tests.wishes.test_desk import shot

S = ActivityState
LIST = "/desk/activities/"
SOON = timedelta(minutes=5)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    """What this answer says, without what no page has shown yet."""
    return [str(message) for message in get_messages(answer.wsgi_request)._queued_messages]  # type: ignore[attr-defined]


def address(activity: Activity, name: str = "") -> str:
    return f"{LIST}{activity.pk}/{name}/" if name else f"{LIST}{activity.pk}/"


def written(scene: ActivityScene, **changed: Any) -> dict[str, Any]:
    start = clock.now().astimezone(clock.SHANGHAI) + A_DAY
    usual = {
        "key": "k1", "organisation": scene.community.pk, "kind": "deed", "title": "清洁家园", "text": "带手套",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}", "ends_at": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "station": scene.station.pk, "place": "", "capacity": "5", "points": "20", "contact": "", "hosts": [],
    }  # fmt: skip
    return {**usual, **changed}


def opened(scene: ActivityScene, **changed: Any) -> Activity:
    """Begins in five minutes: codes can be scanned."""
    return scene.published(starts_at=clock.now() + SOON, **changed)


@pytest.fixture
def desk(scene: ActivityScene) -> Client:
    return staff_client(scene.worker)


# --- Who gets in


@pytest.mark.parametrize("role", [r for r in Role if r not in ("counter", "street_admin", "district_admin")])
def test_nobody_else_gets_in(scene: ActivityScene, role: Role) -> None:
    activity, client = scene.published(), staff_client(staff(role, scene.district.root))
    for page in (LIST, f"{LIST}new/", address(activity), address(activity, "poster"), "/desk/deeds/"):
        assert client.get(page).status_code == 403
    assert page_client(scene.rider.user).get(LIST).status_code == 403
    assert page_client().get(LIST)["Location"].startswith("/staff/login/")


def test_anothers_is_not_there(scene: ActivityScene) -> None:
    activity, client = opened(scene), staff_client(scene.other)
    activity.hosts.add(scene.other.memberships.get().organisation)
    pages = ["", "edit", "poster", "cancel", "publish", "scan", "list", "photos", "photos/remove"]
    assert {client.get(address(activity, page)).status_code for page in pages} == {404}
    assert {client.post(address(activity, page), {"key": "k"}).status_code for page in pages if page} == {404, 405}
    assert staff_client(scene.street).get(address(activity)).status_code == 200


def test_the_desk_has_a_tile_with_what_waits(scene: ActivityScene, desk: Client) -> None:
    assert desk.get("/desk/").status_code == 302  # one station, and nobody waits
    assert LIST in text(desk.get("/desk/", follow=True))
    activity = opened(scene)
    scene.enrolled(activity)
    services.attend_by_poster(activity, scene.rider, poster=posters.token_for(activity))
    scene.told(station=scene.station)
    seen = text(desk.get("/desk/"))
    assert ("待确认 1" in seen, "好事待审 1" in seen, "报名中 1" in seen) == (True, True, True)


# --- The list


def test_what_is_mine_under_its_word(scene: ActivityScene, desk: Client) -> None:
    made = {word: scene.in_state(state) for word, state in
            [("draft", S.DRAFT), ("", S.PUBLISHED), ("running", S.RUNNING), ("over", S.DONE)]}  # fmt: skip
    scene.enrolled(made[""])
    waits = opened(scene, title="等确认")
    scene.enrolled(waits, scene.friend)
    services.attend_by_poster(waits, scene.friend, poster=posters.token_for(waits))
    for word, activity in made.items():
        rows = [row.pk for row, _ in desk.get(LIST, {"show": word}).context["rows"]]
        assert rows == ([waits.pk, activity.pk] if word == "" else [activity.pk])
    assert [row.pk for row, _ in desk.get(LIST, {"show": "confirm"}).context["rows"]] == [waits.pk]
    tabs = {label: n for _, label, n, _ in desk.get(LIST).context["tabs"]}
    assert tabs == {"报名中": 2, "进行中": 1, "待确认": 1, "草稿": 1, "已结束": 1}
    assert "没有等着确认的到场" in text(staff_client(scene.other).get(LIST, {"show": "confirm"}))
    assert desk.get(LIST, {"show": "odd", "page": "x"}).status_code == 200


@pytest.mark.parametrize("page", [LIST, "one"])
def test_three_cost_what_one_costs(scene: ActivityScene, desk: Client, page: str) -> None:
    activity = opened(scene, capacity=9)

    def grown() -> int:
        scene.published(starts_at=clock.now() + 3 * A_DAY)
        scene.enrolled(activity, courier(scene.rider.outlet))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address(activity) if page == "one" else page).status_code == 200
        return len(queries)

    desk.get(LIST)
    one, _, three = grown(), grown(), grown()
    assert one == three


# --- Writing


def test_written_published_changed_and_called_off(scene: ActivityScene, desk: Client) -> None:
    form = text(desk.get(f"{LIST}new/"))
    assert ("快递行业党委" in form, "古田社区" in form, "存成草稿" in form) == (True, True, True)
    sent = written(scene, hosts=[scene.party.pk])
    answer = desk.post(f"{LIST}new/", sent)
    activity = Activity.objects.get()
    assert (answer["Location"], desk.post(f"{LIST}new/", sent)["Location"]) == (address(activity), address(activity))
    assert (activity.state, activity.points, list(activity.hosts.all())) == (S.DRAFT, 20, [scene.party])
    assert activity.minutes == 120
    desk.post(address(activity, "publish"), {"key": "p"})
    desk.post(address(activity, "publish"), {"key": "p"})
    assert fresh(activity).state == S.PUBLISHED
    scene.enrolled(activity)
    page = text(desk.get(address(activity, "edit")))
    assert "disabled" in page
    assert f'value="{scene.party.pk}" id="h{scene.party.pk}" checked' in page
    moved = {**sent, "key": "k2", "station": "", "place": "广场", "points": "99", "hosts": []}
    assert "改好了" in told(desk.post(address(activity, "edit"), moved))[0]
    assert (fresh(activity).place, fresh(activity).points, fresh(activity).station) == ("广场", 20, None)
    assert Notice.objects.get().kind == "activity_moved"
    assert "1</b> 人报名" in text(desk.get(address(activity, "cancel")))
    assert desk.post(address(activity, "cancel"), {"key": "c", "reason": " "}).status_code == 400
    answer = desk.post(address(activity, "cancel"), {"key": "c", "reason": "下大雨"})
    assert (answer.status_code, fresh(activity).state, fresh(activity).reason) == (302, S.CANCELLED, "下大雨")
    assert desk.get(address(activity, "edit"))["Location"] == address(activity)
    assert desk.get(address(activity, "cancel"))["Location"] == address(activity)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": ""}, "请填写名称"), ({"title": "好" * 41}, "不能超过 40 个字"),
        ({"starts_at": "x"}, "请填写日期和时间"),
        ({"starts_at": "0001-01-01T00:00"}, "小时，请分几次办"), ({"ends_at": "9999-12-31T23:59"}, "小时，请分几次办"),
        ({"starts_at": "2020-01-01T08:00", "ends_at": "2020-01-01T09:00"}, "从现在起一年以内"),
        ({"station": ""}, "写清楚在哪里"), ({"capacity": "0"}, "请填 1 到 2000"), ({"points": "x"}, "请填 0 到 500"),
        ({"kind": "party"}, "请选一个类别"), ({"hosts": ["x"]}, "请从名单里选"), ({"hosts": [2**70]}, "请从名单里选"),
        ({"organisation": "other"}, "请选您所在的单位"), ({"text": "好" * 1001}, "不能超过 1000 个字"),
        ({"key": ""}, "这一页已失效"), ({"station": "away"}, "请选您这里的蜂巢"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_it(
    scene: ActivityScene, desk: Client, changed: dict[str, Any], words: str
) -> None:
    names = {"other": scene.district.other_street, "away": station(scene.district.other_street, "QK-002")}
    odd = {name: names[value].pk if isinstance(value, str) and value in names else value
           for name, value in changed.items()}  # fmt: skip
    answer = desk.post(f"{LIST}new/", written(scene, **odd))
    assert (answer.status_code, words in text(answer)) == (400, True)
    assert not Activity.objects.exists()


def test_only_service_has_points(scene: ActivityScene, desk: Client) -> None:
    desk.post(f"{LIST}new/", written(scene, kind="study", points="20"))
    assert Activity.objects.get().points == 0


def test_who_helps_is_of_his_district(scene: ActivityScene, desk: Client) -> None:
    foreign = organisation(name="外区")
    organisation(scene.district.root, kind=Kind.CLINIC, name="体检中心")
    assert ("外区" in text(desk.get(f"{LIST}new/")), "体检中心" in text(desk.get(f"{LIST}new/"))) == (False, False)
    assert desk.post(f"{LIST}new/", written(scene, hosts=[foreign.pk])).status_code == 400
    kept = scene.draft(hosts=[foreign])  # by another door: to change the words loses nobody
    assert "外区" in text(desk.get(address(kept, "edit")))
    desk.post(address(kept, "edit"), written(scene, hosts=[foreign.pk, scene.party.pk]))
    assert set(kept.hosts.all()) == {foreign, scene.party}


# --- Moves


def test_moves_lead_back_with_what_is_so_now(scene: ActivityScene, desk: Client) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    assert "已开始" in told(desk.post(address(activity, "start"), {"key": "s"}))[0]
    running = scene.in_state(S.RUNNING, title="正在办")
    assert told(desk.post(address(running, "finish"), {"key": "f"})) == ["还没到开始时间，不能结束。"]
    Activity.objects.filter(pk=running.pk).update(starts_at=clock.now() - SOON)
    assert "已结束" in told(desk.post(address(running, "finish"), {"key": "f"}))[0]
    assert "不能这样处理" in told(desk.post(address(running, "finish"), {"key": "again"}))[0]
    assert told(desk.post(address(running, "finish"))) == ["这一页已失效，请重新打开。"]
    assert desk.post(address(running, "other"), {"key": "f"}).status_code == 404
    assert desk.get(address(running, "finish"))["Location"] == address(running)


# --- Who was there


def test_the_gun_says_who_it_was(scene: ActivityScene, desk: Client) -> None:
    activity = opened(scene)
    scene.enrolled(activity)
    page = text(desk.get(address(activity)))
    assert ("autofocus" in page, "何*" in page, "未签到 1" in page) == (True, True, True)
    sent = {"key": "s", "code": codes.show_code(scene.rider).token}
    answer = desk.post(address(activity, "scan"), sent)
    part = Enrolment.objects.get()
    assert answer["Location"] == f"{address(activity)}?scanned={part.pk}"
    seen = text(desk.get(answer["Location"]))
    assert ("何* 到了" in seen, "+20 分" in seen, 'data-outcome="done"' in seen) == (True, True, True)
    assert desk.post(address(activity, "scan"), sent)["Location"] == answer["Location"]  # Enter twice
    assert (part.came_by, standing(scene.rider).balance) == ("scanned", 20)
    for odd in ("x", "9" * 30, "-1", str(part.pk + 9)):
        assert "到了</h2>" not in text(desk.get(address(activity), {"scanned": odd}))


def test_a_code_that_opens_nothing_says_why_and_is_counted(scene: ActivityScene, desk: Client) -> None:
    activity = opened(scene)
    other = codes.show_code(scene.friend).digits
    cases = [("", "请扫码"), ("x" * 700, "不是快递小哥的动态码"), (other, "没有报名这个活动"), ("000000", "")]
    for n, (code, words) in enumerate(cases):
        answer = desk.post(address(activity, "scan"), {"key": f"s{n}", "code": code})
        assert (answer.status_code >= 400, 'class="banner refused"' in text(answer), words in text(answer)) == (
            True,
        ) * 3
    found = [desk.post(address(activity, "scan"), {"key": f"w{n}", "code": "nonsense"}).status_code for n in range(12)]
    assert found[-1] == 429


def test_many_at_once_or_none(scene: ActivityScene, desk: Client) -> None:
    activity = opened(scene, capacity=5)
    third = courier(scene.rider.outlet, name="张三骑")
    for rider in (scene.rider, scene.friend, third):
        scene.enrolled(activity, rider)
    services.attend_by_poster(activity, scene.rider, poster=posters.token_for(activity))
    page = text(desk.get(address(activity)))
    assert f'value="{scene.rider.pk}" id="c1" checked' in page  # who scanned the poster is ticked for him
    both = {"key": "t1", "courier": [scene.rider.pk, scene.friend.pk], "act": "confirm"}
    assert told(desk.post(address(activity, "list"), both)) == ["已确认 2 人到场，共 40 分已到账。"]
    assert desk.post(address(activity, "list"), both).status_code == 302
    assert (standing(scene.rider).balance, standing(scene.friend).balance) == (20, 20)
    missed = {"key": "t2", "courier": [third.pk], "act": "no-show"}
    assert "记为未到" in told(desk.post(address(activity, "list"), missed))[0]
    assert Enrolment.objects.get(courier=third).state == EnrolmentState.NO_SHOW
    refused = {"key": "t3", "courier": [third.pk, scene.rider.pk], "act": "no-show"}
    assert told(desk.post(address(activity, "list"), refused)) == ["到场已经确认过了。"]
    for odd in ({"key": "t4", "act": "confirm"}, {"key": "t5", "courier": "x", "act": "confirm"},
                {"key": "t6", "courier": third.pk, "act": "odd"}, {"courier": third.pk, "act": "confirm"},
                {"key": "t7", "courier": 2**70, "act": "confirm"}):  # fmt: skip
        assert len(told(desk.post(address(activity, "list"), odd))) == 1
    assert Enrolment.objects.get(courier=third).state == EnrolmentState.NO_SHOW


def test_his_own_attendance_is_his_colleagues(scene: ActivityScene) -> None:
    rider = courier(scene.rider.outlet, name="兼职小")
    Membership.objects.create(user=rider.user, organisation=scene.community, role=Role.COUNTER)
    own = staff_client(User.objects.get(pk=rider.user.pk))
    activity = opened(scene)
    scene.enrolled(activity, rider)
    seen = text(own.get(address(activity)))
    assert ("请同事确认" in seen, f'value="{rider.pk}" id="c1"' in seen) == (True, False)
    sent = {"key": "t", "courier": [rider.pk], "act": "confirm"}
    assert "不能确认自己" in told(own.post(address(activity, "list"), sent))[0]
    scanned = own.post(address(activity, "scan"), {"key": "s", "code": codes.show_code(rider).digits})
    assert "不能确认自己" in text(scanned)
    assert not Enrolment.objects.confirmed().exists()


# --- How it was


def test_pictures_are_added_and_taken_away(scene: ActivityScene, desk: Client) -> None:
    activity = scene.in_state(S.DONE)
    bad = SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")
    assert "加上了 2 张" in told(desk.post(address(activity, "photos"), {"photos": [shot(), shot("b.jpg")]}))[0]
    for sent in ({}, {"photos": [bad]}):
        assert desk.post(address(activity, "photos"), sent).status_code == 400
    first, second = photos.of(str(activity.pk), PHOTO)
    for _ in range(2):
        desk.post(address(activity, "photos/remove"), {"photo": first.pk})
    assert photos.of(str(activity.pk), PHOTO) == [second]
    for odd in ("x", "", 2**70, upload(scene.worker).pk):
        assert desk.post(address(activity, "photos/remove"), {"photo": odd}).status_code == 302
    assert photos.address(second, "thumb") in text(page_client().get(f"/activities/{activity.pk}/"))
    draft = scene.draft()
    assert desk.post(address(draft, "photos"), {"photos": [shot()]}).status_code == 400


def test_the_poster_is_the_activitys_own(scene: ActivityScene, desk: Client) -> None:
    activity = opened(scene)
    seen = text(desk.get(address(activity, "poster")))
    assert ("到了就扫一扫签到" in seen, "<svg" in seen, "清洁家园" in seen) == (True, True, True)
