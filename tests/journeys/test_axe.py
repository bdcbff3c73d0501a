"""No page of couriers, of the counter or of the admin has a fault that axe calls serious or critical."""

from collections.abc import Iterable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Courier, Organisation, User
from accounts.services.codes import show_code
from fengchao.core import clock, notices
from gifts.models import Gift
from gifts.services import redeem, reserve
from points import ledger
from points.ledger import Leg, Source
from stations.models import Alert, Station
from stations.services import posters
from stations.services.visits import check_in
from tests.factories import signed_in
from tests.journeys.conftest import TISSUE, DemoDistrict
from tests.journeys.test_reservation import rider_of

pytestmark = pytest.mark.journey
GRAVE = ("serious", "critical")
RIDER = "13812340003"

PAGES_OF_ANYBODY = [
    "/", "/stations/", "/stations/?q=gasq", "/stations/?open=true&facility=water", "/stations/?q=zzzz",
    "/stations/?near=x", "/stations/map/", "/stations/map/?q=zzzz", "/gifts/", "/sign-in/", "/privacy/",
    "/offline/", "/screen/", "/staff/login/", "/wishes/", "/wishes/?state=lit&category=help",
    "/activities/", "/activities/?show=past&kind=deed",
]  # fmt: skip
PAGES_OF_COURIERS = [
    "/", "/code/", "/points/", "/me/", "/notices/", "/me/number/", "/me/close/", "/register/", "/visits/",
    "/gifts/", "/gifts/suggestions/", "/reservations/", "/wishes/", "/wishes/new/", "/wishes/mine/",
    "/vouchers/", "/activities/", "/deeds/", "/deeds/new/", "/me/service/",
]  # fmt: skip
PAGES_OF_THE_DESK = [
    "counter/{0}/", "stock/{0}/", "stock/{0}/count/", "slips/{0}/", "hours/{0}/", "facilities/{0}/",
    "stations/{0}/poster/", "counter/{0}/wish/",
]  # fmt: skip
PAGES_OF_ORGANISERS = ["/desk/activities/", "/desk/activities/new/", "/desk/deeds/"]
PAGES_OF_THE_ADMIN = [  # of the long lists a few rows: each row takes axe as long as a page of couriers
    "", "stations/station/?q=QK-001", "stations/station/{0}/change/", "stations/station/import/",
    "stations/hoursoverride/", "stations/hoursoverride/add/?stations={0}", "stations/observation/",
    "stations/compliance/?q=QK-001", "stations/visit/?q=QK-001", "stations/visit/footfall/?station=QK-001",
    "stations/refusedcheckin/", "stations/alert/", "stations/alert/add/", "stations/districtoutline/",
    "stations/districtoutline/replace/",
]  # fmt: skip
THIRD_PARTIES = {
    "list at ['.object-tools']": "the buttons above a list, which unfold and import_export put straight into a <ul>",
    "aria-prohibited-attr at ['span[aria-label=": "the question mark that Django's own script of two lists draws",
}
"""Faults of pages that are not ours, with whose they are."""
FASTER = {"resultTypes": ["violations"], "preload": False}


def grave_faults(page: Page) -> list[str]:
    """What axe finds, and a page that is wider than its window."""
    page.wait_for_load_state()
    found: list[dict[str, Any]] = Axe().run(page, options=FASTER).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{page.url}: overflow of {wide} px"] * (wide > 0) + [
        f"{page.url}: {fault['id']} at {node['target']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def faults_of(page: Page, addresses: Iterable[str], *, status: int = 200) -> list[str]:
    found = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None, address
        assert answer.status == status, (address, answer.status)
        found += grave_faults(page)
    return found


def telephone(browser: Browser, base: str, user: User | None = None, *, staff: bool = False) -> BrowserContext:
    context = browser.new_context(base_url=base, viewport={"width": 360, "height": 780}, locale="zh-CN")
    if user is not None:
        session = signed_in(Client(), user, staff=staff).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
    return context


def earned(rider: Courier, key: str = "axe") -> None:
    year = clock.shanghai_day(clock.now()).year
    legs = [Leg(ledger.programme_account("deeds", year), -1000), Leg(ledger.courier_account(rider.pk), 1000)]
    ledger.post(legs, kind="award", source=Source("deed", f"{key}-{rider.pk}"), by=None, title="用心做 · 值守")


def busy(rider: Courier, demo: DemoDistrict) -> tuple[Station, str]:
    """Everything that can stand on his pages stands there. The station, and what he has set aside at it."""
    station = Station.objects.select_related("organisation").get(code=demo.station_of(demo.staff("counter")))
    worker = User.objects.by_phone(demo.staff("counter")["phone"])
    assert worker is not None
    gift = Gift.objects.get(code=demo.tissue)
    redeem(rider, gift, station=station, by=worker)
    earned(rider)
    made = reserve(rider, gift, station=station)
    notices.tell(rider, "test", "60 分到账", text="值守", link="/points/")
    now = clock.now()
    root = Organisation.objects.get(path=station.organisation.path[: Organisation.steplen])
    ends = now.replace(year=now.year + 1)
    Alert.objects.create(kind="heat", text="今天 39℃，多喝水", organisation=root, starts_at=now, ends_at=ends)
    return station, made.pickup_code


def sign_in(page: Page, demo: DemoDistrict, phone: str) -> list[str]:
    """By text message, to whatever page comes next; what is wrong on the page of the code."""
    page.goto("/sign-in/")
    page.fill("input[name=phone]", phone)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator("input[name=code]")).to_be_visible()
    found = grave_faults(page)
    page.fill("input[name=code]", demo.last_code(phone))
    page.get_by_role("button", name="登录").click()
    return found


def test_pages_for_everybody(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    """And the way in: the code, registration for a new number, consent where the notice has changed since."""
    rider = rider_of(demo)
    Courier.objects.filter(pk=rider.pk).update(consent_version="1999-01")
    context = telephone(browser, live_server.url)
    page, station = context.new_page(), demo.station_of(demo.staff("counter"))
    found = faults_of(page, [*PAGES_OF_ANYBODY, f"/stations/{station}/", f"/gifts/?station={station}"])
    found += faults_of(page, ["/nowhere/"], status=404)
    found += sign_in(page, demo, "13812340009")
    expect(page.get_by_role("button", name="完成注册")).to_be_visible()
    found += grave_faults(page)
    context.clear_cookies()
    found += sign_in(page, demo, RIDER)
    expect(page.get_by_role("button", name="同意并继续")).to_be_visible()
    assert found + grave_faults(page) == []
    context.close()


def test_pages_of_couriers(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    rider = rider_of(demo)
    station, code = busy(rider, demo)
    visit = check_in(rider, station, poster=posters.token_for(station)).visit
    context = telephone(browser, live_server.url, rider.user)
    page = context.new_page()
    more = [
        f"/stations/{station.code}/", f"/stations/{station.code}/correct/", posters.address_of(station),
        f"/visits/{visit.pk}/", f"/visits/{visit.pk}/?again=1", f"/gifts/?station={station.code}",
        f"/reservations/{code}/", f"/reservations/{code}/cancel/",
        f"/reservations/new/?gift={demo.tissue}&station={station.code}",
    ]  # fmt: skip
    found = faults_of(page, [*PAGES_OF_COURIERS, *more])
    found += faults_of(page, [f"/s/{station.code}/?k=wrong"], status=409)
    page.goto(f"/stations/{station.code}/")
    page.get_by_text("东西坏了、人多").click()
    found += grave_faults(page)
    page.goto("/me/number/")
    page.fill("input[name=phone]", "13812340777")
    page.get_by_role("button", name="获取两个验证码").click()
    expect(page.locator("input[name=new_code]")).to_be_visible()
    assert found + grave_faults(page) == []
    context.close()


def test_pages_of_the_counter(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    rider = rider_of(demo)
    station, _ = busy(rider, demo)
    earned(rider, "again")
    worker = User.objects.by_phone(demo.staff("counter")["phone"])
    context = telephone(browser, live_server.url, worker, staff=True)
    page = context.new_page()
    found = faults_of(
        page,
        ["/desk/", *PAGES_OF_ORGANISERS, *(f"/desk/{address.format(station.code)}" for address in PAGES_OF_THE_DESK)],
    )
    page.goto(f"/desk/counter/{station.code}/")
    page.get_by_label("识别快递小哥").fill(show_code(rider).digits)
    page.get_by_role("button", name="识别", exact=True).click()
    expect(page.get_by_text("已识别")).to_be_visible()
    found += grave_faults(page)
    page.get_by_role("radio", name=TISSUE).check(force=True)
    page.get_by_role("button", name="确认已交给快递小哥").click()
    expect(page.get_by_text(f"已兑换 {TISSUE}")).to_be_visible()
    assert found + grave_faults(page) == []
    context.close()


def test_pages_of_officials(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    """What third parties get wrong stands in a short list, and each of it is still there; of ours nothing may."""
    station, _ = busy(rider_of(demo), demo)
    chief = User.objects.by_phone(demo.staff("district_admin")["phone"])
    context = telephone(browser, live_server.url, chief, staff=True)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    found = faults_of(page, [f"/admin/{address.format(station.pk)}" for address in PAGES_OF_THE_ADMIN])
    assert [fault for fault in found if not any(known in fault for known in THIRD_PARTIES)] == []
    assert [known for known in THIRD_PARTIES if not any(known in fault for fault in found)] == []
    context.close()
    street = User.objects.by_phone(demo.staff("street_admin")["phone"])
    context = telephone(browser, live_server.url, street, staff=True)
    assert faults_of(context.new_page(), ["/admin/stations/districtoutline/replace/"], status=403) == []
    context.close()


def test_a_planted_fault_is_found(live_server: LiveServer, browser: Browser, transactional_db: None) -> None:
    context = telephone(browser, live_server.url)
    page = context.new_page()
    page.goto("/privacy/")
    assert grave_faults(page) == []
    planted = "<table width=500><td><img src=x><button></button></table>"
    page.evaluate("planted => document.querySelector('main').insertAdjacentHTML('beforeend', planted)", planted)
    named = {fault.split(": ")[1].split(" ")[0] for fault in grave_faults(page)}
    assert named == {"image-alt", "button-name", "overflow"}
    context.close()
