"""Check-up cards on a telephone and at the centre's desk: booked, changed, given back, and a morning by keyboard."""

import re
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import courier, outlet
from tests.factories.places import station
from tests.factories.vouchers import VoucherScene, fresh, voucher_scene
from tests.journeys.report_phone import narrow, telephone
from tests.journeys.test_axe import grave_faults
from tests.journeys.test_reports_desk import complaints, enter
from tests.vouchers.test_desk import today
from vouchers.models import Programme, SlotWaiting
from vouchers.states import VoucherState

pytestmark = pytest.mark.journey
S = VoucherState
__all__ = ["complaints"]
SMALL = """() => [...document.querySelectorAll('main a, main button, main summary')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && !one.closest('p, .seen') && (box.height < 47.5 || box.width < 47.5);
}).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture
def cards(transactional_db: None) -> VoucherScene:
    made = voucher_scene()
    Programme.objects.update(phone="027-83000000")
    return made


def phone(browser: Browser, live_server: LiveServer, scene: VoucherScene, *, script: bool) -> Any:
    return telephone(browser, live_server.url, scene.rider.user, here=False, java_script_enabled=script)


def fine(page: Page, *, script: bool) -> None:
    """No grave fault, nothing wider than the window, every target for a thumb."""
    if script:
        assert (grave_faults(page), page.evaluate(SMALL)) == ([], [])
    else:
        assert narrow(page)


@pytest.mark.parametrize("script", [True, False])
def test_booked_changed_and_cancelled(
    cards: VoucherScene, live_server: LiveServer, browser: Browser, script: bool
) -> None:
    station(cards.district.community)
    voucher, _, _ = cards.issued(), cards.slot(days=3), cards.slot(days=4, hour=10)
    with phone(browser, live_server, cards, script=script) as (_, page, _):
        page.goto("/")
        page.get_by_role("link", name=re.compile("关爱体检")).click()
        expect(page.get_by_role("heading", name="关爱体检", level=1)).to_be_visible()
        fine(page, script=script)
        page.get_by_role("link", name="约时间").click()
        expect(page.get_by_role("heading", name="哪天去体检？")).to_be_visible()
        fine(page, script=script)
        page.get_by_role("button", name=re.compile("09:00 余 5")).dblclick()
        expect(page.locator(".note.success")).to_contain_text("约好了")
        expect(page.locator(".appointment")).to_contain_text("09:00")
        fine(page, script=script)
        page.get_by_role("link", name="改约").click()
        page.locator("summary").nth(1).click()
        page.get_by_role("button", name=re.compile("10:00 余 5")).click()
        expect(page.locator(".note.success")).to_contain_text("改好了")
        page.goto("/")
        expect(page.get_by_role("link", name=re.compile("关爱体检"))).to_contain_text("10:00")
        page.goto("/me/")
        page.get_by_role("link", name="我的体检卡").click()
        expect(page.get_by_role("button", name="确定取消")).to_be_hidden()
        page.locator("summary", has_text="取消预约").click()
        fine(page, script=script)
        page.get_by_role("button", name="确定取消").click()
        expect(page.get_by_text("已取消预约，随时可以再约。")).to_be_visible()
        expect(page.get_by_role("link", name="约时间")).to_be_visible()
    assert list(voucher.steps.values_list("move", flat=True)) == ["issue", "book", "change", "cancel"]
    assert fresh(voucher).state == S.ISSUED


@pytest.mark.parametrize("script", [True, False])
def test_a_full_time_is_waited_for(
    cards: VoucherScene, live_server: LiveServer, browser: Browser, script: bool
) -> None:
    cards.booked(slot=cards.slot(days=3, capacity=1), rider=courier(outlet(cards.district.community)))
    voucher = cards.issued()
    with phone(browser, live_server, cards, script=script) as (_, page, _):
        page.goto(f"/vouchers/{voucher.code}/slots/")
        page.locator("summary", has_text="约满").click()
        fine(page, script=script)
        page.get_by_role("button", name=re.compile("09:00 候补")).click()
        expect(page.locator(".note.success")).to_contain_text("已候补")
        fine(page, script=script)
        assert SlotWaiting.objects.get().voucher == voucher
        page.get_by_role("button", name=re.compile("不等了")).click()
        expect(page.get_by_text("不再候补这个时段。")).to_be_visible()
    assert SlotWaiting.objects.count() == 0


def test_the_calendar_file_is_what_the_page_says(
    cards: VoucherScene, live_server: LiveServer, browser: Browser
) -> None:
    voucher = cards.booked()
    with phone(browser, live_server, cards, script=True) as (context, page, _):
        page.goto(f"/vouchers/{voucher.code}/")
        href = page.get_by_role("link", name="加入日历").get_attribute("href")
        assert href
        answer = context.request.get(href)
        assert answer.headers["content-type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(answer.body()).events
        assert (event.start, event["location"]) == (cards.booking(voucher).slot.starts_at, "解放大道 1 号")


@pytest.mark.parametrize("state", S)
def test_no_grave_fault_in_any_state(
    cards: VoucherScene, live_server: LiveServer, browser: Browser, state: VoucherState
) -> None:
    """On a telephone; on a narrower and a wider window nothing is cut off or too small for a thumb."""
    voucher = cards.in_state(state)
    with phone(browser, live_server, cards, script=True) as (_, page, _):
        page.goto(f"/vouchers/{voucher.code}/")
        fine(page, script=True)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 780})
            page.reload()
            assert (narrow(page), page.evaluate(SMALL)) == (True, [])


@pytest.mark.slow
@pytest.mark.parametrize("state", S)
def test_no_grave_fault_in_any_state_at_any_width(
    cards: VoucherScene, live_server: LiveServer, browser: Browser, state: VoucherState
) -> None:
    voucher = cards.in_state(state)
    with phone(browser, live_server, cards, script=True) as (_, page, _):
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 780})
            page.goto(f"/vouchers/{voucher.code}/")
            fine(page, script=True)


def test_a_first_view_is_light_and_a_long_list_too(
    cards: VoucherScene, live_server: LiveServer, browser: Browser
) -> None:
    """What comes over the wire, compressed as it is, before anything is kept: at most 60 KB, with sixty times too."""
    voucher = cards.issued()
    for day in range(1, 16):
        for hour in (8, 9, 10, 11):
            cards.slot(days=day, hour=hour)
    for address in (f"/vouchers/{voucher.code}/", f"/vouchers/{voucher.code}/slots/"):
        with phone(browser, live_server, cards, script=True) as (_, page, _):
            sizes: list[int] = []
            page.on("requestfinished", lambda request, sizes=sizes: sizes.append(request.sizes()["responseBodySize"]))
            page.goto(address, wait_until="networkidle")
            assert sizes and sum(sizes) <= 60 * 1024
            fine(page, script=True)


@pytest.mark.parametrize("width", [1280, pytest.param(360, marks=pytest.mark.slow)])
def test_a_morning_by_keyboard_alone(
    cards: VoucherScene, live_server: LiveServer, page: Page, complaints: list[str], width: int
) -> None:
    """Scan, Enter: checked in; Enter for each item, Enter: completed. The next scan finds its field by itself."""
    voucher = cards.booked()
    other = cards.booked(rider=courier(outlet(cards.district.community), name="郑大蜂"))
    today(cards)
    enter(page, cards.nurse, live_server.url)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/desk/clinic/")
    faults = grave_faults(page)
    expect(page.get_by_label("扫体检卡")).to_be_focused()
    page.keyboard.type(voucher.code.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="报到")).to_be_focused()
    faults += grave_faults(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("已报到，可以开始体检。")).to_be_visible()
    for number, item in enumerate(cards.items, 1):
        expect(page.get_by_role("button", name=f"{number}. {item.name}")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("button.tick.done")).to_have_count(number)
    faults += grave_faults(page)
    expect(page.get_by_role("button", name="完成")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("全部完成，可以回去了。")).to_be_visible()
    page.get_by_role("link", name="今天的名单").focus()
    page.keyboard.type(other.code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="郑大蜂")).to_be_visible()
    page.goto(f"{live_server.url}/desk/clinic/")
    expect(page.get_by_role("link", name=re.compile("何小蜂"))).to_contain_text("6/6")
    faults += grave_faults(page)
    assert (fresh(voucher).state, faults, complaints) == (S.COMPLETED, [], [])


def test_without_script_a_scan_never_presses_a_button(
    cards: VoucherScene, live_server: LiveServer, browser: Browser
) -> None:
    """Focus waits in the field on every page there, and the morning goes by pointer."""
    voucher = cards.booked()
    today(cards)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    enter(page, cards.nurse, live_server.url)
    page.goto("/desk/clinic/")
    expect(page.get_by_label("扫体检卡")).to_be_focused()
    page.keyboard.type(voucher.code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="何小蜂")).to_be_visible()
    expect(page.get_by_label("扫体检卡")).to_be_focused()
    page.get_by_role("button", name="报到").click()
    page.get_by_role("button", name="1. 采血").click()
    page.get_by_role("link", name="完成").click()
    expect(page.get_by_role("heading", name="还有 5 项没有勾，按部分完成结束？")).to_be_visible()
    page.get_by_role("button", name="按部分完成结束").click()
    expect(page.get_by_text("按部分完成结束了。")).to_be_visible()
    context.close()
    assert fresh(voucher).state == S.PARTIAL


def test_refusals_at_the_desk_and_the_outlets_list(
    cards: VoucherScene, live_server: LiveServer, page: Page, complaints: list[str]
) -> None:
    """Red for what is not for today, in words; no grave fault in any of it."""
    voucher, faults = cards.booked(), []
    wide = (360, 1280)
    enter(page, cards.nurse, live_server.url)
    for width in wide:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{live_server.url}/desk/")
        faults += grave_faults(page)
        page.goto(f"{live_server.url}/desk/clinic/")
        page.keyboard.type(voucher.code)
        page.keyboard.press("Enter")
        expect(page.locator(".banner.refused")).to_contain_text("不是今天")
        faults += grave_faults(page)
    for state in (S.CHECKED_IN, S.RETURNED):
        made = cards.in_state(state, rider=courier(outlet(cards.district.community)))
        page.goto(f"{live_server.url}/desk/clinic/{made.code}/?scan=1")
        faults += grave_faults(page)
    page.goto(f"{live_server.url}/desk/clinic/{made.code}/complete/")
    page.context.clear_cookies()
    enter(page, cards.manager, live_server.url)
    for width in wide:
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/desk/", "/desk/vouchers/", "/desk/vouchers/?state=void"):
            page.goto(live_server.url + address)
            faults += grave_faults(page)
    assert (faults, complaints) == ([], [])
