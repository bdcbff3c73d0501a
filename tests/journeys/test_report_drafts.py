"""A report on a telephone is sent once whatever the network does, and is kept for its person alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from fengchao.core import photos
from fengchao.core.models import Photo
from reports.models import Report
from reports.services import filing
from tests.factories import courier, outlet
from tests.factories.reports import ReportScene
from tests.journeys.report_phone import KEPT, NEW, PICTURES, add, becomes, fill, send, sign_in, telephone

pytestmark = pytest.mark.journey


def test_without_a_network_it_waits_and_goes_out_once(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (context, page, _):
        page.goto(NEW)
        context.set_offline(True)
        add(page, picture_file)
        expect(page.get_by_text("等有网再传")).to_be_visible()
        fill(page)
        send(page)
        expect(page.get_by_text("1 件已存在手机上，有网时自动发出：暴露垃圾")).to_be_visible()
        becomes(page, PICTURES, 1)
        assert Report.objects.count() == 0
        expect(page.locator("[name=text]")).to_have_value("")  # free for the next one
        context.set_offline(False)
        expect(page.get_by_text("“暴露垃圾”已发出。")).to_be_visible(timeout=20000)
        page.reload()
        expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
        report = Report.objects.get()
        assert (report.text, len(photos.of(report.number, filing.PHOTO))) == ("路口一大堆", 1)
        becomes(page, KEPT, [])
        becomes(page, PICTURES, 0)


def test_an_answer_that_got_lost_makes_no_second_report(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    """The server has it, the telephone does not know: it sends again, and there is one."""
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        lost: list[str] = []

        def lose(route: Route) -> None:
            if route.request.method != "POST" or lost:
                return route.fallback()
            lost.append(route.fetch().text())
            return route.abort()

        page.route(f"**{NEW}", lose)
        page.goto(NEW)
        add(page, picture_file)
        fill(page)
        send(page)
        expect(page.get_by_text("“暴露垃圾”已发出。")).to_be_visible(timeout=20000)
        assert (len(lost), Report.objects.count()) == (1, 1)


def test_opened_without_a_network(scene: ReportScene, live_server: LiveServer, browser: Browser) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (context, page, _):
        page.goto("/")
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_function(
            "async () => (await caches.match('/offline/data/')) && (await caches.match('/reports/offline/'))"
        )
        page.reload()
        page.wait_for_function("() => navigator.serviceWorker.controller")
        context.set_offline(True)
        page.goto(NEW)
        expect(page.get_by_text("没有网络，照样可以报。")).to_be_visible()
        fill(page, "没网时写的")
        page.get_by_role("button", name="存到手机，有网时自动发出").click()
        expect(page.get_by_text(re.compile("1 件已存在手机上"))).to_be_visible()
        assert Report.objects.count() == 0
        context.set_offline(False)
        expect(page.get_by_text("“暴露垃圾”已发出。")).to_be_visible(timeout=20000)
        assert Report.objects.get().text == "没网时写的"


def test_it_goes_out_from_any_page(scene: ReportScene, live_server: LiveServer, browser: Browser) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (context, page, _):
        page.goto(NEW)
        context.set_offline(True)
        fill(page)
        send(page)
        expect(page.get_by_text(re.compile("1 件已存在手机上"))).to_be_visible()
        page.goto("about:blank")
        context.set_offline(False)
        page.goto("/points/")
        expect(page.get_by_text("存着的“暴露垃圾”已发出")).to_be_visible(timeout=20000)
        assert Report.objects.count() == 1


def test_a_draft_outlives_reload_and_sign_in(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (context, page, _):
        page.goto(NEW)
        add(page, picture_file)
        fill(page, "先写一半")
        page.reload()
        expect(page.locator("[name=text]")).to_have_value("先写一半")
        expect(page.get_by_label("一车")).to_be_checked()
        expect(page.locator(".photo-item")).to_have_count(1)
        context.clear_cookies()
        send(page)
        expect(page.get_by_text("登录过期了。内容已存在手机上，登录后接着发。")).to_be_visible()
        assert Report.objects.count() == 0
        sign_in(context, live_server.url, scene.rider.user)
        page.goto(NEW)
        expect(page.locator("[name=text]")).to_have_value("先写一半")
        send(page)
        page.wait_for_url(re.compile(r"/reports/P\w+/$"))
        assert len(photos.of(Report.objects.get().number, filing.PHOTO)) == 1


def test_a_draft_is_of_one_person_and_ends_with_the_sign_out(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    other = courier(outlet(scene.district.community))
    with telephone(browser, live_server.url, scene.rider.user) as (context, page, _):

        def begin(user: User) -> None:
            sign_in(context, live_server.url, user)
            page.goto(NEW)
            add(page, picture_file)
            fill(page, "我的话")
            page.wait_for_function(f"() => ({KEPT})().some((draft) => draft.photos[0]?.id > 0)")

        begin(scene.rider.user)
        sign_in(context, live_server.url, other.user)  # without a sign-out, as after a lost session
        page.goto("/points/")
        becomes(page, KEPT, [])
        page.goto(NEW)
        expect(page.locator("[name=text]")).to_have_value("")
        begin(scene.rider.user)
        page.goto("/me/")
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_text("已退出登录")).to_be_visible()
        becomes(page, KEPT, [])
        becomes(page, PICTURES, 0)
        assert Report.objects.count() == 0


def test_a_picture_that_does_not_get_through_holds_no_words_back(
    scene: ReportScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with telephone(browser, live_server.url, scene.rider.user) as (_, page, _):
        page.route("**/reports/photos/", lambda route: route.fulfill(status=413, body="<h1>too large</h1>"))
        page.goto(NEW)
        add(page, picture_file)
        expect(page.get_by_text("照片文件太大，请选 20 MB 以内的照片。")).to_be_visible()
        fill(page)
        send(page)
        expect(page.get_by_text("有 1 张照片没传上。要不带它们先发吗？")).to_be_visible()
        assert Report.objects.count() == 0
        page.get_by_role("button", name="不带照片，先发").click()
        page.wait_for_url(re.compile(r"/reports/P\w+/$"))
        report = Report.objects.get()
        mine = Photo.objects.filter(uploaded_by_id=scene.rider.pk)
        assert (report.text, photos.of(report.number, filing.PHOTO), list(mine)) == ("路口一大堆", [], [])
