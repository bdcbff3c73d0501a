"""The admin in a real browser: the dashboard fills itself, an action goes through, and the policy stops nothing."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.admin.conftest import Office

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_dashboard_to_a_verified_courier(office: Office, live_server, page: Page):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    session = office.client(office.chief).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(live_server.url + reverse("admin:index"))
    expect(page.locator("[data-figure='stations.total']")).to_have_text("2")
    page.get_by_role("link", name="待核验快递小哥").click()
    page.locator("#result_list input.action-select").first.check()
    page.get_by_label("选择要执行的操作").select_option(label="核验所选快递小哥")
    page.get_by_role("button", name="执行").click()
    expect(page.get_by_text("已核验 1 位快递小哥。")).to_be_visible()
    office.ours.refresh_from_db()
    assert office.ours.is_verified

    page.locator("a", has_text="筛选").first.click()
    page.get_by_label("已核验", exact=True).check()
    page.get_by_role("button", name="应用筛选").click()
    expect(page).to_have_url(re.compile("standing=verified"))
    assert complaints == []
