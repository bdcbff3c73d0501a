"""A gift set aside on the phone is fetched at the counter: in two browsers, and without script."""

import io
import re
from urllib.parse import urlparse

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Courier, Outlet, User
from accounts.roles import Role
from accounts.services import registration
from gifts.models import Reservation
from tests.factories import signed_in, staff_client
from tests.journeys.conftest import TISSUE, DemoDistrict, deed
from tests.journeys.test_main_job_by_browser import open_page, staff_sign_in


def rider_of(demo: DemoDistrict) -> Courier:
    """Registered, verified by the counter of the demonstration, with points for one gift and a few more."""
    user = User.objects.create_with_phone("13812340003", name="何小蜂")
    Courier.objects.create(user=user)
    found = registration.register(
        user, name="何小蜂", outlet=Outlet.objects.first(), consent_version=settings.PRIVACY_NOTICE_VERSION
    )
    found = registration.verify(found, by=User.objects.filter(memberships__role=Role.DISTRICT_ADMIN).first())
    deed(found.pk, 1010)
    return found


@pytest.mark.journey
def test_reserved_on_the_phone_fetched_at_the_counter(
    demo: DemoDistrict, live_server: LiveServer, browser: Browser
) -> None:
    rider, worker = rider_of(demo), demo.staff("counter")
    station = demo.station_of(worker)
    session = signed_in(Client(), rider.user).cookies[settings.SESSION_COOKIE_NAME].value
    with (
        open_page(browser, live_server.url, width=360, height=780) as courier,
        open_page(browser, live_server.url, width=1280, height=800, refusals=1) as counter,
    ):
        courier.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        courier.goto(f"/gifts/?station={station}")
        offered = courier.locator("li.gift", has_text=TISSUE).get_by_role("link", name="预约")
        box = offered.bounding_box()
        assert box is not None and box["height"] >= 48
        offered.click()
        expect(courier.get_by_text("为您保留 48 小时")).to_be_visible()
        courier.get_by_role("button", name="确认预约").click()
        expect(courier.get_by_text("待取")).to_be_visible()
        code = courier.locator(".code-digits").inner_text()
        assert re.fullmatch(r"\w{4} \w{4}", code)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert courier.evaluate(wide)
        courier.goto("/points/")
        expect(courier.get_by_text("已冻结 1,000 分")).to_be_visible()
        courier.goto("/")
        expect(courier.get_by_text(code)).to_be_visible()

        staff_sign_in(counter, demo, "counter", "/desk/")
        counter.goto(f"/desk/counter/{station}/")
        expect(counter.get_by_text(re.compile(r"等着来取的 \d+ 件"))).to_be_visible()
        counter.keyboard.type(code.lower())  # focus waits there
        counter.keyboard.press("Enter")
        expect(counter.get_by_text(f"何* 预约的 {TISSUE}")).to_be_visible()
        expect(counter.get_by_role("button", name="确认已交给快递小哥")).to_be_focused()
        counter.keyboard.press("Enter")
        expect(counter.get_by_text(f"已兑换 {TISSUE}")).to_be_visible()
        expect(counter.get_by_label("识别快递小哥")).to_be_focused()
        counter.keyboard.type(code)
        counter.keyboard.press("Enter")
        expect(counter.get_by_text("这个取货码已经取过货了。", exact=True)).to_be_visible()

        courier.goto("/reservations/")
        courier.get_by_role("link", name=TISSUE).click()
        expect(courier.get_by_text("已取走")).to_be_visible()
        courier.goto("/points/")
        expect(courier.get_by_text("−1,000").first).to_be_visible()
    call_command("verify", stdout=io.StringIO())


@pytest.mark.journey
def test_a_scanner_gun_finds_the_field_while_the_button_waits(
    demo: DemoDistrict, live_server: LiveServer, browser: Browser
) -> None:
    """The next code may be scanned before this one is confirmed: the gun's first key goes to the field."""
    rider, worker = rider_of(demo), demo.staff("counter")
    station = demo.station_of(worker)
    page = signed_in(Client(), rider.user)
    reserved(page, station, demo.tissue)
    made = Reservation.objects.get(courier=rider)
    code = made.pickup_code
    with open_page(browser, live_server.url, width=1280, height=800, refusals=1) as counter:
        staff_sign_in(counter, demo, "counter", "/desk/")
        counter.goto(f"/desk/counter/{station}/")
        counter.keyboard.type(code)
        counter.keyboard.press("Enter")
        expect(counter.get_by_role("button", name="确认已交给快递小哥")).to_be_focused()
        counter.keyboard.type("AAAAAAAA")
        counter.keyboard.press("Enter")
        expect(counter.get_by_text("没有这个取货码，请核对。", exact=True)).to_be_visible()
    made.refresh_from_db()
    assert made.state == "reserved"


def test_without_script_from_the_gifts_to_the_statement(demo: DemoDistrict) -> None:
    """Pages as a browser without script sends them: links and plain forms, with their tokens against forgery."""
    rider, worker = rider_of(demo), User.objects.by_phone(demo.staff("counter")["phone"])
    assert worker is not None
    station = demo.station_of(demo.staff("counter"))
    phone, desk = signed_in(Client(), rider.user), staff_client(worker)
    kept = reserved(phone, station, demo.tissue)
    phone.post(f"{kept}cancel/")
    assert "已取消" in phone.get(kept).content.decode()
    code = reserved(phone, station, demo.tissue).split("/")[2]
    counter = f"/desk/counter/{station}/"
    panel = desk.post(f"{counter}identify/", {"code": code}).context["pickup"]
    done = desk.post(f"{counter}pick-up/", {"pickup_code": panel["code"], "key": panel["key"]}, follow=True)
    assert f"已兑换 {TISSUE}" in done.content.decode()
    assert "−1,000" in phone.get("/points/").content.decode()
    call_command("verify", stdout=io.StringIO())


def reserved(phone: Client, station: str, gift: str) -> str:
    """By what the pages themselves offer; the address of the reservation."""
    offers = phone.get(f"/gifts/?station={station}").context["gifts"]
    offered = next(offer["reserve_url"] for offer in offers if offer["name"] == TISSUE)
    asked = phone.get(offered).context
    form = {"gift": asked["gift"].code, "station": asked["station"].code, "key": asked["key"]}
    assert form["gift"] == gift
    return urlparse(phone.post("/reservations/new/", form).headers["Location"]).path
