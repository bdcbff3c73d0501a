"""From a sponsor's gift to a morning at the clinic, with three people: the district issues from Excel, the courier
books, the centre ticks and completes."""

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from fengchao.core import clock
from tests.factories.people import courier
from tests.factories.vouchers import VoucherScene, voucher_scene
from tests.journeys.report_phone import telephone
from tests.journeys.test_main_job_by_browser import open_page
from tests.journeys.test_report_to_points import at_the_desk
from vouchers import services
from vouchers.models import Slot, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.journey


@pytest.fixture
def scene(transactional_db: None) -> VoucherScene:
    return voucher_scene()


def sheet(scene: VoucherScene, folder: Path) -> Path:
    """Two riders as the district's list has them."""
    other = courier(scene.rider.outlet, name="张大力")
    book = openpyxl.Workbook()
    page = book.active
    page.append(["手机号", "姓名"])
    for rider in (scene.rider, other):
        page.append([rider.user.phone, rider.user.name])
    book.save(folder / "名单.xlsx")
    return folder / "名单.xlsx"


def issued(district: Page, scene: VoucherScene, file: Path) -> Voucher:
    district.goto("/admin/vouchers/voucher/import/")
    district.select_option("[name=programme]", str(scene.programme.pk))
    district.set_input_files("[name=import_file]", str(file))
    district.locator("form [type=submit]").last.click()
    expect(district.get_by_text("张大力").first).to_be_visible()
    district.get_by_role("button", name=re.compile("确认|发放|导入")).last.click()
    expect(district.get_by_text(re.compile("2 (张|行|名|人)")).first).to_be_visible()
    return Voucher.objects.get(courier=scene.rider)


def booked(phone: Page, voucher: Voucher) -> None:
    phone.goto("/notices/")
    phone.get_by_text("你有一张关爱体检卡").click()
    phone.wait_for_url(f"**/vouchers/{voucher.code}/")
    phone.get_by_role("link", name="约时间").click()
    phone.get_by_role("button", name=re.compile("余 5")).first.click()
    expect(phone.get_by_role("link", name="加入日历")).to_be_visible()


def examined(centre: Page, scene: VoucherScene, voucher: Voucher) -> None:
    centre.goto("/desk/clinic/")
    centre.keyboard.type(voucher.code)
    centre.keyboard.press("Enter")
    expect(centre.get_by_role("heading", name="何小蜂")).to_be_visible()
    centre.get_by_role("button", name="报到").click()
    for number, item in enumerate(scene.items, 1):
        centre.get_by_role("button", name=f"{number}. {item.name}").click()
        expect(centre.get_by_text(f"{number}/6").first).to_be_visible()
    assert scene.rider.user.phone not in centre.content()
    centre.get_by_role("button", name="完成").click()
    expect(centre.get_by_text("全部完成，可以回去了。")).to_be_visible()


def test_a_card_from_the_list_to_the_last_tick(
    scene: VoucherScene, live_server: LiveServer, browser: Browser, tmp_path: Path
) -> None:
    tomorrow = scene.slot(days=1)
    with (
        telephone(browser, live_server.url, scene.rider.user) as (_, phone, _),
        open_page(browser, live_server.url, width=1280, height=800) as district,
        open_page(browser, live_server.url, width=1280, height=800) as centre,
    ):
        at_the_desk(district, scene.chief, live_server.url)
        voucher = issued(district, scene, sheet(scene, tmp_path))
        booked(phone, voucher)
        # The morning has come: the slot is today's, a minute from now.
        Slot.objects.filter(pk=tomorrow.pk).update(
            starts_at=clock.now(), ends_at=clock.now() + timedelta(minutes=30)
        )  # fmt: skip
        at_the_desk(centre, scene.nurse, live_server.url)
        examined(centre, scene, voucher)
        phone.goto(f"/vouchers/{voucher.code}/")
        expect(phone.get_by_text("已完成").first).to_be_visible()
    voucher.refresh_from_db()
    assert (voucher.state, voucher.ticks.count()) == (VoucherState.COMPLETED, 6)
    assert services.miss_due(clock.now() + timedelta(days=2)) == 0
    call_command("verify", stdout=io.StringIO())
