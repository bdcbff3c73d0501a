"""The centre's desk and the outlet manager's list: the way of a morning, refusals, and nothing else of him."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.models import IdempotencyKey
from tests.factories import page_client, staff, staff_client
from tests.factories.people import courier, outlet
from tests.factories.vouchers import A_DAY, VoucherScene, fresh
from vouchers import services
from vouchers.models import Slot, Tick, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState
LIST, CARDS = "/desk/clinic/", "/desk/vouchers/"
MARKED = "秘密骑手"


@pytest.fixture
def desk(scene: VoucherScene) -> Client:
    return staff_client(scene.nurse)


def today(scene: VoucherScene) -> datetime:
    """Move all booked slots, which lie some days on, to some minutes ago; when the first begins."""
    now = clock.now()
    start = max(now - timedelta(minutes=10), clock.day_bounds(clock.shanghai_day(now))[0])
    for number, slot in enumerate(Slot.objects.filter(bookings__isnull=False).distinct().order_by("starts_at")):
        at = start + timedelta(seconds=number)
        Slot.objects.filter(pk=slot.pk).update(starts_at=at, ends_at=at + timedelta(minutes=30))
    Voucher.objects.filter(checked_in_at__isnull=False).update(checked_in_at=start)
    return start


def address(voucher: Voucher, move: str = "") -> str:
    return f"{LIST}{voucher.code}/{move}/" if move else f"{LIST}{voucher.code}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def post(client: Client, voucher: Voucher, move: str, *, key: str = "", **given: Any) -> Any:
    return client.post(address(voucher, move), {"key": key or f"{move}-{voucher.pk}", **given})


def another(scene: VoucherScene, state: VoucherState = S.BOOKED, name: str = "何小蜂") -> Voucher:
    return scene.in_state(state, rider=courier(outlet(scene.district.community, company=scene.post), name=name))


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return len(seen)


# --- Who gets in


def test_signing_in_leads_to_the_desk_with_its_tiles(scene: VoucherScene) -> None:
    another(scene), another(scene, S.CHECKED_IN), another(scene, S.ISSUED), another(scene, S.COMPLETED)
    today(scene)
    nurse, manager = staff_client(scene.nurse), staff_client(scene.manager)
    assert (nurse.get("/")["Location"], manager.get("/")["Location"]) == ("/desk/", "/desk/")
    seen, cards = text(nurse.get("/desk/")), text(manager.get("/desk/"))
    assert ("今天 3 人" in seen, "1 人待报到" in seen, "网点体检卡" in seen) == (True, True, False)
    assert ("待预约 1" in cards, "已预约 1" in cards, "已体检 1" in cards, LIST in cards) == (True, True, True, False)


@pytest.mark.parametrize("role", [r for r in Role if r != Role.CLINIC], ids=lambda role: str(role.value))
def test_nobody_else_gets_into_the_centre(scene: VoucherScene, role: Role) -> None:
    voucher, client = scene.booked(), staff_client(staff(role, scene.district.root))
    assert [client.get(page).status_code for page in (LIST, address(voucher), address(voucher, "complete"))] == [
        403
    ] * 3
    assert [client.post(LIST).status_code, post(client, voucher, "check-in").status_code] == [403] * 2
    assert client.get(CARDS).status_code == (200 if role == Role.OUTLET_MANAGER else 403)


def test_a_courier_and_a_text_message_open_nothing(scene: VoucherScene) -> None:
    for page in (LIST, CARDS):
        assert page_client(scene.rider.user).get(page).status_code == 403
        for client in (page_client(), page_client(scene.nurse)):
            assert client.get(page)["Location"].startswith("/staff/login/")
    assert staff_client(scene.nurse).get(CARDS).status_code == 403


# --- The day


def test_the_day_by_time_with_states_and_ticks(scene: VoucherScene, desk: Client) -> None:
    late = scene.booked(slot=scene.slot(days=3, hour=10))
    there = another(scene, S.CHECKED_IN, "甲一")
    services.tick(there, scene.items[0], done=True, by=scene.nurse)
    gone, missed = another(scene, S.COMPLETED, "乙二"), another(scene, S.BOOKED, "丙三")
    today(scene)
    services.no_show(missed, by=scene.nurse)
    rows = desk.get(LIST).context["rows"]
    assert [(row.name, row.label, row.ticks, row.items) for row in rows] == [
        ("甲一", "体检中", 1, 6), ("乙二", "已完成", 6, 6), ("丙三", "未到", None, 6), ("何小蜂", "待报到", None, 6),
    ]  # fmt: skip
    assert [row.code for row in rows] == [there.code, gone.code, missed.code, late.code]


def test_other_days_and_odd_ones(scene: VoucherScene, desk: Client) -> None:
    scene.booked()
    day = clock.shanghai_day(clock.now()) + 3 * A_DAY
    assert [row.name for row in desk.get(LIST, {"day": day.isoformat()}).context["rows"]] == ["何小蜂"]
    for odd in ("", "x", "2026-13-01", "0001-01-01", "9999-12-31", "2026-W01-1"):
        answer = desk.get(LIST, {"day": odd})
        assert (answer.status_code, answer.context["rows"]) == (200, [])
    assert "这一天没有人预约" in text(desk.get(LIST))


def test_a_cancelled_booking_and_another_centre_are_not_in_the_list(scene: VoucherScene, desk: Client) -> None:
    voucher, given_back = another(scene), another(scene)
    services.cancel(given_back, by=given_back.courier.user)
    today(scene)
    assert [row.code for row in desk.get(LIST).context["rows"]] == [voucher.code]
    assert staff_client(scene.stranger).get(LIST).context["rows"] == []


def test_one_and_three_people_cost_the_same(scene: VoucherScene, desk: Client) -> None:
    voucher, manager = another(scene, S.CHECKED_IN), staff_client(scene.manager)
    today(scene)
    pages = ((desk, LIST), (desk, address(voucher)), (desk, "/desk/"), (manager, CARDS), (manager, "/desk/"))
    desk.get(LIST), manager.get(CARDS)
    one = [queries(client, page) for client, page in pages]
    for state in (S.BOOKED, S.CHECKED_IN, S.PARTIAL):
        another(scene, state)
    today(scene)
    for item in scene.items[:3]:
        services.tick(voucher, item, done=True, by=scene.nurse)
    assert [queries(client, page) for client, page in pages] == one
    assert max(one) <= 11


# --- The scan


def test_a_scan_opens_the_card_however_it_is_typed(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked()
    today(scene)
    typed = (voucher.code, f" {voucher.code.lower()} ", f"{voucher.code[:4]} {voucher.code[4:]}", f"{voucher.code}\n")
    for code in typed:
        assert desk.post(LIST, {"code": code})["Location"] == f"{address(voucher)}?scan=1"
    page = desk.get(f"{address(voucher)}?scan=1")
    assert ("何小蜂" in text(page), page.context["outcome"], page.context["moves"]["check_in"]) == (
        True, "identified", True,
    )  # fmt: skip


def test_foreign_unknown_and_odd_codes_are_refused_alike(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked()
    stranger = staff_client(scene.stranger)
    for client, code in ((stranger, voucher.code), (desk, "T222222222"), (desk, "\U0001f600")):
        answer = client.post(LIST, {"code": code})
        page = client.get(answer["Location"])
        assert (answer["Location"], page.context["refused"]) == (
            f"{LIST}?refused=unknown", "没有这张体检卡，请核对卡号。",
        )  # fmt: skip
        assert ('data-outcome="refused"' in text(page), code in text(page)) == (True, False)
    assert stranger.get(address(voucher)).status_code == post(stranger, voucher, "check-in").status_code == 404
    for odd, words in (("", "请扫码，或输入卡号。"), (" ", "请扫码，或输入卡号。"), ("长" * 61, "这不是体检卡的码。")):
        assert desk.get(desk.post(LIST, {"code": odd})["Location"]).context["refused"] == words
    assert desk.get(LIST, {"refused": "x"}).context["refused"] == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (S.ISSUED, "还没有预约，请先在手机上约时间。"),
        (S.VOID, "已作废"),
        (S.EXPIRED, "已过期"),
        (S.RETURNED, "两次预约没有来"),
        (S.COMPLETED, "已在美年大健康体检中心报到。"),
        (S.PARTIAL, "已在美年大健康体检中心报到。"),
    ],
)
def test_what_is_not_checked_in_says_why(
    scene: VoucherScene, desk: Client, state: VoucherState, words: str
) -> None:  # fmt: skip
    voucher = scene.in_state(state)
    page = desk.get(f"{address(voucher)}?scan=1")
    assert (words in page.context["problem"], page.context["outcome"]) == (True, "refused")
    assert ('class="banner refused"' in text(page), any(page.context["moves"].values())) == (True, False)
    refused = post(desk, voucher, "check-in")
    assert (refused["Location"], len(told(refused)), fresh(voucher).state) == (address(voucher), 1, state)


def test_the_wrong_day_is_named(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked(slot=scene.slot(days=5))
    day = clock.shanghai_day(clock.now()) + 5 * A_DAY
    words = f"预约的是 {day.month} 月 {day.day} 日，不是今天。"
    assert desk.get(address(voucher)).context["problem"] == words
    assert told(post(desk, voucher, "check-in")) == [words]


def test_a_nurse_does_not_check_herself_in(scene: VoucherScene) -> None:
    voucher = scene.booked()
    today(scene)
    scene.rider.user.memberships.create(organisation=scene.clinic, role=Role.CLINIC)
    own = staff_client(User.objects.get(pk=scene.rider.pk))
    assert "不能处理自己的体检卡" in text(own.get(address(voucher)))
    assert (told(post(own, voucher, "check-in")), fresh(voucher).state) == (["不能处理自己的体检卡。"], S.BOOKED)


# --- The morning


def test_checked_in_ticked_and_completed(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked()
    today(scene)
    answer = post(desk, voucher, "check-in")
    assert (answer["Location"], told(answer)) == (address(voucher), ["已报到，可以开始体检。"])
    page = desk.get(address(voucher))
    assert (page.context["outcome"], page.context["following"]) == ("done", scene.items[0].pk)
    for item in scene.items:
        assert post(desk, voucher, "tick", key=f"k-{item.pk}", item=item.pk, done=1)["Location"] == address(voucher)
    page = desk.get(address(voucher))
    assert (page.context["done"], page.context["following"], page.context["outcome"]) == (6, None, "")
    assert told(post(desk, voucher, "complete"))[-1] == "全部完成，可以回去了。"
    assert (fresh(voucher).state, Tick.objects.filter(by=scene.nurse).count()) == (S.COMPLETED, 6)


def test_a_second_scan_says_when_and_where_and_goes_on(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.in_state(S.CHECKED_IN)
    at = today(scene).astimezone(clock.SHANGHAI)
    page = desk.get(f"{address(voucher)}?scan=1")
    words = f"今天 {at:%H:%M} 已在美年大健康体检中心报到。"
    assert (page.context["problem"], words in text(page), page.context["outcome"]) == (words, True, "identified")
    assert "已在美年大健康体检中心报到" in told(post(desk, voucher, "check-in"))[-1]


def test_a_tick_that_was_a_mistake_is_taken_back(scene: VoucherScene, desk: Client) -> None:
    voucher, item = scene.in_state(S.CHECKED_IN), scene.items[2]
    post(desk, voucher, "tick", key="a", item=item.pk, done=1)
    post(desk, voucher, "tick", key="b", item=item.pk, done=0)
    assert (voucher.ticks.count(), voucher.steps.filter(move="tick").count()) == (0, 2)


def test_completing_says_which_items_are_left(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.in_state(S.CHECKED_IN)
    for item in scene.items[:4]:
        services.tick(voucher, item, done=True, by=scene.nurse)
    seen = text(desk.get(address(voucher, "complete")))
    assert ("还有 2 项没有勾，按部分完成结束？" in seen, "彩超、五官" in seen) == (True, True)
    assert post(desk, voucher, "complete")["Location"] == address(voucher, "complete")
    assert fresh(voucher).state == S.CHECKED_IN
    assert told(post(desk, voucher, "complete", partly=1)) == ["按部分完成结束了。"]
    assert fresh(voucher).state == S.PARTIAL
    assert desk.get(address(voucher, "complete"))["Location"] == address(voucher)


def test_who_did_not_come_and_did_not_come_again(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked()
    assert "记为未到" not in text(desk.get(address(voucher)))  # not before the time
    today(scene)
    assert "还可以再约一次" in text(desk.get(address(voucher)))
    assert told(post(desk, voucher, "no-show")) == ["已记为未到，还可以再约一次。"]
    services.book(fresh(voucher), scene.slot(days=3), by=scene.rider.user)
    today(scene)
    assert "名额就让给别人" in text(desk.get(address(voucher)))
    assert "名额让给别人" in told(post(desk, voucher, "no-show", key="second"))[-1]
    assert fresh(voucher).state == S.RETURNED


def test_a_form_sent_twice_acts_once(scene: VoucherScene, desk: Client) -> None:
    voucher, item = scene.booked(), scene.items[0]
    today(scene)
    first, second = post(desk, voucher, "check-in"), post(desk, voucher, "check-in")
    assert told(second)[-1] == told(first)[-1]
    for _ in range(2):
        post(desk, voucher, "tick", item=item.pk, done=1)
    for _ in range(2):
        post(desk, voucher, "complete", partly=1)
    kept = [str(answer) for answer in IdempotencyKey.objects.values_list("body", flat=True)]
    found = [any(words in answer for answer in kept) for words in ("已报到", "何小蜂")]
    assert (len(kept), found) == (3, [True, False])  # an account may be closed later
    assert list(voucher.steps.values_list("move", flat=True)) == ["issue", "book", "check-in", "tick", "complete"]


def test_odd_forms_write_nothing(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.in_state(S.CHECKED_IN)
    for given in ({}, {"item": 0}, {"item": "x", "done": 1}, {"item": 9**25, "done": 1}, {"item": scene.items[0].pk}):
        answer = post(desk, voucher, "tick", **given)
        assert (answer["Location"], len(told(answer)) > 0) == (address(voucher), True)
    for move in ("complete", "check-in", "no-show"):
        assert told(desk.post(address(voucher, move)))[-1] == "这一页已失效，请重新扫码。"
    assert [desk.post(address(voucher, odd)).status_code for odd in ("book", "void", "x")] == [404] * 3
    assert desk.get(address(voucher, "tick"))["Location"] == address(voucher)
    assert (voucher.ticks.count(), fresh(voucher).state) == (0, S.CHECKED_IN)


def test_the_centre_reads_the_name_and_nothing_else_of_him(scene: VoucherScene, desk: Client) -> None:
    voucher = scene.booked()
    pages = [text(desk.get(page)) for page in (LIST, address(voucher), "/desk/")]
    assert "何小蜂" in pages[1]
    shop = scene.rider.outlet
    for mark in (str(scene.rider.user.phone), shop.name, shop.enterprise.name, str(scene.rider.user.phone)[-4:]):
        assert [mark in page for page in pages] == [False] * 3


# --- The outlet's cards


def test_the_manager_sees_his_couriers_masked_and_no_others(scene: VoucherScene) -> None:
    scene.rider.user.name = MARKED
    scene.rider.user.save()
    mine = scene.booked()
    elsewhere = scene.issued(rider=courier(outlet(scene.district.community)))
    manager = staff_client(scene.manager)
    page = manager.get(CARDS)
    assert [card.code for card, _ in page.context["rows"]] == [mine.code]
    seen = text(page)
    when = scene.slot(days=3).starts_at.astimezone(clock.SHANGHAI)
    for words in ("秘*", scene.rider.outlet.name, "关爱体检", "已预约", f"{when.month}月{when.day}日", "09:00"):
        assert words in seen
    for mark in (MARKED, str(scene.rider.user.phone), mine.code, elsewhere.code):
        assert mark not in seen


def test_the_districts_role_of_a_manager_widens_nothing(scene: VoucherScene) -> None:
    scene.issued(rider=courier(outlet(scene.district.community)))
    scene.manager.memberships.create(organisation=scene.district.root, role=Role.DISTRICT_ADMIN)
    assert staff_client(User.objects.get(pk=scene.manager.pk)).get(CARDS).context["rows"] == []


def test_narrowed_by_state_with_no_shows(scene: VoucherScene) -> None:
    voucher = scene.booked()
    services.no_show(voucher, by=scene.nurse, at=scene.slot(days=3).starts_at + timedelta(minutes=1))
    another(scene, S.COMPLETED)
    manager = staff_client(scene.manager)
    page = manager.get(CARDS, {"state": "issued"})
    assert ([card.code for card, _ in page.context["rows"]], "未到 1 次" in text(page)) == ([voucher.code], True)
    assert [(label, n) for _, label, n, _ in page.context["tabs"]] == [("全部", 2), ("待预约", 1), ("已完成", 1)]
    assert "没有这个状态" in text(manager.get(CARDS, {"state": "void"}))
    assert len(manager.get(CARDS, {"state": "x", "page": "x"}).context["rows"]) == 2


def test_without_cards_the_list_says_who_gives_them(scene: VoucherScene) -> None:
    assert "发放由区里办理" in text(staff_client(scene.manager).get(CARDS))
