"""Points above the limit need two people: the street registers, the district approves, the courier then reads it."""

import io

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Courier, Organisation
from tests.factories import api_of, courier
from tests.journeys.conftest import DemoDistrict
from tests.journeys.test_main_job_by_api import staff_sign_in as api_sign_in
from tests.journeys.test_main_job_by_browser import open_page, staff_sign_in

REASON = "暴雨中救助落水老人"


def rider_of_the_street(demo: DemoDistrict) -> Courier:
    """A new courier of the street that the first street official manages."""
    official = demo.staff("street_admin")
    return courier(Organisation.objects.get(pk=official["organisation"]), name="何新来")


def sign_in(page: Page, demo: DemoDistrict, rider: Courier) -> None:
    assert rider.user.phone
    page.goto("/sign-in/")
    page.fill("input[name=phone]", rider.user.phone)
    page.get_by_role("button", name="获取验证码").click()
    page.fill("input[name=code]", demo.last_code(rider.user.phone))
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/")


@pytest.mark.journey
def test_in_browsers(demo: DemoDistrict, live_server: LiveServer, browser: Browser) -> None:
    rider = rider_of_the_street(demo)
    with (
        open_page(browser, live_server.url, width=360, height=780) as phone,
        open_page(browser, live_server.url, width=1280, height=800) as street,
        open_page(browser, live_server.url, width=1280, height=800) as district,
    ):
        sign_in(phone, demo, rider)
        staff_sign_in(street, demo, "street_admin", "/admin/")
        street.goto("/admin/points/grant/")
        street.get_by_role("link", name="登记发放").click()
        street.fill("input[name=who]", str(rider.user.phone))
        street.fill("input[name=points]", "120")
        street.fill("[name=reason]", REASON)
        street.get_by_role("button", name="登记发放").click()
        row = street.locator("tbody tr", has_text=REASON)
        expect(row).to_contain_text("待审核")
        phone.goto("/points/")
        expect(phone.get_by_role("heading", name="我的积分")).to_be_visible()
        expect(phone.get_by_text(REASON)).to_have_count(0)

        staff_sign_in(district, demo, "district_admin", "/admin/")
        district.get_by_role("link", name="待我审核的积分").click()
        waiting = district.locator("tbody tr", has_text=REASON)
        waiting.locator("input.action-select").check()
        district.select_option("select[name=action]", "approve_chosen")
        district.locator("button[name=index]").click()
        expect(district.get_by_text("已通过 1 笔")).to_be_visible()
        expect(district.locator("tbody tr", has_text=REASON)).to_have_count(0)  # nothing waits for him any more

        street.reload()
        expect(row).to_contain_text("已入账")
        phone.reload()
        entry = phone.locator("li.entry", has_text=REASON)
        expect(entry).to_contain_text("+120")
    call_command("verify", stdout=io.StringIO())


def test_by_api(demo: DemoDistrict) -> None:
    rider = rider_of_the_street(demo)
    rider_side = api_of(rider.user)
    street, district = api_sign_in(demo, "street_admin"), api_sign_in(demo, "district_admin")
    before = rider_side.get("me/points/")["balance"]
    wanted = {"courier": rider.pk, "points": 120, "reason": REASON}
    given = street.post("grants/", wanted, status=201, key="g1")
    assert (given["state"], given["allowed"]) == ("pending", [])
    assert rider_side.get("me/points/")["balance"] == before
    own = street.post(f"grants/{given['id']}/approve/", status=409, key="own")
    assert own["code"] == "self_dealing"
    waiting = district.get(f"grants/{given['id']}/")
    assert waiting["allowed"] == ["approve", "reject"]
    done = district.post(f"grants/{given['id']}/approve/", key="a1")
    assert (done["state"], done["allowed"], bool(done["decided_by"])) == ("posted", [], True)
    assert district.post(f"grants/{given['id']}/approve/", key="a1") == done
    assert district.post(f"grants/{given['id']}/reject/", status=409, key="r1")["code"] == "wrong_state"
    newest = rider_side.get("me/entries/")["results"][0]
    assert (newest["title"], newest["points"], newest["balance_after"]) == (REASON, 120, before + 120)
    call_command("verify", stdout=io.StringIO())
