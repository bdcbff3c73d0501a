"""From a task to its points, with two people: the community publishes it, the courier enrols, comes, and has a
certificate. Once through the browser, once without a script."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services.codes import show_code
from activities import services
from activities.models import Activity, Enrolment
from activities.services import posters
from activities.states import ActivityState
from fengchao.core import clock
from points.services import standing
from tests.factories import page_client, staff_client
from tests.factories.activities import ActivityScene, activity_scene
from tests.journeys.report_phone import telephone
from tests.journeys.test_axe import grave_faults
from tests.journeys.test_main_job_by_browser import open_page
from tests.journeys.test_reports_desk import enter

pytestmark = pytest.mark.journey
TITLE = "楼道清扫"


@pytest.fixture
def scene(transactional_db: None, settings: Any, tmp_path: Path) -> ActivityScene:
    settings.MEDIA_ROOT = tmp_path
    return activity_scene()


def moment(**ahead: int) -> str:
    return f"{clock.now().astimezone(clock.SHANGHAI) + timedelta(**ahead):%Y-%m-%dT%H:%M}"


def published(desk: Page) -> list[str]:
    """Written and published at the desk, to begin in ten minutes; what axe finds on the way."""
    desk.goto("/desk/activities/new/")
    desk.fill("#id_title", TITLE)
    desk.fill("#id_starts_at", moment(minutes=10))
    desk.fill("#id_ends_at", moment(minutes=130))
    desk.fill("#id_place", "古田一路 8 号楼")
    desk.fill("#id_points", "20")
    desk.locator("summary", has_text="党组织").click()
    desk.get_by_label("快递行业党委").check()
    found = grave_faults(desk)
    desk.get_by_role("button", name="存成草稿").click()
    desk.get_by_role("button", name="发布").click()
    expect(desk.get_by_text("已发布，快递小哥可以报名了。")).to_be_visible()
    return found + grave_faults(desk)


def enrolled(courier: Page) -> list[str]:
    courier.goto("/")
    courier.get_by_role("link", name="全部活动").click()
    expect(courier).to_have_url(re.compile(r"/activities/$"))
    found = grave_faults(courier)
    courier.get_by_role("link", name=TITLE).click()
    expect(courier.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    found += grave_faults(courier)
    courier.get_by_role("button", name="报名").dblclick()
    expect(courier.get_by_text("报上了：")).to_be_visible()
    return found + grave_faults(courier)


def test_published_enrolled_scanned_and_certified(
    scene: ActivityScene, live_server: LiveServer, browser: Browser
) -> None:
    with (
        telephone(browser, live_server.url, scene.rider.user, here=False) as (_, courier, _),
        open_page(browser, live_server.url, width=1280, height=800) as desk,
    ):
        enter(desk, scene.worker, live_server.url)
        faults = published(desk) + enrolled(courier)
        activity = Activity.objects.get()
        desk.goto(f"/desk/activities/{activity.pk}/")
        expect(desk.get_by_label("扫小哥的码签到")).to_be_focused()
        desk.keyboard.type(show_code(scene.rider).digits)
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("heading", name="何* 到了")).to_be_visible()
        expect(desk.get_by_label("扫小哥的码签到")).to_be_focused()
        faults += grave_faults(desk)
        desk.goto(f"/desk/activities/{activity.pk}/poster/")
        faults += grave_faults(desk)
        courier.goto(posters.address_of(activity))
        expect(courier.get_by_text("你到了，已经记下")).to_be_visible()
        for page in ("/deeds/new/", "/deeds/", "/me/", "/activities/?show=past"):
            courier.goto(page)
            faults += grave_faults(courier)
        courier.goto("/points/")
        courier.locator(f'a[href="/activities/{activity.pk}/"]').first.click()
        expect(courier.get_by_text("已到账")).to_be_visible()
        courier.goto("/me/service/")
        faults += grave_faults(courier)
        courier.get_by_role("link", name="看证明").click()
        expect(courier.get_by_text("2 小时").first).to_be_visible()
        faults += grave_faults(courier)
        courier.goto(courier.locator(".paper footer .num").last.inner_text())
        expect(courier.get_by_role("heading", name="这张证明是真的")).to_be_visible()
        faults += grave_faults(courier)
    assert (standing(scene.rider).balance, faults) == (20, [])


def test_without_a_script(scene: ActivityScene) -> None:
    """The same, by nothing but forms and links."""
    desk, courier = staff_client(scene.worker), page_client(scene.rider.user)
    form = desk.get("/desk/activities/new/").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    sent = {
        "key": key[1], "organisation": scene.community.pk, "kind": "deed", "title": TITLE, "place": "古田一路 8 号楼",
        "starts_at": moment(minutes=10), "ends_at": moment(minutes=130), "capacity": "5", "points": "20",
    }  # fmt: skip
    page = desk.post("/desk/activities/new/", sent, follow=True).redirect_chain[0][0]
    desk.post(f"{page}publish/", {"key": "p"})
    activity = Activity.objects.get()
    courier.post(f"/activities/{activity.pk}/enrol/")
    courier.post(posters.address_of(activity))
    assert not Enrolment.objects.get().is_confirmed
    answer = desk.post(f"{page}list/", {"key": "t", "courier": scene.rider.pk, "act": "confirm"}, follow=True)
    assert "已确认 1 人到场，共 20 分已到账。" in answer.content.decode()
    assert standing(scene.rider).balance == 20
    services.start(activity, by=scene.worker)
    services.finish(activity, by=scene.worker, at=activity.ends_at)
    assert Activity.objects.get().state == ActivityState.DONE
    year = clock.shanghai_day(clock.now()).year
    paper = courier.get(f"/me/service/{year}/")
    assert page_client().get(paper.context["link"]).status_code == 200
