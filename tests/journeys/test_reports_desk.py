"""The unit's desk and the staff's pictures in Chromium: no grave fault, by keyboard alone, boxes by the pointer."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from fengchao.core.models import Photo
from reports import services
from reports.models import Report, TextTemplate
from reports.states import ReportState
from tests.factories import staff_client
from tests.factories.reports import HERE, ReportScene, picture, report_scene
from tests.journeys.test_axe import grave_faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
S = ReportState


@pytest.fixture
def scene(settings: Any, tmp_path: Any, transactional_db: None) -> ReportScene:
    settings.MEDIA_ROOT = tmp_path
    return report_scene()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def enter(page: Page, person: User, base: str) -> None:
    session = staff_client(person).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])


def dispatched(scene: ReportScene) -> Report:
    taken = picture(scene.rider.user)
    report = services.file(
        scene.rider, scene.litter, text="井盖松了", place="解放大道口", position=HERE, photo_ids=[taken.pk]
    )[0]
    return services.assign(services.accept(report, by=scene.street), organisation=scene.city_unit, by=scene.street)


def jpeg() -> dict[str, Any]:
    file = BytesIO()
    Image.new("RGB", (640, 480), "green").save(file, "JPEG")
    return {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def test_a_unit_works_by_keyboard_and_no_page_has_a_grave_fault(
    scene: ReportScene, live_server: LiveServer, page: Page, complaints: list[str]
) -> None:
    report = dispatched(scene)
    TextTemplate.objects.create(move="resolve", title="已修", text="已更换井盖并压实。")
    enter(page, scene.unit, live_server.url)
    page.set_viewport_size({"width": 360, "height": 780})
    faults = []
    for address in (
        "/desk/",
        "/desk/reports/",
        f"/desk/reports/{report.number}/",
        f"/desk/reports/{report.number}/ask/",
    ):
        page.goto(live_server.url + address)
        faults += grave_faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.goto(f"{live_server.url}/desk/reports/{report.number}/")
    page.get_by_role("button", name="开始办理").press("Enter")
    page.get_by_role("link", name="办结").press("Enter")
    page.locator("#id_photos").set_input_files([jpeg()])
    expect(page.get_by_label("用这张")).to_be_checked()
    faults += grave_faults(page)
    page.get_by_label("常用答复").select_option(label="已修")
    expect(page.locator("#id_text")).to_have_value("已更换井盖并压实。")
    page.locator("#id_text").press("Control+Enter")
    expect(page.get_by_text("已办结，上报人会收到通知。")).to_be_visible()
    faults += grave_faults(page)
    report.refresh_from_db()
    assert (report.state, faults, complaints) == (S.RESOLVED, [], [])


def test_the_pointer_draws_boxes_and_the_picture_is_replaced(
    scene: ReportScene, live_server: LiveServer, page: Page, complaints: list[str]
) -> None:
    report = dispatched(scene)
    photo = Photo.objects.get(subject_key=report.number)
    enter(page, scene.street, live_server.url)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{live_server.url}/admin/reports/report/{report.pk}/change/")
    page.get_by_role("link", name="打码").click()
    expect(page.locator("#blur-frame")).to_be_visible()
    page.wait_for_load_state()  # the picture gives the frame its size, and the script draws
    frame = page.locator("#blur-frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] * 0.25, frame["y"] + frame["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.75, frame["y"] + frame["height"] * 0.5, steps=3)
    page.mouse.up()
    drawn = [float(page.get_by_label(f"第 1 个框 {side}").input_value()) for side in "左上宽高"]
    assert drawn == pytest.approx([25, 25, 50, 25], abs=1)
    page.get_by_role("button", name="打码并保存").click()
    expect(page.get_by_text("已打码 1 处")).to_be_visible()
    after = Photo.objects.get(pk=photo.pk)
    assert (after.digest != photo.digest, after.replaced_at is not None, complaints) == (True, True, [])


def test_the_map_has_a_pin_for_each_open_report(
    scene: ReportScene, live_server: LiveServer, page: Page, complaints: list[str]
) -> None:
    report = dispatched(scene)
    enter(page, scene.street, live_server.url)
    page.goto(f"{live_server.url}/admin/reports/report/open_map/")
    page.locator(".report-pin").click()
    popup = page.locator(".leaflet-popup-content")
    expect(popup).to_contain_text("已派单")
    popup.get_by_role("link", name=report.number).click()
    expect(page.get_by_text("解放大道口")).to_be_visible()
    assert complaints == []
