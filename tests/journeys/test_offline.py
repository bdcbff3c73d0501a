"""Without a network the telephone still shows the pickup code and the stations, to the person whose they are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from fengchao.core import clock
from gifts.models import Gift
from gifts.services import reserve
from stations.models import HoursOverride, Station
from stations.services.hours import announce
from tests.factories import courier, outlet, signed_in
from tests.journeys.conftest import DemoDistrict
from tests.journeys.test_reservation import rider_of

pytestmark = pytest.mark.journey
KEPT = """async () => {
  const names = (await caches.keys()).filter((name) => name === 'fengchao-mine');
  const all = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) all.push(new URL(request.url).pathname);
  const mine = names.length && (await (await caches.open('fengchao-mine')).match('/offline/data/'));
  return { all, pickups: mine ? (await mine.json()).pickups.map((one) => one.code) : null };
}"""


@contextmanager
def telephone(browser: Browser, base: str, **options: object) -> Iterator[tuple[BrowserContext, Page]]:
    context = browser.new_context(base_url=base, viewport={"width": 360, "height": 780}, locale="zh-CN", **options)  # type: ignore[arg-type]
    yield context, context.new_page()
    context.close()


def as_courier(context: BrowserContext, base: str, user: object) -> None:
    session = signed_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])


def kept_by(page: Page, *codes: str) -> None:
    """The page has put by these pickup codes and no others."""
    page.wait_for_function(f"async () => JSON.stringify((await ({KEPT})()).pickups) === '{_json(codes)}'")


def _json(codes: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{code}"' for code in codes) + "]"


def test_offline_shows_what_was_set_aside_and_where(
    demo: DemoDistrict, live_server: LiveServer, browser: Browser
) -> None:
    rider = rider_of(demo)
    station = Station.objects.get(code=demo.station_of(demo.staff("counter")))
    made = reserve(rider, Gift.objects.get(code=demo.tissue), station=station)
    with telephone(browser, live_server.url) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto("/")
        page.evaluate("navigator.serviceWorker.ready")
        kept_by(page, made.pickup_code)
        page.goto("/code/")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        context.set_offline(True)
        page.goto("/reservations/")
        expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
        spaced = f"{made.pickup_code[:4]} {made.pickup_code[4:]}"
        expect(page.get_by_text(spaced)).to_be_visible()
        expect(page.get_by_text(re.compile("刚刚存下的|1 分钟前存下的")).first).to_be_visible()
        expect(page.locator("#stations").get_by_text(station.name)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.goto("/code/")
        expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
        assert page.locator("#my-code").count() == 0
        personal = [path for path in page.evaluate(KEPT)["all"] if not path.startswith("/static/")]
        # The form of a report is the same for everybody.
        assert sorted(personal) == ["/offline/", "/offline/data/", "/reports/offline/"]
        context.set_offline(False)
        page.wait_for_selector("#my-code")  # the page comes back by itself; a navigation of ours would meet its reload
        page.goto("/reservations/")
        expect(page.get_by_role("heading", name="我的预约")).to_be_visible()


def test_today_s_own_hours_are_said_on_their_day_only(
    demo: DemoDistrict, live_server: LiveServer, browser: Browser
) -> None:
    station = Station.objects.active().order_by("code")[0]
    today = clock.shanghai_day(clock.now())
    chief = User.objects.by_phone(demo.staff("district_admin")["phone"])
    assert chief is not None
    announce(
        [station], kind=HoursOverride.Kind.CHANGED, hours="09:00-22:00", first_day=today, last_day=today,
        reason="高温延长至 22:00", by=chief,
    )  # fmt: skip
    said = "今天 09:00–22:00（高温延长至 22:00）"
    for ahead, times in ((timedelta(), 1), (timedelta(days=1), 0)):
        with telephone(browser, live_server.url) as (context, page):
            page.goto("/")
            page.evaluate("navigator.serviceWorker.ready")
            kept_by(page)
            page.clock.set_fixed_time(clock.now() + ahead)
            context.set_offline(True)
            page.goto("/offline/")
            expect(page.locator("#stations").get_by_text(station.name)).to_be_visible()
            expect(page.locator("#stations").get_by_text(said)).to_have_count(times)


def test_signing_out_and_another_person_clear_it(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    rider = rider_of(demo)
    station = Station.objects.get(code=demo.station_of(demo.staff("counter")))
    made = reserve(rider, Gift.objects.get(code=demo.tissue), station=station)
    other = courier(outlet(station.organisation), name="秦二")
    with telephone(browser, live_server.url) as (context, page):
        as_courier(context, live_server.url, rider.user)
        page.goto("/me/")
        kept_by(page, made.pickup_code)
        page.get_by_role("button", name="退出登录").click()
        kept_by(page)
        as_courier(context, live_server.url, rider.user)
        page.goto("/me/")
        kept_by(page, made.pickup_code)
        as_courier(context, live_server.url, other.user)  # without a sign-out, as after a lost session
        page.goto("/points/")
        kept_by(page)


def test_without_script_the_pages_read_and_the_forms_work(
    demo: DemoDistrict, live_server: LiveServer, browser: Browser
) -> None:
    rider = rider_of(demo)
    with telephone(browser, live_server.url, java_script_enabled=False) as (context, page):
        as_courier(context, live_server.url, rider.user)
        for address, heading in (
            ("/", "辛苦了"), ("/stations/", "蜂巢"), ("/gifts/", "礼品"), ("/points/", "积分"), ("/notices/", "通知"),
            ("/me/", "我的"), ("/me/number/", "换手机号"), ("/me/close/", "注销账号"), ("/code/", "给柜台扫一扫"),
        ):  # fmt: skip
            page.goto(address)
            expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        page.goto("/me/number/")
        page.fill("input[name=phone]", "13812340777")
        page.get_by_role("button", name="获取两个验证码").click()
        page.fill("input[name=new_code]", demo.last_code("13812340777"))
        page.fill("input[name=old_code]", demo.last_code("13812340003"))
        page.get_by_role("button", name="确认更换").click()
        expect(page.get_by_text("138****0777")).to_be_visible()
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_text("已退出登录")).to_be_visible()
