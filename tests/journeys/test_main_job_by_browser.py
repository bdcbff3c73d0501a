"""The main job in three browsers at once: courier at 360×780, counter, official."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import totp_now
from tests.journeys.conftest import TISSUE, DemoDistrict, deed

PHONE = "13812340002"


@contextmanager
def open_page(browser: Browser, base: str, *, width: int, height: int, refusals: int = 0) -> Iterator[Page]:
    """A browser of its own; what the console calls an error fails the journey, but for so many pages of refusal."""
    context = browser.new_context(base_url=base, viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    refused = [text for text in complaints if "status of 409" in text]
    assert (len(refused), complaints) == (refusals, refused)


def staff_sign_in(page: Page, demo: DemoDistrict, role: str, address: str) -> None:
    person = demo.staff(role)
    page.goto(address)
    page.fill("input[name=login]", person["phone"])
    page.fill("input[name=password]", person["password"])
    page.keyboard.press("Enter")
    page.fill("input[name=code]", totp_now(person["totp_secret"]))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}**")


def courier_signs_in(page: Page, demo: DemoDistrict) -> None:
    page.goto("/sign-in/")
    page.fill("input[name=phone]", PHONE)
    page.get_by_role("button", name="获取验证码").click()
    page.fill("input[name=code]", demo.last_code(PHONE))
    page.get_by_role("button", name="登录").click()
    page.fill("input[name=name]", "何小蜂")
    page.select_option("select[name=outlet]", index=1)
    page.get_by_label("我看过并同意").check()
    page.get_by_role("button", name="完成注册").click()
    expect(page.get_by_role("heading", name="何师傅，辛苦了")).to_be_visible()


def official_verifies_and_grants(page: Page, demo: DemoDistrict) -> None:
    """Search by name, tick, choose an action: what an official does all day."""
    staff_sign_in(page, demo, "district_admin", "/admin/")
    for action, outcome in (("verify_chosen", "已核验"), ("grant_chosen", "1,010")):
        page.goto("/admin/accounts/courier/?q=何小蜂")
        page.locator("input.action-select").first.check()
        page.select_option("select[name=action]", action)
        page.locator("button[name=index]").click()
        if action == "grant_chosen":
            page.fill("input[name=points]", "50")
            page.fill("[name=reason]", "高温慰问")
            page.locator("form button[type=submit]").last.click()
        expect(page.locator("tbody tr").first).to_contain_text(outcome)


@pytest.mark.journey
def test_points_become_a_gift_and_back(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    worker = demo.staff("counter")
    counter_page = f"/desk/counter/{demo.station_of(worker)}/"
    with (
        open_page(browser, live_server.url, width=360, height=780) as courier,
        open_page(browser, live_server.url, width=1280, height=800) as counter,
        open_page(browser, live_server.url, width=1280, height=800) as official,
    ):
        courier_signs_in(courier, demo)
        rider = User.objects.by_phone(PHONE)
        assert rider is not None
        deed(rider.pk, 960)
        official_verifies_and_grants(official, demo)
        courier.goto("/points/")
        expect(courier.get_by_text("1,010").first).to_be_visible()

        staff_sign_in(counter, demo, "counter", "/desk/")
        counter.goto(counter_page)
        courier.goto("/code/")
        counter.keyboard.type(re.sub(r"\D", "", courier.locator(".code-digits").inner_text()))  # focus waits there
        counter.keyboard.press("Enter")
        expect(counter.get_by_text("已识别")).to_be_visible()
        expect(courier.get_by_text("柜台已认出你")).to_be_visible(timeout=8000)

        counter.get_by_role("radio", name=TISSUE).check(force=True)
        counter.get_by_role("button", name="确认已交给快递小哥").click()
        expect(counter.get_by_text(f"已兑换 {TISSUE}")).to_be_visible()
        expect(courier.get_by_role("heading", name="已兑换")).to_be_visible(timeout=8000)
        courier.goto("/points/")
        expect(courier.get_by_text("−1,000").first).to_be_visible()

        counter.get_by_text("给错了，撤销").click()
        counter.get_by_label("为什么撤销").fill("拿错了")  # waits for the page that asks
        counter.get_by_role("button", name="收回礼品并撤销").click()
        expect(counter.get_by_text("已撤销").first).to_be_visible()
        courier.reload()
        expect(courier.get_by_text("1,010").first).to_be_visible()
    call_command("verify", stdout=io.StringIO())
