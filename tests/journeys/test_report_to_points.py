"""From a photo to points, with three people: the courier tells, the street decides, the unit mends."""

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from points.services import standing
from reports.models import Report
from reports.states import ReportState
from tests.factories import staff_client
from tests.factories.reports import ReportScene
from tests.journeys.report_phone import NEW, add, fill, send, telephone
from tests.journeys.test_main_job_by_browser import open_page

pytestmark = pytest.mark.journey


def at_the_desk(page: Page, person: User, base: str) -> None:
    session = staff_client(person).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])


def told(courier: Page, picture: Path) -> Report:
    courier.goto(NEW)
    add(courier, picture)
    expect(courier.locator(".photo-item")).to_have_count(1)
    fill(courier, "井盖旁一大堆垃圾")
    send(courier)
    courier.wait_for_url("**/reports/P*/")
    return Report.objects.get()


def handed_to_the_unit(street: Page, report: Report) -> None:
    street.goto("/admin/reports/report/?heap=mine")
    street.get_by_role("link", name=report.number).click()
    street.get_by_role("button", name="受理", exact=True).click()
    street.get_by_role("button", name="受理", exact=True).click()
    expect(street.get_by_text("已受理 1 件")).to_be_visible()
    street.get_by_role("button", name="派单", exact=True).click()
    street.select_option("[name=organisation]", label="区城管局")
    street.get_by_role("button", name="派单", exact=True).click()
    expect(street.get_by_text("已派单 1 件")).to_be_visible()


def asked_and_answered(unit: Page, courier: Page, report: Report) -> None:
    unit.goto("/desk/reports/")
    unit.get_by_role("link", name=report.number).click()
    expect(unit.get_by_text("井盖旁一大堆垃圾")).to_be_visible()
    unit.get_by_role("button", name="开始办理").click()
    unit.get_by_role("link", name="请上报人补充").click()
    unit.fill("[name=text]", "在井盖哪一边？")
    unit.locator("form button[type=submit]").last.click()
    expect(unit.get_by_text("待补充").first).to_be_visible()
    courier.goto("/notices/")
    courier.get_by_text("需要你补充").click()
    expect(courier.get_by_text("在井盖哪一边？").first).to_be_visible()
    courier.fill("[name=text]", "靠马路一边")
    courier.get_by_role("button", name="提交补充").click()
    expect(courier.get_by_text("办理中").first).to_be_visible()


def mended(unit: Page, report: Report, picture: Path) -> None:
    unit.goto(f"/desk/reports/{report.number}/")
    expect(unit.get_by_text("靠马路一边")).to_be_visible()
    unit.goto(f"/desk/reports/{report.number}/resolve/")
    unit.locator("#id_photos").set_input_files(str(picture))
    expect(unit.get_by_label("用这张")).to_be_checked()
    unit.fill("#id_text", "已清运")
    unit.locator("#id_text").press("Control+Enter")
    expect(unit.get_by_text("已办结，上报人会收到通知。")).to_be_visible()


def rated_and_earned(courier: Page, report: Report) -> None:
    courier.goto(f"/reports/{report.number}/")
    expect(courier.get_by_text("已清运").first).to_be_visible()
    courier.get_by_label("5 星").check()
    courier.get_by_role("button", name="提交评价").click()
    expect(courier.get_by_text("谢谢你的评价。")).to_be_visible()
    courier.goto("/points/")
    earned = courier.locator("li.entry", has_text="随手拍")
    expect(earned).to_have_count(2)
    expect(earned.first).to_contain_text("+60")
    earned.first.get_by_role("link").click()
    courier.wait_for_url(f"**/reports/{report.number}/")


def test_a_photo_becomes_a_mended_thing_and_points(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with (
        telephone(browser, live_server.url, scene.rider.user) as (_, courier, _),
        open_page(browser, live_server.url, width=1280, height=800) as street,
        open_page(browser, live_server.url, width=1280, height=800) as unit,
    ):
        report = told(courier, picture_file)
        at_the_desk(street, scene.street, live_server.url)
        handed_to_the_unit(street, report)
        at_the_desk(unit, scene.unit, live_server.url)
        asked_and_answered(unit, courier, report)
        assert scene.rider.user.name not in unit.content()
        mended(unit, report, picture_file)
        rated_and_earned(courier, report)
    report.refresh_from_db()
    assert (report.state, report.feedback.stars, standing(scene.rider).balance) == (ReportState.RESOLVED, 5, 70)
    call_command("verify", stdout=io.StringIO())
