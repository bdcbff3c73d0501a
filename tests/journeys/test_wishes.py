"""Wishes on a telephone: hung with a picture, fetched, thanked for, taken back; and whole without script."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.services.codes import show_code
from fengchao.core import photos
from tests.factories import courier, outlet
from tests.factories.wishes import WishScene, wish_scene
from tests.journeys.report_phone import narrow, telephone
from tests.journeys.test_axe import grave_faults
from tests.journeys.test_axe import telephone as window
from tests.shares import share
from wishes import services
from wishes.models import Wish
from wishes.states import PHOTO, WishState

TELL_OF_IT = ("/wishes/mine/", "/", "/wishes/")
pytestmark = pytest.mark.journey
S = WishState
LONG = "一件过年能穿回老家给爸妈看的新棉衣要大号的那种黑色或者深蓝都行吧"[:30]
CLIPPED = """() => [...document.querySelectorAll('.cell a')].filter((cell) => {
  const title = cell.querySelector('b').getBoundingClientRect(), box = cell.getBoundingClientRect();
  const price = cell.querySelector(':scope > span').getBoundingClientRect();
  const beside = title.left < box.left || title.right > box.right;
  const tall = title.height > 2.6 * parseFloat(getComputedStyle(cell).fontSize);
  return tall || beside || title.top < box.top || price.bottom > box.bottom;
}).length"""


@pytest.fixture
def wishes(transactional_db: None, settings: Settings, tmp_path: Path) -> WishScene:
    settings.MEDIA_ROOT = tmp_path
    return wish_scene()


def phone(browser: Browser, live_server: LiveServer, scene: WishScene, *, script: bool) -> Any:
    return telephone(browser, live_server.url, scene.rider.user, here=False, java_script_enabled=script)


def fill(page: Page, title: str = "新风扇") -> None:
    page.get_by_label("骑行装备").check(force=True)
    page.get_by_label("想要什么").fill(title)
    page.get_by_label("为什么想要").fill("出租屋西晒")
    page.get_by_label("孩子", exact=True).check(force=True)
    page.get_by_label("大概多少钱").fill("150")


@pytest.mark.parametrize("script", [True, False])
def test_hung_with_a_picture(
    wishes: WishScene, live_server: LiveServer, browser: Browser, picture_file: Path, script: bool
) -> None:
    with phone(browser, live_server, wishes, script=script) as (_, page, _):
        page.goto("/")
        page.locator(".tabs").get_by_role("link", name="心愿").click()
        page.get_by_role("link", name="挂上我的心愿").click()
        expect(page.get_by_label("何师傅·中通")).to_be_checked()
        expect(page.get_by_label("挂在哪个蜂巢")).to_have_value(wishes.station.code)
        fill(page, title="")
        if script:
            page.locator("[data-take]").nth(1).set_input_files(str(picture_file))
            expect(page.locator(".photo-item")).to_have_count(1)  # made smaller first, which takes a while
            expect(page.locator(".photo-item progress")).to_be_hidden()
        else:
            page.set_input_files("#id_photos", str(picture_file))
        page.get_by_role("button", name="挂上去").click()
        expect(page.get_by_text("写写想要什么，如“新风扇”。")).to_be_visible()
        expect(page.locator(".photo-item")).to_have_count(1)  # it came through and stays
        expect(page.get_by_label("孩子", exact=True)).to_be_checked()
        assert grave_faults(page) == [] if script else narrow(page)
        page.get_by_label("想要什么").fill("新风扇")
        page.get_by_role("button", name="挂上去").dblclick()
        page.wait_for_url(re.compile(r"/wishes/\d+/$"))
        expect(page.get_by_text("已挂上，等街道审核")).to_be_visible()
        wish = Wish.objects.get()
        assert (wish.title, wish.category, wish.for_whom, wish.price) == ("新风扇", "gear", "孩子", 150)
        assert len(photos.of(str(wish.pk), PHOTO)) == 1
        page.goto("/")
        expect(page.get_by_role("link", name=re.compile("新风扇"))).to_contain_text("待审核")
        page.goto("/wishes/new/")
        page.wait_for_url(f"**{wish.get_absolute_url()}")
        expect(page.get_by_text("还有一个心愿没有结束")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_withdrawn_after_a_question(wishes: WishScene, live_server: LiveServer, browser: Browser, script: bool) -> None:
    wish = wishes.in_state(S.OPEN)
    with phone(browser, live_server, wishes, script=script) as (_, page, _):
        page.goto("/me/")
        page.get_by_role("link", name="我的心愿").click()
        page.get_by_role("link", name=re.compile("新风扇")).click()
        expect(page.get_by_role("button", name="确定撤回")).to_be_hidden()
        page.locator("summary", has_text="撤回这个心愿").click()
        expect(page.get_by_text("真的撤回吗")).to_be_visible()
        page.get_by_role("button", name="确定撤回").click()
        expect(page.get_by_text("已撤回。想好了可以再挂一个。")).to_be_visible()
        expect(page.get_by_role("link", name="再挂一个")).to_be_visible()
    wish.refresh_from_db()
    assert wish.state == S.WITHDRAWN


@pytest.mark.parametrize("script", [True, False])
def test_fetched_and_thanked_for(wishes: WishScene, live_server: LiveServer, browser: Browser, script: bool) -> None:
    wish = wishes.in_state(S.DELIVERED)
    with phone(browser, live_server, wishes, script=script) as (_, page, _):
        page.goto("/")
        page.get_by_role("link", name=re.compile("新风扇")).click()
        expect(page.get_by_role("heading", name="到哪里领")).to_be_visible()
        expect(page.get_by_role("link", name="去这里")).to_have_attribute("href", re.compile("amap"))
        page.get_by_label("想对团区委说的话").fill("今晚睡得着了，谢谢")
        page.get_by_role("button", name="确认收到，说声谢谢").dblclick()
        expect(page.get_by_text("谢谢你，这句话会挂在树上。").first).to_be_visible()
        assert grave_faults(page) == [] if script else narrow(page)
        page.goto("/wishes/")
        expect(page.locator(".wish-card")).to_contain_text("今晚睡得着了，谢谢")
        expect(page.locator(".cell.lit")).to_have_count(1)
    wish.refresh_from_db()
    assert (wish.state, wish.steps.filter(move="thank").count()) == (S.FULFILLED, 1)


def test_the_tree_on_a_telephone_and_on_a_desk(wishes: WishScene, live_server: LiveServer, browser: Browser) -> None:
    """The longest titles stay inside their hexagons, each hexagon leads to its wish, and the thumb has room."""
    for number in range(6):
        rider = courier(outlet(wishes.district.community))
        wish = services.approve(wishes.hung(rider=rider, title=LONG if number % 2 else "A" * 30), by=wishes.street)
        if number < 2:
            wishes.make(wishes.make(wishes.make(wish, "claim"), "deliver"), "thank")
    context = window(browser, live_server.url)
    page = context.new_page()
    for width, height in ((320, 640), (360, 780), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/wishes/")
        expect(page.locator(".cell")).to_have_count(6)
        assert (width, page.evaluate(CLIPPED)) == (width, 0)
        assert grave_faults(page) == []
        for cell in page.locator(".cell a").all():
            box = cell.bounding_box()
            assert box and min(box["width"], box["height"]) >= 48
    page.set_viewport_size({"width": 360, "height": 780})
    button = page.get_by_role("link", name="挂上我的心愿").bounding_box()
    bar = page.locator(".tabs").bounding_box()
    assert button and bar and button["y"] + button["height"] <= bar["y"]  # in the first view
    page.locator(".cell.lit a").first.click()
    page.wait_for_url(re.compile(r"/wishes/\d+/$"))
    expect(page.get_by_text("谢谢团区委")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="已点亮", exact=True).click()
    expect(page.locator(".wish-card")).to_have_count(2)
    page.locator("summary", has_text="按类别和街道找").click()
    page.get_by_label("类别").select_option("help")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有这样的心愿。")).to_be_visible()
    context.close()


def test_a_first_view_is_light(wishes: WishScene, live_server: LiveServer, browser: Browser) -> None:
    """What comes over the wire for the tree, compressed as it is, before anything is kept: at most 60 KB."""
    for _ in range(6):
        wishes.in_state(S.OPEN, rider=courier(outlet(wishes.district.community)))
    context = window(browser, live_server.url)
    page, sizes = context.new_page(), []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto("/wishes/", wait_until="networkidle")
    assert sizes and sum(sizes) <= 60 * 1024
    context.close()


@pytest.mark.parametrize("state", S)
def test_no_grave_fault_in_any_state(
    wishes: WishScene, live_server: LiveServer, browser: Browser, state: WishState
) -> None:
    """On its own page, and on one of those that tell of it."""
    no_grave_fault(wishes, live_server, browser, state, share(TELL_OF_IT, list(S).index(state), of=3))


@pytest.mark.slow
@pytest.mark.parametrize("state", S)
def test_no_grave_fault_in_any_state_on_any_page(
    wishes: WishScene, live_server: LiveServer, browser: Browser, state: WishState
) -> None:
    no_grave_fault(wishes, live_server, browser, state, TELL_OF_IT)


def no_grave_fault(
    wishes: WishScene, live_server: LiveServer, browser: Browser, state: WishState, more: Iterable[str]
) -> None:
    wish = wishes.in_state(state)
    with phone(browser, live_server, wishes, script=True) as (_, page, _):
        for address in (wish.get_absolute_url(), *more):
            page.goto(address)
            assert grave_faults(page) == []


def test_from_paper_at_the_counter(wishes: WishScene, live_server: LiveServer, browser: Browser) -> None:
    wishes.in_state(S.DELIVERED, rider=courier(outlet(wishes.district.community), name="张小强"))
    context = window(browser, live_server.url, wishes.worker, staff=True)
    page = context.new_page()
    page.goto(f"/desk/counter/{wishes.station.code}/")
    page.get_by_label("识别快递小哥").fill(show_code(wishes.rider).digits)
    page.get_by_role("button", name="识别", exact=True).click()
    page.get_by_role("button", name="登记心愿").click()
    expect(page.get_by_text("何师傅·中通")).to_be_visible()
    page.get_by_role("button", name="登记，送审核").click()
    expect(page.get_by_text("请选一个类别。")).to_be_visible()
    assert grave_faults(page) == []
    fill(page, "老花镜")
    page.get_by_role("button", name="登记，送审核").click()
    expect(page.get_by_text(re.compile("已登记何.*的心愿“老花镜”，等街道审核"))).to_be_visible()
    assert Wish.objects.get(title="老花镜").filed_by == wishes.worker
    page.get_by_role("link", name="等着来领的心愿").click()
    expect(page.get_by_text("张师傅")).to_be_visible()
    assert grave_faults(page) == []
    context.close()
