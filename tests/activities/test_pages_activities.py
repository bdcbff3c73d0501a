"""A courier's pages of activities: what is on, his part in one, its poster; all without a script."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from activities import services
from activities.models import Activity, Enrolment
from activities.services import posters
from activities.states import PHOTO, ActivityState, EnrolmentState
from fengchao.core import clock, links, photos
from fengchao.core.models import Photo
from fengchao.core.templatetags.fengchao import soon
from tests.factories import courier, page_client, staff_client
from tests.factories.activities import A_DAY, ActivityScene, upload

S = ActivityState
SOON = timedelta(minutes=5)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    """What this answer says, without what no page has shown yet."""
    return [str(message) for message in get_messages(answer.wsgi_request)._queued_messages]  # type: ignore[attr-defined]


def address(activity: Activity, name: str = "") -> str:
    return f"/activities/{activity.pk}/{name}/" if name else f"/activities/{activity.pk}/"


@pytest.fixture
def phone(scene: ActivityScene) -> Client:
    return page_client(scene.rider.user)


# --- The list


def test_soonest_first_and_by_kind(scene: ActivityScene, phone: Client) -> None:
    now = clock.now()
    later, first = scene.published(starts_at=now + 2 * A_DAY), scene.published(title="早的")
    study = scene.published(title="交通课", kind="study", points=0, starts_at=now + 3 * A_DAY)
    scene.draft(title="还没发"), scene.in_state(S.CANCELLED), scene.in_state(S.DONE)
    rows = page_client().get("/activities/").context["rows"]
    assert [row.activity.pk for row in rows] == [first.pk, later.pk, study.pk]
    seen = text(phone.get("/activities/"))
    assert ("+20 分" in seen, "余 2" in seen, "明天" in seen, "还没发" in seen) == (True, True, True, False)
    assert [row.activity.pk for row in phone.get("/activities/?kind=study").context["rows"]] == [study.pk]
    assert "这一类现在没有活动" in text(phone.get("/activities/?kind=care"))
    assert len(phone.get("/activities/?kind=odd&page=x").context["rows"]) == 3


def test_my_schedule_stands_above_by_day_with_my_turn(scene: ActivityScene, phone: Client) -> None:
    now = clock.now()
    full, mine = scene.published(capacity=1, title="满了"), scene.published(starts_at=now + 2 * A_DAY, title="有位")
    scene.enrolled(full, scene.friend), scene.enrolled(full), scene.enrolled(mine)
    answer = phone.get("/activities/")
    schedule = answer.context["schedule"]
    assert [[part.activity.title for part in parts] for _, parts in schedule] == [["满了"], ["有位"]]
    assert ("我的日程" in text(answer), "候补第 1" in text(answer)) == (True, True)
    assert "我的日程" not in text(page_client().get("/activities/"))
    home = text(phone.get("/"))
    assert ("满了" in home, "候补中" in home, "/deeds/new/" in home, "/activities/" in home) == (True,) * 4
    services.leave(full, scene.rider)
    assert "有位" in text(phone.get("/"))


def test_what_was_shows_how_it_was(scene: ActivityScene, phone: Client) -> None:
    done = scene.in_state(S.DONE)
    services.show_photos(done, [upload(scene.worker).pk], by=scene.worker)
    answer = phone.get("/activities/?show=past")
    (row,) = answer.context["rows"]
    assert (row.activity.pk, photos.address(row.picture, "thumb") in text(answer)) == (done.pk, True)
    assert "现在没有活动" in text(phone.get("/activities/"))


def test_pages_of_many(scene: ActivityScene, phone: Client) -> None:
    now = clock.now()
    made = [scene.published(starts_at=now + A_DAY + timedelta(hours=3 * n)) for n in range(21)]
    first, second = phone.get("/activities/"), phone.get("/activities/?page=2")
    assert (len(first.context["rows"]), first.context["next_url"]) == (20, "/activities/?page=2")
    assert [row.activity.pk for row in second.context["rows"]] == [made[-1].pk]


@pytest.mark.parametrize("page", ["/activities/", "/activities/?show=past", "/"])
def test_three_cost_what_one_costs(scene: ActivityScene, phone: Client, page: str) -> None:
    def grown(n: int) -> int:
        activity = scene.published(capacity=1, starts_at=clock.now() + n * A_DAY)
        scene.enrolled(activity, courier(scene.district.street)), scene.enrolled(activity)
        services.show_photos(scene.in_state(S.DONE), [upload(scene.worker).pk], by=scene.worker)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert phone.get(page).status_code == 200
        return len(queries)

    phone.get(page)
    one, _, three = grown(1), grown(2), grown(3)
    assert one == three


# --- One of them


@pytest.mark.parametrize("state", S)
def test_who_reads_it_in_which_state(scene: ActivityScene, phone: Client, state: ActivityState) -> None:
    activity = scene.in_state(state)
    public = state in (S.PUBLISHED, S.RUNNING, S.DONE)
    assert page_client().get(address(activity)).status_code == (200 if public else 404)
    assert phone.get(address(activity)).status_code == (200 if public else 404)
    assert staff_client(scene.worker).get(address(activity)).status_code == 200


def test_enrolled_by_one_button_and_once(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published()
    assert "/enrol/" in text(phone.get(address(activity)))
    answer = phone.post(address(activity, "enrol"))
    assert (answer.status_code, answer["Location"]) == (302, address(activity))
    assert told(answer) == [f"报上了：明天 {activity.starts_at.astimezone(clock.SHANGHAI):%H:%M}，古田社区蜂巢。"]
    assert told(phone.post(address(activity, "enrol"))) == []
    assert Enrolment.objects.get().state == EnrolmentState.ENROLLED
    seen = text(phone.get(address(activity)))
    assert ("加入日历" in seen, "确定退出" in seen, "报上了" in seen) == (True, True, True)
    assert told(phone.post(address(activity, "leave"))) == ["已退出，名额让给别人了。改主意了可以再报。"]
    assert Enrolment.objects.get().state == EnrolmentState.LEFT


def test_a_full_one_is_waited_for_with_the_turn(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published(capacity=1)
    scene.enrolled(activity, scene.friend)
    assert "名额满了，可以候补" in text(phone.get(address(activity)))
    assert "候补第 1 位" in told(phone.post(address(activity, "enrol")))[0]
    assert '排第 <b class="num">1</b> 位' in text(phone.get(address(activity)))
    services.leave(activity, scene.friend)
    assert Enrolment.objects.get(courier=scene.rider).state == EnrolmentState.ENROLLED


def test_why_he_cannot_enrol_is_said(scene: ActivityScene, phone: Client) -> None:
    first, beside = scene.published(), scene.published(title="同时的")
    scene.enrolled(first)
    assert "这个时间你已经报了" in told(phone.post(address(beside, "enrol")))[0]
    running = scene.in_state(S.RUNNING, starts_at=clock.now() + 2 * A_DAY)
    Activity.objects.filter(pk=running.pk).update(starts_at=clock.now() - SOON)
    assert "活动已经开始" in told(phone.post(address(running, "enrol")))[0]
    assert told(phone.post(address(beside, "leave"))) == []
    assert phone.post(address(first, "other")).status_code == 404
    assert phone.get(address(first, "enrol"))["Location"] == address(first)
    assert phone.delete(address(first)).status_code == 405


def test_who_is_not_signed_in_is_led_there_and_back(scene: ActivityScene) -> None:
    activity = scene.published()
    seen = text(page_client().get(address(activity)))
    assert (f"/sign-in/?next=%2Factivities%2F{activity.pk}%2F" in seen, "登录后报名" in seen) == (True, True)
    assert page_client().post(address(activity, "enrol"))["Location"].startswith("/sign-in/?next=")


def test_called_off_he_reads_why(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    services.cancel(activity, reason="下大雨", by=scene.worker)
    seen = text(phone.get(address(activity)))
    assert ("活动取消了" in seen, "下大雨" in seen, "/enrol/" in seen) == (True, True, False)
    assert phone.get(f"{address(activity)}calendar.ics").status_code == 404
    assert page_client(scene.friend.user).get(address(activity)).status_code == 404


def test_the_calendar_file_moves_with_the_activity(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published()
    assert phone.get(f"{address(activity)}calendar.ics").status_code == 404
    scene.enrolled(activity)
    services.change(activity, scene.plan(starts_at=activity.starts_at + timedelta(hours=1)), by=scene.worker)
    (event,) = Calendar.from_ical(phone.get(f"{address(activity)}calendar.ics").content).events
    assert event["uid"] == f"activity-{activity.pk}@fengchao"
    assert (event["sequence"], event.start) == (1, (activity.starts_at + timedelta(hours=1)).replace(microsecond=0))


def test_points_lead_to_the_activity(scene: ActivityScene) -> None:
    activity = scene.published(starts_at=clock.now() + SOON)
    part = scene.enrolled(activity)
    services.confirm(activity, [scene.rider.pk], by=scene.worker)
    sources = [("enrolment", str(part.pk)), ("enrolment", "journey-1"), ("deed", "9" * 30)]
    assert links.of(sources, scene.rider.user) == {sources[0]: address(activity)}
    assert links.of(sources, scene.friend.user) == {}
    seen = text(page_client(scene.rider.user).get("/points/"))
    assert address(activity) in seen


# --- The poster


def here(activity: Activity, *, of: Activity | None = None) -> str:
    return f"/activities/{activity.pk}/here/?k={posters.token_for(of or activity)}"


def test_the_poster_has_one_button_and_notes_once(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published(starts_at=clock.now() + SOON)
    scene.enrolled(activity)
    assert posters.address_of(activity).startswith(f"/activities/{activity.pk}/here/?k=")
    assert "我到了" in text(phone.get(here(activity)))
    assert Enrolment.objects.get().state == EnrolmentState.ENROLLED  # looking is not coming
    for _ in range(2):
        assert phone.post(here(activity)).status_code == 302
    seen = text(phone.get(here(activity)))
    assert ("已经记下" in seen, "等主办方确认" in seen, "我到了</button>" in seen) == (True, True, False)
    assert (Enrolment.objects.get().came_by, Enrolment.objects.get().is_confirmed) == ("poster", False)
    services.confirm(activity, [scene.rider.pk], by=scene.worker)
    assert "+20 分" in text(phone.get(here(activity)))
    assert "到场已确认" in text(phone.get(address(activity)))


def test_the_poster_says_why_not(scene: ActivityScene, phone: Client) -> None:
    now = clock.now()
    early, open_one = scene.published(), scene.published(starts_at=now + SOON, title="马上开始", capacity=1)
    scene.enrolled(early)
    cases = [
        (here(early), "起才能签到"), (here(early, of=open_one), "请扫现场的海报"),
        (f"/activities/{early.pk}/here/", "请扫现场的海报"),
        (f"/activities/{early.pk}/here/?k=%C3%A9x", "请扫现场的海报"),
        (here(open_one), "没有报名这个活动"),
    ]  # fmt: skip
    for page, words in cases:
        for answer in (phone.get(page), phone.post(page)):
            assert (answer.status_code, words in text(answer)) == (409, True), page
    assert "去报名" in text(phone.get(here(open_one)))
    scene.enrolled(open_one, scene.friend), scene.enrolled(open_one)
    assert "你还在候补" in text(phone.get(here(open_one)))
    Activity.objects.filter(pk=early.pk).update(starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))
    assert "签到时间已经过了" in text(phone.get(here(early)))
    draft = scene.draft()
    assert phone.get(here(draft)).status_code == 404
    assert page_client().get(here(early))["Location"].startswith("/sign-in/?next=%2Factivities%2F")


# --- Its pictures


def test_pictures_are_seen_by_whom_they_are_for(scene: ActivityScene) -> None:
    done = scene.in_state(S.DONE)
    services.show_photos(done, [upload(scene.worker).pk], by=scene.worker)
    picture = Photo.objects.get(kind=PHOTO)
    assert page_client().get(photos.address(picture, "thumb")).status_code == 200
    photos.use(picture, PHOTO, str(scene.draft().pk))
    people = [(page_client(), 404), (page_client(scene.rider.user), 404), (staff_client(scene.other), 404),
              (staff_client(scene.worker), 200), (staff_client(scene.auditor), 200)]  # fmt: skip
    assert [client.get(photos.address(picture, "thumb")).status_code for client, _ in people] == [n for _, n in people]


# --- In words


def test_when_it_begins_as_people_say_it() -> None:
    noon = clock.now().astimezone(clock.SHANGHAI).replace(hour=12, minute=0)
    days = [soon(noon + n * A_DAY) for n in (0, 1, 6, 7)]
    weekday = "一二三四五六日"[(noon + 6 * A_DAY).weekday()]
    assert days[:3] == ["今天 12:00", "明天 12:00", f"周{weekday} 12:00"]
    assert days[3].endswith(f"周{'一二三四五六日'[noon.weekday()]} 12:00") and "月" in days[3]
    assert "月" in soon(noon - A_DAY)


def test_who_has_left_sees_it_as_others_do(scene: ActivityScene, phone: Client) -> None:
    activity = scene.published()
    scene.enrolled(activity)
    services.leave(activity, scene.rider)
    seen = text(phone.get(address(activity)))
    assert ("已退出" in seen, "余 2" in seen, "/enrol/" in seen) == (False, True, True)
