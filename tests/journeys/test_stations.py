"""Stations as people use them: found, described, corrected, visited, closed; with script, without, and offline."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from points.models import EarningRule, Entry
from points.services import standing
from stations.models import Facility, Station, Visit
from stations.services import posters
from tests.factories import signed_in
from tests.gifts.shop import Shop, open_shop
from tests.journeys.test_offline import as_courier, kept_by, telephone

pytestmark = pytest.mark.journey
NAME, INITIALS, OTHER = "汉正街蜂巢", "hzj", "六角亭蜂巢"
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
# Where the form is the same, and the tests of its page send it without a browser.
SCRIPT_FIRST = pytest.mark.parametrize(
    "script", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["script", "no script"]
)


@pytest.fixture
def place(transactional_db: None) -> Shop:
    """Two stations of two streets, open whatever the hour is, so that closing one for today is always news."""
    place = open_shop()
    water = Facility.objects.create(code="water", name="饮水机", icon="cup-soda")
    for station in (place.station, place.other):
        station.opening_hours = "24/7"
        station.save()
        station.facilities.add(water)
    EarningRule.objects.create(event="check_in", title="到站签到", programme="checkins", points=5, day_cap=10)
    return place


def here(station: Station, *, metres_off: int = 0) -> dict[str, Any]:
    """A telephone that tells its position, so many metres north of the station."""
    place = {"latitude": station.lat + metres_off / 111_000, "longitude": station.lng}
    return {"geolocation": place, "permissions": ["geolocation"]}


def staff_page(browser: Browser, base: str, worker: User) -> Page:
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 800}, locale="zh-CN")
    session = signed_in(Client(), worker, staff=True).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
    return context.new_page()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def card(page: Page, name: str = NAME) -> Any:
    return page.locator("article.card", has=page.get_by_role("heading", name=name, exact=True))


def look_for(page: Page, words: str) -> None:
    page.goto("/stations/")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="查找").click()
    expect(card(page)).to_be_visible()


@SCRIPT
def test_found_by_words_initials_and_street_with_the_way_there(
    place: Shop, live_server: LiveServer, browser: Browser, script: bool
) -> None:
    with telephone(browser, live_server.url, java_script_enabled=script) as (_, page):
        for words in ("汉正街1号", "汉正", INITIALS):
            look_for(page, words)
            expect(page.locator("article.card")).to_have_count(1)
        page.get_by_role("searchbox").fill("")
        page.get_by_label("街道").select_option(label="汉正街")
        if not script:  # with one, the list of streets sends itself
            page.get_by_role("button", name="查找").click()
        expect(page).to_have_url(re.compile(r"street=\d+"))
        expect(card(page)).to_be_visible()
        expect(page.get_by_role("heading", name=OTHER)).to_have_count(0)  # of another street
        card(page).get_by_role("link", name="查看详情").click()
        expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
        ways = {"高德导航": "uri.amap.com", "腾讯地图": "apis.map.qq.com", "百度地图": "api.map.baidu.com"}
        for name, host in ways.items():
            link = page.get_by_role("link", name=name)
            expect(link).to_have_attribute("href", re.compile(rf"^https://{re.escape(host)}/"))
            box = link.bounding_box()
            assert box is not None and box["height"] >= 48
        assert not script or fits(page)


def test_nothing_found_invites_back_to_all(place: Shop, live_server: LiveServer, browser: Browser) -> None:
    with telephone(browser, live_server.url, java_script_enabled=False) as (_, page):
        page.goto("/stations/?q=zzzz")
        expect(page.get_by_text("没找到符合条件的蜂巢")).to_be_visible()
        page.get_by_role("link", name="看全部蜂巢").click()
        expect(page.locator("article.card")).to_have_count(2)


@SCRIPT
def test_a_broken_facility_shows_in_the_list(
    place: Shop, live_server: LiveServer, browser: Browser, script: bool
) -> None:
    station, rider = place.station, place.courier
    with telephone(browser, live_server.url, java_script_enabled=script) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto(f"/stations/{station.code}/")
        page.get_by_text("东西坏了、人多").click()
        page.get_by_role("group", name="饮水机").get_by_role("button", name="坏了").click()
        expect(page.get_by_text("谢谢。饮水机坏了，显示到")).to_be_visible()
        look_for(page, INITIALS)
        expect(card(page).get_by_text("坏了 · 刚刚")).to_be_visible()


@SCRIPT_FIRST
def test_a_correction_is_accepted_by_the_street_and_shown(
    place: Shop, live_server: LiveServer, browser: Browser, script: bool
) -> None:
    station, rider, phone = place.station, place.courier, "027-83000000"
    with telephone(browser, live_server.url, java_script_enabled=script) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto(f"/stations/{station.code}/")
        page.get_by_role("link", name="我来更正").click()
        page.get_by_label("哪里不对").select_option(label="电话")
        page.get_by_label("正确的是").fill(phone)
        page.get_by_role("button", name="提交更正").click()
        expect(page.get_by_text("谢谢，收到了")).to_be_visible()
        expect(page.get_by_text("待审核")).to_be_visible()

        queue = staff_page(browser, live_server.url, place.chief)
        queue.goto("/admin/stations/observation/?waiting=me")
        queue.locator("tr", has_text=phone).locator("input.action-select").check()
        queue.get_by_label("选择要执行的操作").select_option(label="采纳所选更正")
        queue.get_by_role("button", name="执行").click()
        queue.get_by_role("button", name="采纳", exact=True).click()
        expect(queue.get_by_text("已采纳 1 条更正")).to_be_visible()
        queue.context.close()

        page.reload()
        expect(page.get_by_text("已采纳")).to_be_visible()
        page.get_by_role("link", name="返回蜂巢").click()
        expect(page.locator("dl.facts").get_by_text(phone)).to_be_visible()


def checked_in(page: Page, station: Station) -> None:
    """Through the address on the poster, as the phone's own camera opens it."""
    page.goto(posters.address_of(station))
    button = page.get_by_role("button", name="签到")
    box = button.bounding_box()
    assert box is not None and box["height"] >= 48
    button.click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/"))


def test_checked_in_near_earns_and_half_an_hour_is_one_visit(
    place: Shop, live_server: LiveServer, browser: Browser
) -> None:
    station, rider = place.station, place.courier
    with telephone(browser, live_server.url, **here(station, metres_off=120)) as (context, page):
        as_courier(context, live_server.url, rider.user)
        checked_in(page, station)
        expect(page.get_by_text("+5 分")).to_be_visible()
        expect(page.get_by_text("现在可用 1,505 分")).to_be_visible()
        checked_in(page, station)
        expect(page.get_by_role("heading", name="这次已经签过了")).to_be_visible()
        expect(page.get_by_text("现在可用 1,505 分")).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="我的到站").click()
        expect(page.get_by_text(NAME)).to_have_count(1)
    assert [(visit.near, visit.points) for visit in Visit.objects.of_courier(rider)] == [("yes", 5)]
    assert Entry.objects.of_courier(rider).filter(amount=5).count() == 1


@pytest.mark.parametrize(
    ("options", "said", "near"),
    [
        ({"permissions": []}, "没有拿到定位", "unknown"),
        ({"java_script_enabled": False}, "没有拿到定位", "unknown"),
        ("far", "定位显示你不在站里", "no"),
    ],
    ids=["refused", "no script", "far"],
)
def test_checked_in_without_a_position_is_a_visit_without_points(
    place: Shop, live_server: LiveServer, browser: Browser, options: Any, said: str, near: str
) -> None:
    station, rider = place.station, place.courier
    given = here(station, metres_off=900) if options == "far" else options
    with telephone(browser, live_server.url, **given) as (context, page):
        as_courier(context, live_server.url, rider.user)
        checked_in(page, station)
        expect(page.get_by_text("这次没有积分")).to_be_visible()
        expect(page.get_by_text(said)).to_be_visible()
    assert [(visit.near, visit.points) for visit in Visit.objects.of_courier(rider)] == [(near, 0)]
    assert standing(rider).available == 1500


def test_a_wrong_poster_says_what_to_do(place: Shop, live_server: LiveServer, browser: Browser) -> None:
    station, rider = place.station, place.courier
    with telephone(browser, live_server.url, java_script_enabled=False) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto(posters.address_of(station).replace(station.code, place.other.code))
        expect(page.get_by_role("heading", name="没有签到成")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="出示码").click()
        expect(page.get_by_role("heading", name="给柜台扫一扫")).to_be_visible()


@SCRIPT_FIRST
def test_closed_in_one_tap_at_the_desk(place: Shop, live_server: LiveServer, browser: Browser, script: bool) -> None:
    station = place.station
    desk = staff_page(browser, live_server.url, place.worker)
    with telephone(browser, live_server.url, java_script_enabled=script) as (_, page):
        look_for(page, INITIALS)
        expect(card(page).get_by_text("全天开放")).to_be_visible()
        desk.goto(f"/desk/hours/{station.code}/")
        desk.get_by_role("button", name="今天不开放：停水停电").click()
        expect(desk.get_by_text("今天已登记不开放")).to_be_visible()
        page.reload()
        expect(card(page).get_by_text("今天休息")).to_be_visible()
        expect(card(page).get_by_text("停水停电")).to_be_visible()
        desk.get_by_role("button", name="恢复开放").click()
        expect(desk.get_by_text("已恢复开放")).to_be_visible()
        page.reload()
        expect(card(page).get_by_text("全天开放")).to_be_visible()
        expect(card(page).get_by_text("停水停电")).to_have_count(0)
    desk.context.close()


def test_the_map_shows_every_station_and_leads_to_one(place: Shop, live_server: LiveServer, browser: Browser) -> None:
    station = place.station
    with telephone(browser, live_server.url, **here(station, metres_off=200)) as (_, page):
        page.goto("/stations/map/")
        pins = page.locator(".pin")
        expect(pins).to_have_count(2)
        expect(page.get_by_role("heading", level=2)).to_have_text(["六角亭", "汉正街"])
        box = pins.first.bounding_box()
        assert box is not None and (box["width"], box["height"]) == (48, 48)
        page.get_by_role("button", name="我的位置").click()
        expect(page).to_have_url(re.compile(r"near="))
        expect(page.get_by_role("heading", level=2)).to_have_text(["汉正街", "六角亭"])  # nearest first
        page.get_by_role("button", name=f"{NAME}，开放中").press("Enter")
        chosen = page.locator("#map-card")
        expect(chosen.get_by_text(NAME)).to_be_visible()
        expect(chosen.get_by_text("约 200 米")).to_be_visible()
        assert fits(page)
        chosen.get_by_role("link", name="查看详情").click()
        expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


def test_the_map_without_script_is_the_list_by_street(place: Shop, live_server: LiveServer, browser: Browser) -> None:
    with telephone(browser, live_server.url, java_script_enabled=False) as (_, page):
        page.goto("/stations/map/")
        expect(page.locator("#map")).to_be_hidden()
        expect(page.get_by_role("button", name="我的位置")).to_be_hidden()
        street = page.get_by_role("region", name="汉正街")
        expect(street.get_by_text(NAME)).to_be_visible()
        expect(page.get_by_role("link", name="查看详情")).to_have_count(2)


def test_offline_the_station_found_before_is_still_there(
    place: Shop, live_server: LiveServer, browser: Browser
) -> None:
    station, rider = place.station, place.courier
    with telephone(browser, live_server.url) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto("/stations/")
        page.evaluate("navigator.serviceWorker.ready")
        kept_by(page)
        page.wait_for_function("() => navigator.serviceWorker.controller")
        context.set_offline(True)
        page.goto(posters.address_of(station))
        expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
        expect(page.locator("#stations").get_by_text(station.name)).to_be_visible()
        context.set_offline(False)
        expect(page.get_by_role("button", name="签到")).to_be_visible()
    assert not Visit.objects.exists()
