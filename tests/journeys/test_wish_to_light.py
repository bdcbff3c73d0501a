"""From a wish to its light, with three people: the courier hangs it, the street lets it, the department brings it."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories.wishes import WishScene, wish_scene
from tests.journeys.report_phone import telephone
from tests.journeys.test_main_job_by_browser import open_page
from tests.journeys.test_report_to_points import at_the_desk
from wishes.models import Wish
from wishes.states import WishState

pytestmark = pytest.mark.journey


@pytest.fixture
def scene(transactional_db: None, settings: Any, tmp_path: Path) -> WishScene:
    settings.MEDIA_ROOT = tmp_path
    return wish_scene()


def hung(courier: Page) -> Wish:
    courier.goto("/wishes/new/")
    courier.get_by_label("生活用品").check(force=True)
    courier.fill("#id_title", "新风扇")
    courier.fill("#id_text", "出租屋西晒，夜里睡不着")
    courier.fill("#id_price", "150")
    courier.get_by_role("button", name="挂上去").click()
    courier.wait_for_url(re.compile(r"/wishes/\d+/"))
    courier.goto("/wishes/")
    expect(courier.locator(".cell, .wish-card")).to_have_count(0)  # nobody reads it before the street has
    return Wish.objects.get()


def let_hang(street: Page, wish: Wish) -> None:
    street.goto("/admin/wishes/wish/")
    street.get_by_role("link", name="新风扇").click()
    street.get_by_role("button", name="通过", exact=True).click()
    expect(street.get_by_text("已通过 1 个")).to_be_visible()


def claimed_and_brought(office: Page, wish: Wish, picture: Path) -> None:
    office.goto("/desk/wishes/")
    office.get_by_role("link", name=re.compile("新风扇")).first.click()
    office.get_by_role("button", name=re.compile("认领")).click()
    expect(office.get_by_text("由工作人员转交").first).to_be_visible()
    office.goto(f"/desk/wishes/{wish.pk}/progress/")
    office.fill("#id_note", "已下单")
    office.get_by_role("button", name="记进展").click()
    expect(office.get_by_text("已记下，许愿人会收到通知。")).to_be_visible()
    office.goto(f"/desk/wishes/{wish.pk}/deliver/")
    office.locator("#id_photos").set_input_files(str(picture))
    expect(office.get_by_label("用这张")).to_be_checked()
    office.fill("#id_text", "放在柜台")
    office.get_by_role("button", name="送达", exact=True).click()
    expect(office.get_by_text("已送达").first).to_be_visible()


def fetched_and_thanked(courier: Page, wish: Wish) -> None:
    courier.goto("/notices/")
    courier.get_by_text("“新风扇”送到了").click()
    courier.wait_for_url(f"**/wishes/{wish.pk}/")
    expect(courier.get_by_text("放在柜台").first).to_be_visible()
    courier.fill("[name=text]", "今晚睡得着了")
    courier.get_by_role("button", name="确认收到，说声谢谢").click()
    expect(courier.get_by_text("已点亮").first).to_be_visible()


def test_a_wish_is_hung_granted_and_lit(
    scene: WishScene, live_server: LiveServer, browser: Browser, picture_file: Path
) -> None:
    with (
        telephone(browser, live_server.url, scene.rider.user) as (_, courier, _),
        open_page(browser, live_server.url, width=1280, height=800) as street,
        open_page(browser, live_server.url, width=1280, height=800) as office,
        open_page(browser, live_server.url, width=360, height=780) as passer_by,
    ):
        wish = hung(courier)
        at_the_desk(street, scene.street, live_server.url)
        let_hang(street, wish)
        passer_by.goto("/wishes/")
        expect(passer_by.get_by_text("已点亮 0 个 · 待认领 1 个")).to_be_visible()
        at_the_desk(office, scene.league, live_server.url)
        claimed_and_brought(office, wish, picture_file)
        assert scene.rider.user.name not in office.content()
        fetched_and_thanked(courier, wish)
        passer_by.reload()
        expect(passer_by.get_by_text("已点亮 1 个 · 待认领 0 个")).to_be_visible()
        expect(passer_by.locator(".cell.lit")).to_have_count(1)
        expect(passer_by.get_by_text("今晚睡得着了").first).to_be_visible()
        assert scene.rider.user.name not in passer_by.content()
    wish.refresh_from_db()
    assert (wish.state, wish.claimed_by) == (WishState.FULFILLED, scene.youth_league)
    call_command("verify", stdout=io.StringIO())
