"""The desk of who claims wishes and the staff's lists in Chromium: no grave fault, and by keyboard alone."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from fengchao.core import clock, photos
from tests.factories.reports import picture
from tests.factories.wishes import WishScene, wish_scene
from tests.journeys.test_axe import THIRD_PARTIES, grave_faults
from tests.journeys.test_reports_desk import complaints, enter
from tests.shares import share
from tests.wishes.test_desk import another
from wishes import services
from wishes.models import Claim
from wishes.states import WishState

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
S = WishState
__all__ = ["complaints"]


@pytest.fixture
def scene(settings: Any, tmp_path: Any, transactional_db: None) -> WishScene:
    settings.MEDIA_ROOT = tmp_path
    return wish_scene()


def jpeg() -> dict[str, Any]:
    file = BytesIO()
    Image.new("RGB", (640, 480), "green").save(file, "JPEG")
    return {"name": "fan.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def tab_to(page: Page, role: Any, name: str) -> None:
    """On with the tabulator until this control has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("found => found === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def test_claimed_noted_and_brought_by_keyboard_alone(
    scene: WishScene,
    live_server: LiveServer,
    page: Page,
    complaints: list[str],
) -> None:
    wish = scene.hung(photo_id=picture(scene.rider.user).pk)
    services.approve(wish, by=scene.street)
    enter(page, scene.league, live_server.url)
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{live_server.url}/desk/")
    faults = grave_faults(page)
    tab_to(page, "link", "微心愿 1 个可认领 0 个进行中 0 个快到期")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="微心愿")).to_be_visible()
    page.get_by_text("筛选", exact=True).first.press("Enter")
    expect(page.get_by_label("类别")).to_be_visible()
    faults += grave_faults(page)
    page.get_by_role("link", name="新风扇").press("Enter")
    tab_to(page, "button", "以团区委的名义认领")
    faults += grave_faults(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("认领成功。")).to_be_visible()
    expect(page.get_by_text("还剩 7 天。")).to_be_visible()
    faults += grave_faults(page)
    tab_to(page, "link", "记进展")
    page.keyboard.press("Enter")
    tab_to(page, "textbox", "进展")
    faults += grave_faults(page)
    page.keyboard.type("已经下单，周五能到。")
    tab_to(page, "button", "记进展")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已记下，许愿人会收到通知。")).to_be_visible()
    tab_to(page, "link", "送达")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="送达")).to_be_visible()
    page.wait_for_load_state()  # the script sends what is chosen after it has come
    page.get_by_label("选择照片").set_input_files([jpeg()])
    expect(page.get_by_label("用这张")).to_be_checked()
    faults += grave_faults(page)
    tab_to(page, "button", "送达")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已记为送达")).to_be_visible()
    faults += grave_faults(page)
    wish.refresh_from_db()
    assert (wish.state, len(photos.of(str(wish.pk), "wish_delivered"))) == (S.DELIVERED, 1)
    assert (faults, complaints) == ([], [])


def test_without_script_it_is_claimed_and_brought(scene: WishScene, live_server: LiveServer, browser: Any) -> None:
    wish = scene.in_state(S.OPEN)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    enter(page, scene.league, live_server.url)
    page.goto(f"/desk/wishes/{wish.pk}/")
    page.get_by_role("button", name="以团区委的名义认领").click()
    page.get_by_role("link", name="送达").click()
    page.locator("#id_photos").set_input_files([jpeg()])
    page.get_by_role("button", name="送达", exact=True).click()
    expect(page.get_by_text("已记为送达")).to_be_visible()
    context.close()


def test_no_list_of_the_desk_has_a_grave_fault(
    scene: WishScene,
    live_server: LiveServer,
    page: Page,
    complaints: list[str],
) -> None:
    """Each list and page at one of the two widths."""
    lists_of_the_desk(scene, live_server, page, one_in=2)
    assert complaints == []


@pytest.mark.slow
def test_no_list_of_the_desk_has_a_grave_fault_at_any_width(
    scene: WishScene,
    live_server: LiveServer,
    page: Page,
    complaints: list[str],
) -> None:
    lists_of_the_desk(scene, live_server, page, one_in=1)
    assert complaints == []


def lists_of_the_desk(scene: WishScene, live_server: LiveServer, page: Page, *, one_in: int) -> None:
    ending = another(scene, S.CLAIMED, at=clock.now() - timedelta(days=5, minutes=1))
    services.warn_due()
    another(scene), another(scene, S.DELIVERED), another(scene, S.FULFILLED)
    taken = services.claim(another(scene), organisation=scene.shop, by=scene.company)
    enter(page, scene.league, live_server.url)
    faults = []
    for number, width in enumerate((360, 1280)):
        page.set_viewport_size({"width": width, "height": 780})
        for tab in share(("", "claimed", "ending", "delivered", "lit", "past"), number, of=one_in):
            page.goto(f"{live_server.url}/desk/wishes/?show={tab}")
            faults += grave_faults(page)
        page.goto(f"{live_server.url}/desk/wishes/?price=x")
        page.get_by_text("通知", exact=False).first.click()
        faults += grave_faults(page)
        for address in share((taken.pk, ending.pk, f"{ending.pk}/release", f"{ending.pk}/deliver"), number, of=one_in):
            page.goto(f"{live_server.url}/desk/wishes/{address}/")
            faults += grave_faults(page)
    assert faults == []


def test_pages_of_officials(
    scene: WishScene,
    live_server: LiveServer,
    page: Page,
    complaints: list[str],
) -> None:
    """From the dashboard to a wish on the tree; what third parties get wrong stands in the list of the other pages."""
    wish = scene.hung(price=500, text="请发红包", photo_id=picture(scene.rider.user).pk)
    another(scene, S.FULFILLED), another(scene, S.CLAIMED, at=clock.now() - timedelta(days=6))
    planned = services.plan(scene.station, title="装一台冰柜", wishes=[another(scene)], by=scene.street)
    enter(page, scene.street, live_server.url)
    page.set_viewport_size({"width": 1280, "height": 800})
    base, faults = f"{live_server.url}/admin/wishes", []
    for address in (
        "/wish/", "/wish/?heap=all", f"/wish/{wish.pk}/change/", "/wish/figures/", "/claim/",
        f"/claim/{Claim.objects.live().first().pk}/change/", "/improvement/", f"/improvement/{planned.pk}/change/",
    ):  # fmt: skip
        page.goto(base + address)
        faults += grave_faults(page)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="待审核心愿").click()
    page.get_by_role("link", name="新风扇").click()
    expect(page.get_by_text("预算 500 元，上限 300 元")).to_be_visible()
    page.get_by_role("button", name="不通过").click()
    expect(page.get_by_text("常用原因")).to_be_visible()
    faults += grave_faults(page)
    page.get_by_role("link", name="返回").click()
    page.get_by_role("link", name="新风扇").click()
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text("已通过 1 个，挂上树了。")).to_be_visible()
    wish.refresh_from_db()
    ours = [fault for fault in faults if not any(known in fault for known in THIRD_PARTIES)]
    assert (wish.state, ours, complaints) == (S.OPEN, [], [])
