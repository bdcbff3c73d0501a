"""随手拍 on a telephone: what is asked, shown and sent, and whole without script."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from fengchao.core import photos
from fengchao.core.models import Photo
from reports.models import Question, Report
from reports.services import filing
from reports.states import QuestionKind, ReportState
from tests.factories.reports import HERE, ReportScene
from tests.journeys.report_phone import KEPT, NEW, add, becomes, choose_litter, fill, narrow, send, telephone
from tests.journeys.test_axe import grave_faults

pytestmark = pytest.mark.journey


def test_from_the_photo_to_my_list(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.goto("/")
        page.locator(".tabs").get_by_role("link", name="随手拍").click()
        expect(page.get_by_text("先停稳车，站到安全的地方再拍。")).to_be_visible()
        add(page, picture_file)
        expect(page.locator(".photo-item")).to_have_count(1)
        choose_litter(page)
        expect(page.get_by_role("alert").get_by_text("着火请先拨打 119")).to_be_visible()
        expect(page.get_by_role("link", name="打 119")).to_have_attribute("href", "tel:119")
        expect(page.locator("#located")).to_contain_text("已定位，精度约 18 米")
        expect(page.locator("[name=place]")).to_have_value("古田蜂巢旁")  # in words, where no map shows the pin
        assert narrow(page)
        page.get_by_role("button", name="提交", exact=True).dblclick()
        page.wait_for_url(re.compile(r"/reports/P\w+/$"))
        expect(page.get_by_text(re.compile(r"已提交，预计 \d+ 月 \d+ 日前\s*处理"))).to_be_visible()
        report = Report.objects.get()
        assert (report.category, report.place, report.accuracy_m, report.answers) == (
            scene.litter, "古田蜂巢旁", 18, {"size": "一车"},
        )  # fmt: skip
        assert (round(report.lat or 0, 4), round(report.lng or 0, 4)) == (HERE.lat, HERE.lng)
        (photo,) = photos.of(report.number, filing.PHOTO)
        assert (photo.width, Photo.objects.count()) == (1600, 1)
        becomes(page, KEPT, [])
        page.locator("[data-enlarge]").first.click()
        expect(page.locator("dialog.picture img")).to_be_visible()
        page.locator("dialog.picture").get_by_role("button", name="关闭").click()
        page.goto("/reports/")
        expect(page.get_by_role("link", name=re.compile("暴露垃圾"))).to_contain_text("待受理")
        page.goto("/")
        expect(page.get_by_role("link", name=re.compile("暴露垃圾"))).to_contain_text("待受理")
        expect(page.get_by_role("link", name="出示码")).to_be_visible()


def test_a_hostile_file_gets_a_sentence(
    scene: ReportScene, live_server: LiveServer, browser: Browser, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff" + b"x" * 900)
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.goto(NEW)
        fill(page, "还在")
        add(page, bad)
        expect(page.locator(".photo-item.bad")).to_contain_text("照片已损坏，请换一张。")
        expect(page.locator("[name=text]")).to_have_value("还在")
        page.get_by_role("button", name="去掉第 1 张照片").click()
        expect(page.locator(".photo-item")).to_have_count(0)


def test_a_picture_may_be_sent_again(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.route("**/reports/photos/", lambda route: route.abort(), times=1)
        page.goto(NEW)
        add(page, picture_file)
        page.get_by_role("button", name="重传").click()
        expect(page.get_by_role("button", name="重传")).to_have_count(0)
        page.wait_for_function(f"() => ({KEPT})()[0]?.photos[0]?.id > 0")


def test_the_position_is_asked_for_by_a_tap(scene: ReportScene, live_server: LiveServer, browser: Browser) -> None:
    with telephone(browser, live_server.url, scene.rider.user, here=False) as (_, page, _):
        page.add_init_script(
            "window.asked = 0;"
            "navigator.geolocation.getCurrentPosition = (yes, no) => { window.asked++; no({ code: 1 }); };"
        )
        page.goto(NEW)
        choose_litter(page)
        page.wait_for_timeout(500)
        assert page.evaluate("window.asked") == 0
        page.get_by_role("button", name="用手机定位").click()
        expect(page.get_by_text("没有定位权限。请选附近的蜂巢，写清楚地点。")).to_be_visible()
        assert page.evaluate("window.asked") == 1
        page.fill("[name=text]", "没有定位")
        send(page)
        expect(page.get_by_text("请写清楚在什么地方，如“解放大道 32 号门口”。")).to_be_visible()
        page.select_option("[name=station]", scene.station.code)
        page.fill("[name=place]", "后门")
        send(page)
        page.wait_for_url(re.compile(r"/reports/P\w+/$"))
        assert (Report.objects.get().lat, Report.objects.get().area) == (None, scene.district.street)


def test_a_pin_where_there_are_tiles(
    scene: ReportScene, live_server: LiveServer, browser: Browser, settings: Settings
) -> None:
    settings.MAP_TILES = ("/static/img/icon-192.png?{z}{x}{y}",)
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        page.goto(NEW)
        choose_litter(page)
        expect(page.locator("#located")).to_contain_text("已定位")
        assert not any("leaflet" in url for url in loaded)
        page.get_by_role("button", name="不准？在地图上移动图钉").click()
        page.wait_for_selector("#map .pin")
        before = page.locator("[name=lat]").input_value()
        page.locator("#map").click(position={"x": 60, "y": 60})
        expect(page.locator("#located")).to_contain_text("已按图钉的位置")
        assert page.locator("[name=lat]").input_value() != before
        page.fill("[name=place]", "")
        page.fill("[name=text]", "图钉")
        send(page)
        page.wait_for_url(re.compile(r"/reports/P\w+/$"))
        report = Report.objects.get()
        assert (report.place, report.accuracy_m, f"{report.lat:.6f}" != before) == ("", 18, True)


def test_what_is_like_it_stops_before_the_send(scene: ReportScene, live_server: LiveServer, browser: Browser) -> None:
    Question.objects.all().delete()
    scene.filed()
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        for go_on in (False, True):
            page.goto(NEW)
            page.locator("summary", has_text="积存垃圾").click()
            page.get_by_role("link", name="暴露垃圾").click()
            page.fill("[name=text]", "又一件")
            expect(page.get_by_text("附近 100 米内已有人报过")).to_be_visible()
            expect(page.get_by_role("button", name="提交", exact=True)).to_be_hidden()
            if go_on:
                page.get_by_role("button", name="还是要报").click()
                page.wait_for_url(re.compile(r"/reports/P\w+/$"))
            else:
                page.get_by_role("link", name="不报了").click()
                page.wait_for_url("**/")
                becomes(page, KEPT, [])
                assert Report.objects.count() == 1
    assert Report.objects.count() == 2


def test_answering_with_a_picture(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    Question.objects.all().delete()
    report = scene.in_state(ReportState.WAITING_FOR_REPORTER)
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.goto("/")
        page.get_by_role("link", name=re.compile("暴露垃圾等你补充一句")).click()
        page.get_by_label("你的回答").fill("东门")
        add(page, picture_file)
        page.get_by_role("button", name="提交补充").dblclick()
        expect(page.get_by_text("收到了，谢谢。接着办理。")).to_be_visible(timeout=15000)
    report.refresh_from_db()
    assert (report.state, len(photos.of(report.number, filing.ANSWER_PHOTO))) == (ReportState.ASSIGNED, 1)


def test_without_script(scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path) -> None:
    with telephone(browser, live_server.url, scene.rider.user, java_script_enabled=False) as (_, page, _):
        page.goto("/")
        page.locator(".tabs").get_by_role("link", name="随手拍").click()
        expect(page.get_by_role("button", name="提交", exact=True)).to_be_hidden()
        page.locator("summary", has_text="积存垃圾").click()
        page.get_by_role("link", name="暴露垃圾").click()
        page.set_input_files("#id_photos", str(picture_file))
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_text("请写清楚在什么地方，如“解放大道 32 号门口”。")).to_be_visible()
        expect(page.locator(".photo-item")).to_have_count(1)  # it came through and stays
        page.fill("[name=place]", "解放大道口")
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_text("请回答：多大一堆")).to_be_visible()
        page.get_by_label("一袋").check(force=True)
        assert narrow(page)
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_text(re.compile("已提交，预计"))).to_be_visible()
        report = Report.objects.get()
        assert len(photos.of(report.number, filing.PHOTO)) == 1
        for move in ("accept", "assign", "start", "resolve"):
            report = scene.make(report, move)
        page.reload()
        page.get_by_label("4 星").check(force=True)
        page.get_by_role("button", name="提交评价").click()
        expect(page.get_by_text("谢谢你的评价。")).to_be_visible()
        page.locator("summary", has_text="没解决").click()
        page.get_by_label("哪里没解决").fill("又堆起来了")
        page.get_by_role("button", name="要求重办").click()
        expect(page.get_by_text("已要求重办，办理单位会再处理一次。")).to_be_visible()


def test_no_grave_fault(scene: ReportScene, live_server: LiveServer, browser: Browser) -> None:
    Question.objects.create(
        category=scene.litter, code="kinds", label="有什么", kind=QuestionKind.MULTI, choices=["塑料", "玻璃"]
    )
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.goto(NEW)
        found = grave_faults(page)
        file = BytesIO()
        Image.new("RGB", (80, 60), "green").save(file, "JPEG")
        page.locator("[data-take]").nth(1).set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
        )
        choose_litter(page)
        page.locator("#when summary").click()
        found += grave_faults(page)
        page.goto("/reports/offline/")
        found += grave_faults(page)
        Question.objects.all().delete()
        for state in ReportState:
            page.goto(scene.in_state(state).get_absolute_url())
            found += grave_faults(page)
        for address in ("/reports/", "/"):
            page.goto(address)
            found += grave_faults(page)
        page.goto(f"{NEW}?category={scene.litter.code}")
        expect(page.get_by_text("附近 100 米内已有人报过")).to_be_visible()
        found += grave_faults(page)
    assert found == []
