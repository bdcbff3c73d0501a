"""A visit from its plan to the board, on the visitor's telephone: what was typed survives a reload, a need becomes a
wish of the courier who shows his code, and the street finds the way back."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services.codes import show_code
from activities.models import CareVisit, Need
from tests.factories.care import CareScene, care_scene
from tests.journeys.test_axe import grave_faults
from tests.journeys.test_main_job_by_browser import open_page
from tests.journeys.test_report_to_points import at_the_desk
from wishes.models import Wish

pytestmark = pytest.mark.journey


@pytest.fixture
def care(transactional_db: None, settings: Any, tmp_path: Path) -> CareScene:
    settings.MEDIA_ROOT = tmp_path
    return care_scene()


def planned(phone: Page) -> CareVisit:
    phone.goto("/desk/care/board/")
    assert grave_faults(phone) == []
    phone.get_by_role("link", name="解放大道网点").click()
    expect(phone.get_by_label(re.compile("解放大道网点"))).to_be_checked()
    assert grave_faults(phone) == []
    phone.get_by_role("button", name="安排", exact=True).click()
    phone.wait_for_url(re.compile(r"/desk/care/\d+/"))
    return CareVisit.objects.get()


def written_down(phone: Page, care: CareScene, picture: Path) -> None:
    phone.get_by_label("见到了", exact=True).check(force=True)
    phone.get_by_label("慰问了几位小哥").fill("6")
    phone.get_by_label("情况").fill("水要加")
    phone.get_by_label("需要 1").fill("想要把伞")
    phone.get_by_label(re.compile("消暑礼包")).fill("6")
    phone.reload()  # the network went, the browser was closed
    expect(phone.get_by_text("上次没交的内容还在")).to_be_visible()
    expect(phone.get_by_label("情况")).to_have_value("水要加")
    expect(phone.get_by_label("见到了", exact=True)).to_be_checked()
    assert grave_faults(phone) == []
    phone.locator("#id_photos").set_input_files(str(picture))
    expect(phone.get_by_label("用这张")).to_be_checked()
    expect(phone.get_by_label("情况")).to_have_value("水要加")
    phone.get_by_role("button", name="登记这次走访").click()
    expect(phone.get_by_text("已登记，慰问了 6 位小哥。")).to_be_visible()
    assert phone.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('fengchao-draft:'))") == []
    assert care.on_hand() == 4


def turned_into_a_wish(phone: Page, care: CareScene) -> None:
    phone.get_by_role("link", name=re.compile("跟进")).click()
    expect(phone.get_by_role("heading", name="跟进需要")).to_be_visible()
    assert grave_faults(phone) == []
    phone.get_by_text("转成微心愿").click()
    form = phone.locator("form[action$='/wish/']")
    form.get_by_label("小哥的动态码").fill(show_code(care.rider).digits)
    form.get_by_label("生活用品").check(force=True)
    form.get_by_label("想要什么").fill("一把伞")
    form.get_by_label(re.compile("大概多少钱")).fill("60")
    form.get_by_role("button", name="挂上心愿").click()
    expect(phone.get_by_text("已替他挂上心愿")).to_be_visible()
    expect(phone.get_by_text("一把伞", exact=True)).to_be_visible()
    expect(phone.get_by_text("待审核")).to_be_visible()


def test_from_plan_to_board(care: CareScene, live_server: LiveServer, browser: Browser, picture_file: Path) -> None:
    care.stocked(10)
    with (
        open_page(browser, live_server.url, width=360, height=780) as phone,
        open_page(browser, live_server.url, width=1280, height=800) as street,
    ):
        at_the_desk(phone, care.worker, live_server.url)
        visit = planned(phone)
        written_down(phone, care, picture_file)
        turned_into_a_wish(phone, care)
        phone.goto("/desk/care/board/")
        expect(phone.locator("td.met")).to_have_count(1)
        expect(phone.get_by_text("/ 2 个")).to_be_visible()

        at_the_desk(street, care.street, live_server.url)
        street.goto(f"/admin/wishes/wish/{Wish.objects.get().pk}/change/")
        street.get_by_role("link", name="来自走访").click()
        street.wait_for_url(f"**/admin/activities/carevisit/{visit.pk}/change/")
        expect(street.get_by_role("link", name="一把伞")).to_be_visible()
    assert (Need.objects.get().courier, Wish.objects.get().filed_by) == (care.rider, care.worker)
    call_command("verify", stdout=io.StringIO())
