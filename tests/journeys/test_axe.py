"""No page of couriers or of the counter has a fault that axe calls serious or critical."""

from collections.abc import Iterable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Courier, Organisation, User
from fengchao.core import clock, notices
from gifts.models import Gift
from gifts.services import redeem, reserve
from points import ledger
from points.ledger import Leg, Source
from stations.models import Alert, Station
from tests.factories import signed_in
from tests.journeys.conftest import DemoDistrict
from tests.journeys.test_reservation import rider_of

pytestmark = pytest.mark.journey
GRAVE = ("serious", "critical")

ANYBODY = ["/", "/stations/", "/gifts/", "/sign-in/", "/privacy/", "/offline/", "/screen/", "/staff/login/"]
COURIER = [
    "/", "/code/", "/points/", "/me/", "/notices/", "/me/number/", "/me/close/", "/register/", "/stations/",
    "/gifts/", "/gifts/suggestions/", "/reservations/", "/privacy/",
]  # fmt: skip


def of_station(code: str) -> list[str]:
    pages = ("counter", "stock", "slips")
    return ["/desk/", *(f"/desk/{page}/{code}/" for page in pages), f"/desk/stock/{code}/count/"]


def grave_faults(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {fault['id']} at {node['target']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def faults_of(context: BrowserContext, addresses: Iterable[str]) -> list[str]:
    page, found = context.new_page(), []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None, address
        assert answer.status == 200, (address, answer.status)
        found += grave_faults(page)
    return found


def telephone(browser: Browser, base: str, user: User | None = None, *, staff: bool = False) -> BrowserContext:
    context = browser.new_context(base_url=base, viewport={"width": 360, "height": 780}, locale="zh-CN")
    if user is not None:
        session = signed_in(Client(), user, staff=staff).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
    return context


def earned(rider: Courier) -> None:
    year = clock.shanghai_day(clock.now()).year
    legs = [Leg(ledger.programme_account("deeds", year), -1000), Leg(ledger.courier_account(rider.pk), 1000)]
    ledger.post(legs, kind="award", source=Source("deed", f"axe-{rider.pk}"), by=None, title="用心做 · 值守")


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


def test_pages_for_everybody(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    context = telephone(browser, live_server.url)
    station = demo.station_of(demo.staff("counter"))
    assert faults_of(context, [*ANYBODY, f"/stations/{station}/", f"/gifts/?station={station}"]) == []
    context.close()


def test_pages_of_couriers(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    rider = rider_of(demo)
    station, code = busy(rider, demo)
    context = telephone(browser, live_server.url, rider.user)
    more = [
        f"/stations/{station.code}/", f"/gifts/?station={station.code}", f"/reservations/{code}/",
        f"/reservations/{code}/cancel/", f"/reservations/new/?gift={demo.tissue}&station={station.code}",
    ]  # fmt: skip
    assert faults_of(context, [*COURIER, *more]) == []
    context.close()


def test_pages_of_the_counter(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    busy(rider_of(demo), demo)
    worker = User.objects.by_phone(demo.staff("counter")["phone"])
    context = telephone(browser, live_server.url, worker, staff=True)
    assert faults_of(context, of_station(demo.station_of(demo.staff("counter")))) == []
    context.close()


def test_a_planted_fault_is_found(live_server: LiveServer, browser: Browser, transactional_db: None) -> None:
    context = telephone(browser, live_server.url)
    page = context.new_page()
    page.goto("/privacy/")
    assert grave_faults(page) == []
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x><button></button>')")
    assert {fault.split(": ")[1].split(" ")[0] for fault in grave_faults(page)} == {"image-alt", "button-name"}
    context.close()
