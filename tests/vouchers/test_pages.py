"""The courier's pages of his check-up card: what it is for, a time, another time, and no result ever."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from fengchao.core import clock
from tests.factories import page_client
from tests.factories.people import courier, outlet
from tests.factories.places import station
from tests.factories.vouchers import A_DAY, VoucherScene, fresh, programme
from vouchers import services
from vouchers.models import Booking, Programme, Slot, SlotWaiting, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState
MINE = "/vouchers/"


def address(voucher: Voucher, name: str = "") -> str:
    return f"{MINE}{voucher.code}/{name}/" if name else f"{MINE}{voucher.code}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def post(client: Client, voucher: Voucher, name: str, slot: Slot | None = None) -> Any:
    return client.post(address(voucher, name), {"slot": slot.pk} if slot else {})


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return len(seen)


def full(scene: VoucherScene, **when: int) -> tuple[Slot, Voucher]:
    """A slot whose only place somebody else has."""
    slot = scene.slot(capacity=1, **when)
    return slot, scene.booked(slot=slot, rider=courier(outlet(scene.district.community)))


@pytest.fixture
def phone(scene: VoucherScene) -> Client:
    return page_client(scene.rider.user)


# --- My cards


def test_without_a_card_the_page_says_how_one_comes(phone: Client) -> None:
    assert "还没有体检卡" in text(phone.get(MINE))


def test_the_only_card_is_opened_at_once_and_two_are_a_list(scene: VoucherScene, phone: Client) -> None:
    first = scene.in_state(S.VOID)
    assert phone.get(MINE)["Location"] == address(first)
    second = scene.booked()
    shown = [card.code for card, _ in phone.get(MINE).context["cards"]]
    assert shown == [second.code, first.code]


def test_one_and_three_cards_cost_the_same(scene: VoucherScene, phone: Client) -> None:
    scene.in_state(S.VOID), scene.booked()
    one = queries(phone, MINE)
    for number in range(2):
        other = programme(scene.district.root, scene.clinic, name=f"体检{number}")
        services.issue(other, scene.rider, by=scene.chief)
    assert queries(phone, MINE) == one <= 8


def test_home_and_me_lead_to_a_live_card_for_no_query_more(scene: VoucherScene, phone: Client) -> None:
    station(scene.district.community)
    without = queries(phone, "/")
    assert "我的体检卡" not in text(phone.get("/"))
    voucher = scene.issued()
    assert (queries(phone, "/"), "去约时间" in text(phone.get("/"))) == (without, True)
    services.book(voucher, scene.slot(days=3), by=scene.rider.user)
    seen = text(phone.get("/"))
    assert ("已预约" in seen, "09:00" in seen, address(voucher) in seen) == (True, True, True)
    services.void(fresh(voucher), reason="错了", by=scene.chief)
    assert address(voucher) not in text(phone.get("/"))
    assert MINE in text(phone.get("/me/"))


def test_home_is_silent_about_a_card_past_its_last_day(scene: VoucherScene, phone: Client) -> None:
    station(scene.district.community)
    voucher = scene.issued()
    Voucher.objects.update(valid_until=clock.shanghai_day(clock.now()) - A_DAY)
    assert address(voucher) not in text(phone.get("/"))


# --- One card


def test_the_card_says_what_where_and_until_when(scene: VoucherScene, phone: Client) -> None:
    Programme.objects.update(phone="027-83000000")
    voucher = scene.issued()
    seen = text(phone.get(address(voucher)))
    code = f"{voucher.code[:4]} {voucher.code[4:8]} {voucher.code[8:]}"
    for words in ("关爱体检", "武汉美年大健康", "1,000 元", "美年大健康体检中心", "解放大道 1 号", "tel:027-83000000",
                  "约时间", "结果由体检中心直接给你", code):  # fmt: skip
        assert words in seen, words
    assert [item.name for item, _ in phone.get(address(voucher)).context["items"]] == [i.name for i in scene.items]
    assert ("<svg" in seen, "加入日历" in seen) == (True, False)


@pytest.mark.parametrize("state", S)
def test_every_state_has_its_page_and_only_a_live_card_its_code(
    scene: VoucherScene, phone: Client, state: VoucherState
) -> None:
    voucher = scene.in_state(state)
    page = phone.get(address(voucher))
    assert (page.status_code, bool(page.context["qr"])) == (200, state in (S.ISSUED, S.BOOKED, S.CHECKED_IN))
    assert S(state).label in text(page)
    assert all(step.sentence for step in page.context["steps"])


def test_ticks_are_shown_as_done_and_left(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.in_state(S.CHECKED_IN)
    services.tick(voucher, scene.items[0], done=True, by=scene.nurse)
    seen = text(phone.get(address(voucher)))
    assert (seen.count("做完</span>"), seen.count("还没做")) == (1, 5)
    services.complete(fresh(voucher), by=scene.nurse)
    assert text(phone.get(address(voucher))).count("没有做</span>") == 5


def test_nobody_reads_or_moves_the_card_of_another(scene: VoucherScene, phone: Client) -> None:
    theirs = scene.booked(rider=courier(outlet(scene.district.community)))
    slot = scene.slot(days=5)
    for page in ("", "slots", "calendar.ics"):
        found = address(theirs, page).replace("calendar.ics/", "calendar.ics")
        assert phone.get(found).status_code == 404
    for name in ("book", "change", "cancel", "wait", "stop-waiting", "odd"):
        assert post(phone, theirs, name, slot).status_code == 404
    assert fresh(theirs).state == S.BOOKED
    assert phone.get(f"{MINE}TXXXXXXXXX/").status_code == 404
    assert page_client().get(address(theirs))["Location"].startswith("/sign-in/")
    assert page_client(scene.nurse).get(address(theirs)).status_code == 302


def test_one_and_three_rows_of_everything_cost_the_same(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.issued()
    slots = [full(scene, days=day)[0] for day in (2, 3, 4)]
    post(phone, voucher, "book", scene.slot(days=6)), post(phone, voucher, "cancel")
    post(phone, voucher, "wait", slots[0])
    one = [queries(phone, address(voucher, page)) for page in ("", "slots")]
    post(phone, voucher, "wait", slots[1]), post(phone, voucher, "wait", slots[2])
    for _ in range(2):
        post(phone, voucher, "book", scene.slot(days=6))
        post(phone, voucher, "cancel")
    for slot in slots:
        post(phone, voucher, "wait", slot)
    assert SlotWaiting.objects.count() == 3
    assert [queries(phone, address(voucher, page)) for page in ("", "slots")] == one
    assert max(one) <= 12


# --- A time


def test_days_with_free_places_come_first(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.issued()
    taken, _ = full(scene, days=2)
    free, later = scene.slot(days=3), scene.slot(days=3, hour=10, capacity=2)
    Slot.objects.create(programme=scene.programme, starts_at=free.starts_at + 2 * A_DAY, capacity=1, is_closed=True,
                        ends_at=free.ends_at + 2 * A_DAY)  # fmt: skip
    scene.slot(days=-1), scene.slot(days=90)  # over, and when the card is
    page = phone.get(address(voucher, "slots"))
    days, full_days = page.context["days"], page.context["full_days"]
    assert [[time.slot for time in day.times] for day in days] == [[free, later]]
    assert [[(time.slot, time.kind) for time in day.times] for day in full_days] == [[(taken, "wait")]]
    seen = text(page)
    assert ("余 7" in seen, "余 5" in seen, "候补" in seen) == (True, True, True)


def test_without_a_line_the_page_says_so(scene: VoucherScene, phone: Client) -> None:
    assert "还没有放出时间" in text(phone.get(address(scene.issued(), "slots")))


def test_booked_changed_and_cancelled_with_a_sentence(scene: VoucherScene, phone: Client) -> None:
    voucher, slot, other = scene.issued(), scene.slot(days=3), scene.slot(days=4, hour=10)
    answer = post(phone, voucher, "book", slot)
    assert (answer["Location"], told(answer)[-1][:4]) == (address(voucher), "约好了：")
    page = phone.get(address(voucher))
    assert ("改约" in text(page), page.context["booking"].slot) == (True, slot)
    evening = datetime.combine(clock.shanghai_day(slot.starts_at) - A_DAY, datetime.min.time(), clock.SHANGHAI)
    assert page.context["last_change"] == evening + timedelta(hours=18)
    kinds = {time.slot: time.kind for day in _days(phone, voucher) for time in day.times}
    assert kinds == {slot: "mine", other: "free"}
    assert told(post(phone, voucher, "change", other))[-1].startswith("改好了：")
    assert scene.booking(voucher).slot == other
    assert told(post(phone, voucher, "cancel"))[-1] == "已取消预约，随时可以再约。"
    assert fresh(voucher).state == S.ISSUED


def _days(phone: Client, voucher: Voucher) -> list[Any]:
    page = phone.get(address(voucher, "slots"))
    return [*page.context["days"], *page.context["full_days"]]


def test_sent_twice_is_done_once_without_a_complaint(scene: VoucherScene, phone: Client) -> None:
    voucher, slot, other = scene.issued(), scene.slot(days=3), scene.slot(days=4)
    for name, chosen in (("book", slot), ("change", other), ("cancel", None)):
        first, second = post(phone, voucher, name, chosen), post(phone, voucher, name, chosen)
        assert (len(told(first)), second["Location"], told(second)) == (1, address(voucher), told(first))
        phone.get(address(voucher))  # which shows the sentence
    assert list(voucher.steps.values_list("move", flat=True)) == ["issue", "book", "change", "cancel"]
    taken, _ = full(scene, days=6)
    for name in ("wait", "wait", "stop-waiting", "stop-waiting"):
        assert post(phone, voucher, name, taken)["Location"] == address(voucher)
    assert SlotWaiting.objects.count() == 0


def test_the_last_place_went_to_somebody_else(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.issued()
    slot, _ = full(scene, days=3)
    answer = post(phone, voucher, "book", slot)
    assert (answer["Location"], told(answer)) == (address(voucher, "slots"), ["这个时段约满了，请换一个。"])
    assert Booking.objects.filter(voucher=voucher).count() == 0


def test_waited_for_until_a_place_comes_free(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.issued()
    slot, theirs = full(scene, days=3)
    assert told(post(phone, voucher, "wait", slot))[-1].startswith("已候补")
    assert "候补中" in text(phone.get(address(voucher)))
    assert [time.kind for day in _days(phone, voucher) for time in day.times] == ["waiting"]
    services.cancel(theirs, by=theirs.courier.user)
    page = phone.get(address(voucher))
    assert (page.context["booking"].slot, "候补到了，已为你约上" in text(page)) == (slot, True)


def test_odd_slots_are_refused_with_a_sentence(scene: VoucherScene, phone: Client) -> None:
    voucher = scene.issued()
    foreign = Slot.objects.create(
        programme=programme(scene.district.root, scene.clinic, name="别的"), capacity=1,
        starts_at=scene.slot(days=3).starts_at, ends_at=scene.slot(days=3).ends_at,
    )  # fmt: skip
    for odd in ({}, {"slot": "x"}, {"slot": "0"}, {"slot": "9" * 30}, {"slot": foreign.pk}):
        answer = phone.post(address(voucher, "book"), odd)
        assert (answer["Location"], told(answer)[-1]) == (
            address(voucher, "slots"), "这个时段不能预约，请换一个。",
        )  # fmt: skip
    assert told(post(phone, voucher, "wait", scene.slot(days=3)))[-1] == "这个时段还有空位，可以直接预约。"
    assert phone.get(address(voucher, "book"))["Location"] == address(voucher)
    assert phone.post(address(voucher, "odd")).status_code == 404
    assert fresh(voucher).state == S.ISSUED


def test_too_late_to_change_he_is_told_to_call(scene: VoucherScene, phone: Client) -> None:
    Programme.objects.update(phone="027-83000000")
    soon = scene.slot(days=0, hour=0)
    Slot.objects.filter(pk=soon.pk).update(
        starts_at=clock.now() + timedelta(hours=1), ends_at=clock.now() + timedelta(hours=2)
    )
    voucher = scene.booked(slot=soon)
    seen = text(phone.get(address(voucher)))
    assert ("请打电话给体检中心" in seen, "tel:027-83000000" in seen, "取消预约" in seen) == (True, True, False)
    late = phone.get(address(voucher, "slots"))
    assert (late["Location"], "请打电话" in told(late)[-1]) == (address(voucher), True)
    for name in ("change", "cancel"):
        assert "请打电话" in told(post(phone, voucher, name, scene.slot(days=3)))[-1]
    assert scene.booking(voucher).slot_id == soon.pk


def test_a_day_that_cannot_be_changed_any_more_is_marked(scene: VoucherScene, phone: Client) -> None:
    soon = scene.slot(days=0, hour=0)
    start = clock.now() + timedelta(minutes=20)
    Slot.objects.filter(pk=soon.pk).update(starts_at=start, ends_at=start + timedelta(minutes=30))
    scene.slot(days=3)
    days = _days(phone, scene.issued())
    assert [day.is_last_moment for day in days] == [True, False]


@pytest.mark.parametrize("state", [s for s in S if s not in (S.ISSUED, S.BOOKED)])
def test_what_is_over_cannot_be_booked(scene: VoucherScene, phone: Client, state: VoucherState) -> None:
    voucher = scene.in_state(state)
    assert phone.get(address(voucher, "slots"))["Location"] == address(voucher)
    answer = post(phone, voucher, "book", scene.slot(days=9))
    assert (answer["Location"], S(state).label in told(answer)[-1]) == (address(voucher), True)
    assert fresh(voucher).state == state


# --- The calendar


def test_the_appointment_as_a_calendar_file(scene: VoucherScene, phone: Client) -> None:
    voucher, page = scene.booked(), "calendar.ics"
    found = address(voucher, page).rstrip("/")
    answer = phone.get(found)
    assert (answer["Content-Type"], "attachment" not in answer["Content-Disposition"]) == (
        "text/calendar; charset=utf-8", True,
    )  # fmt: skip
    (event,) = Calendar.from_ical(answer.content).events
    slot = scene.booking(voucher).slot
    assert (event.start, event.end) == (slot.starts_at, slot.ends_at)
    assert (str(event["location"]), "美年大健康体检中心" in event["summary"]) == ("解放大道 1 号", True)
    (alarm,) = event.alarms.times
    assert alarm.trigger == slot.starts_at - timedelta(days=1)
    services.change(fresh(voucher), scene.slot(days=5), by=scene.rider.user)
    (moved,) = Calendar.from_ical(phone.get(found).content).events
    assert (moved["uid"], moved.start) == (event["uid"], scene.slot(days=5).starts_at)
    assert moved["sequence"] > event["sequence"]
    services.cancel(fresh(voucher), by=scene.rider.user)
    assert phone.get(found).status_code == 404
