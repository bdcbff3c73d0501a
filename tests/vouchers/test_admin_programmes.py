"""The district changes a programme, never below what has been given, and opens the centre's line."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from fengchao.core import clock
from fengchao.core.models import AuditLog
from tests.factories import staff_client
from tests.factories.vouchers import VoucherScene, fresh
from tests.vouchers.lists import (
    PROGRAMMES,
    SLOTS,
    act,
    change,
    fault,
    listed,
    rider,
    sheet,
    text,
    told,
)
from vouchers import services
from vouchers.models import Allotment, Item, Programme, Slot
from vouchers.services.line import Plan
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


@pytest.fixture
def client(scene: VoucherScene) -> Client:
    return staff_client(scene.chief)


# --- Programmes


def form_of(programme: Programme | None = None, *, scene: VoucherScene, **changed: Any) -> dict[str, Any]:
    """What the page of a programme sends, with `items` and `places` as lists of (row or None, fields)."""
    today = clock.shanghai_day(clock.now())
    items = changed.pop(
        "items",
        [(item, {"name": item.name, "order": item.order}) for item in programme.items.all()] if programme else [],
    )
    places = changed.pop("places", [])
    if programme and not places:
        places = [(row, {"enterprise": row.enterprise_id, "places": row.places}) for row in programme.allotments.all()]
    form = {
        "name": "关爱体检", "organisation": scene.district.root.pk, "sponsor": "武汉美年大健康", "phone": "",
        "centre": scene.clinic.pk, "address": "解放大道 1 号", "face_value": 1000, "quota": 130,
        "valid_from": today - timedelta(days=30), "valid_until": today + timedelta(days=60), "needs_verified": "on",
        "needs_honour": "", "is_active": "on", **changed,
    }  # fmt: skip
    for prefix, rows in (("items", items), ("allotments", places)):
        form |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": sum(row is not None for row, _ in rows)}
        for nr, (row, fields) in enumerate(rows):
            form |= {f"{prefix}-{nr}-{name}": value for name, value in fields.items()}
            form[f"{prefix}-{nr}-id"] = row.pk if row else ""
            form[f"{prefix}-{nr}-programme"] = programme.pk if programme else ""
    return form


def test_a_programme_is_made_with_items_in_order_and_places(scene: VoucherScene, client: Client) -> None:
    items = [(None, {"name": "采血", "order": ""}), (None, {"name": "内科", "order": ""})]
    places = [(None, {"enterprise": scene.post.pk, "places": 50})]
    form = form_of(scene=scene, name="第二期", quota=80, items=items, places=places)
    assert client.post(f"{PROGRAMMES}add/", form).status_code == 302
    made = Programme.objects.get(name="第二期")
    assert ([(item.order, item.name) for item in made.items.all()], made.quota) == ([(1, "采血"), (2, "内科")], 80)
    assert list(made.allotments.values_list("enterprise", "places", "issued")) == [(scene.post.pk, 50, 0)]
    facts = AuditLog.objects.get(verb="programme.added").changed
    assert (facts["items"], facts["allotments"]) == ("采血、内科", "中国邮政 50")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"), ({"quota": -1}, "quota"), ({"quota": "x"}, "quota"), ({"quota": 2**40}, "quota"),
        ({"valid_until": "2000-01-01"}, "valid_until"), ({"valid_from": "昨天"}, "valid_from"),
        ({"centre": 0}, "centre"), ({"organisation": ""}, "organisation"), ({"face_value": 9**30}, "face_value"),
        ({"sponsor": "长" * 99}, "sponsor"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_the_field(
    scene: VoucherScene, client: Client, wrong: dict[str, Any], field: str
) -> None:
    answer = client.post(f"{PROGRAMMES}add/", form_of(scene=scene, **{"name": "第二期", **wrong}))
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, [field])
    assert Programme.objects.count() == 1


def test_a_centre_is_a_check_up_centre_of_the_district(scene: VoucherScene, client: Client) -> None:
    for wrong in (scene.district.street.pk, scene.district.root.pk):
        answer = client.post(f"{PROGRAMMES}add/", form_of(scene=scene, name="第二期", centre=wrong))
        assert list(answer.context["adminform"].form.errors) == ["centre"]


def test_a_quota_below_what_is_given_is_refused(scene: VoucherScene, client: Client) -> None:
    scene.issued(), scene.issued(rider=rider(scene))
    page = change(scene.programme, PROGRAMMES)
    answer = client.post(page, form_of(scene.programme, scene=scene, quota=1))
    assert answer.context["adminform"].form.errors == {"quota": ["已经发了 2 张，名额不能比它少。"]}
    assert client.post(page, form_of(scene.programme, scene=scene, quota=2, name="改名")).status_code == 302
    scene.programme.refresh_from_db()
    assert (scene.programme.quota, scene.programme.issued, scene.programme.name) == (2, 2, "改名")
    assert AuditLog.objects.get(verb="programme.changed").changed == {"quota": [130, 2], "name": ["关爱体检", "改名"]}


def test_places_below_what_is_given_are_refused(scene: VoucherScene, client: Client) -> None:
    scene.issued(), scene.issued(rider=rider(scene))
    page = change(scene.programme, PROGRAMMES)

    def places(number: int, row: Allotment | None = None, **more: Any) -> Any:
        rows = [(row, {"enterprise": scene.post.pk, "places": number, **more})]
        return client.post(page, form_of(scene.programme, scene=scene, places=rows))

    assert "已经发了 2 张，名额不能比它少。" in text(places(1))  # what was given before there were places counts
    assert places(3).status_code == 302
    row = Allotment.objects.get()
    assert (row.places, row.issued) == (3, 2)
    assert "已经发了 2 张，名额不能比它少。" in text(places(1, row))
    assert "“中国邮政”已经发了 2 张，不能删除" in text(places(3, row, DELETE="on"))
    row.refresh_from_db()
    assert (row.places, row.issued) == (3, 2)
    assert places(2, row).status_code == 302
    row.refresh_from_db()
    assert (row.places, row.issued) == (2, 2)


def test_items_are_settled_when_the_first_has_come(scene: VoucherScene, client: Client) -> None:
    page = change(scene.programme, PROGRAMMES)
    rows = [(item, {"name": item.name, "order": item.order}) for item in scene.items]
    added = [*rows, (None, {"name": "骨密度", "order": 9})]
    removed = [(rows[0][0], {**rows[0][1], "DELETE": "on"}), *rows[1:]]
    scene.in_state(S.PARTIAL)
    for wrong in (added, removed):
        answer = client.post(page, form_of(scene.programme, scene=scene, items=wrong))
        assert "已经有人报到，检查项目不能再增减。" in text(answer)
    renamed = [(rows[0][0], {"name": "抽血", "order": 8}), *rows[1:]]
    assert client.post(page, form_of(scene.programme, scene=scene, items=renamed)).status_code == 302
    assert (Item.objects.count(), scene.items[-1].name) == (6, "抽血")


def test_items_can_be_added_before_anybody_came(scene: VoucherScene, client: Client) -> None:
    scene.booked()
    rows = [(item, {"name": item.name, "order": item.order}) for item in scene.items]
    more = [(rows[0][0], {**rows[0][1], "DELETE": "on"}), *rows[1:], (None, {"name": "骨密度", "order": ""})]
    assert (
        client.post(change(scene.programme, PROGRAMMES), form_of(scene.programme, scene=scene, items=more)).status_code
        == 302
    )
    assert [item.name for item in scene.items][-1] == "骨密度"
    assert Item.objects.count() == 6


def test_a_programme_says_how_it_stands(scene: VoucherScene, client: Client) -> None:
    scene.programme.quota = 1
    scene.programme.save(update_fields=["quota"])
    scene.issued()
    services.wait(scene.programme, rider(scene), by=scene.chief)
    assert "已发 1，名额 1，剩 0，候补 1" in text(client.get(change(scene.programme, PROGRAMMES)))
    assert sheet(client.get(f"{PROGRAMMES}export/"))[1][6:10] == ["1", "1", "0", "1"]


# --- The line


MONDAY = date(2027, 9, 27)


@pytest.fixture
def november() -> Iterator[None]:
    """Of a year whose calendar is out while the next one's is not."""
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=clock.SHANGHAI)):
        yield


@pytest.fixture
def autumn(november: None, scene: VoucherScene) -> Programme:
    Programme.objects.update(valid_from="2026-01-01", valid_until="2027-12-31")
    scene.programme.refresh_from_db()
    return scene.programme


def lines(of: Programme, **changed: Any) -> dict[str, Any]:
    return {
        "programme": of.pk, "first": MONDAY, "last": MONDAY + timedelta(days=6), "days": "workdays", "start": "08:00",
        "end": "10:00", "minutes": 30, "places": 8, "key": "one", **changed,
    }  # fmt: skip


def test_many_slots_are_made_at_once_and_a_repeat_makes_no_more(autumn: Programme, client: Client) -> None:
    for _ in range(2):
        answer = client.post(
            f"{SLOTS}add/", lines(autumn, days="chosen", weekdays=["0", "2"], last=MONDAY + timedelta(13))
        )
        assert answer["Location"] == SLOTS
    assert (told(answer)[-1], Slot.objects.count()) == ("已开 16 个时段。", 16)
    days = {clock.shanghai_day(slot.starts_at) for slot in Slot.objects.all()}
    assert sorted(days) == [MONDAY + timedelta(days=nr) for nr in (0, 2, 7, 9)]
    first = Slot.objects.order_by("starts_at").first()
    assert first and f"{first.starts_at.astimezone(clock.SHANGHAI):%H:%M}" == "08:00"
    assert (first.ends_at - first.starts_at, first.capacity) == (timedelta(minutes=30), 8)
    again = client.post(f"{SLOTS}add/", lines(autumn, days="chosen", weekdays=["0", "1"], key="two"))
    assert told(again)[-1] == "已开 4 个时段，另有 4 个原来就有，没有变。"


def test_working_days_are_those_of_the_decree() -> None:
    """National Day of 2026, with a Sunday before and a Saturday after it that are worked."""
    plan = Plan(date(2026, 9, 18), date(2026, 10, 11), time(8), time(9), 30, 8)
    off = {date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8))}
    worked = {date(2026, 9, 20), date(2026, 10, 10)}
    span = [plan.first + timedelta(days=nr) for nr in range(24)]
    assert plan.days == [day for day in span if day in worked or (day.weekday() < 5 and day not in off)]


def test_a_year_without_a_calendar_is_said(autumn: Programme, client: Client) -> None:
    said = told(client.post(f"{SLOTS}add/", lines(autumn)))
    assert said[-1] == "2027 年的放假安排还没有公布，周一到周五都排了，公布后请停约放假的那几天。"
    near = clock.shanghai_day(clock.now()) + timedelta(days=1)
    said = told(client.post(f"{SLOTS}add/", lines(autumn, first=near, last=near + timedelta(days=6), key="two")))
    assert said[-1].startswith("已开")


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"programme": ""}, "programme", ""),
        ({"programme": "x"}, "programme", ""),
        ({"first": "2026-01-05", "last": "2026-01-06"}, "first", "从明天或以后开始"),
        ({"last": "2027-09-01"}, "last", "截止日期不早于开始日期"),
        ({"last": "2028-06-01"}, "last", "截止日期不早于开始日期"),
        ({"first": "2027-12-30", "last": "2028-01-02"}, "last", "体检项目到 2027-12-31 为止"),
        ({"first": "x"}, "first", ""),
        ({"end": "08:00"}, "end", "结束时间要晚于开始时间"),
        ({"end": "25:00"}, "end", ""),
        ({"minutes": 1}, "minutes", "每个时段 5 到 480 分钟"),
        ({"minutes": 200}, "first", "没有一个时段"),
        ({"places": 0}, "places", ""),
        ({"places": 501}, "places", "人数在 1 到 500 之间"),
        ({"days": "chosen"}, "weekdays", "请勾选星期"),
        ({"days": "chosen", "weekdays": ["7"]}, "weekdays", ""),
        ({"start": "00:00", "end": "23:59", "minutes": 5, "last": "2027-12-01"}, "last", "一次最多 2000 个时段"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    autumn: Programme, client: Client, wrong: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post(f"{SLOTS}add/", lines(autumn, **wrong))
    assert (answer.status_code, list(fault(answer)), Slot.objects.count()) == (200, [field], 0)
    assert said in fault(answer)[field][0]


def test_slots_do_not_overlap(autumn: Programme, client: Client) -> None:
    client.post(f"{SLOTS}add/", lines(autumn))
    known = Slot.objects.count()
    answer = client.post(f"{SLOTS}add/", lines(autumn, start="08:15", end="08:45", key="two"))
    assert "和已有的时段重叠：09-27 08:15" in fault(answer)["start"][0]
    client.post(f"{SLOTS}add/", lines(autumn, start="10:00", end="10:30", key="three"))  # the control: right after
    assert Slot.objects.count() > known


def test_slots_are_listed_by_day_from_today_on(scene: VoucherScene, client: Client) -> None:
    late, early = scene.slot(days=9), scene.slot(days=2, hour=8)
    past = scene.slot(days=-3)
    scene.booked(slot=early)
    assert listed(client, SLOTS) == [early.pk, late.pk]
    assert listed(client, SLOTS, days="past") == [past.pk]
    assert listed(client, SLOTS, days="all") == [past.pk, early.pk, late.pk]
    assert listed(client, SLOTS, days="week", programme=scene.programme.pk) == [early.pk]
    assert listed(client, SLOTS, days="x", programme="x") == listed(client, SLOTS, days="all")
    page = text(client.get(SLOTS))
    assert ("1 / 5" in page, "08:00–08:30" in page) == (True, True)


def test_a_slot_is_closed_and_opened_and_who_has_a_place_keeps_it(scene: VoucherScene, client: Client) -> None:
    slot = scene.slot(days=3)
    voucher = scene.booked(slot=slot)
    for _ in range(2):
        assert told(act(client, "close", slot, page=SLOTS))[-1] == "已停约 1 个时段，约好的照常。"
    slot.refresh_from_db()
    assert (slot.is_closed, fresh(voucher).state, AuditLog.objects.filter(verb="slot.closed").count()) == (
        True, S.BOOKED, 1,
    )  # fmt: skip
    act(client, "open", slot, page=SLOTS)
    slot.refresh_from_db()
    assert slot.is_closed is False


def test_places_are_added_for_who_waits_and_never_fewer_than_are_taken(scene: VoucherScene, client: Client) -> None:
    slot = scene.slot(days=3, capacity=1)
    scene.booked(slot=slot)
    waiter = scene.issued(rider=rider(scene))
    services.wait_for(waiter, slot, by=waiter.courier.user)
    other = scene.slot(days=4, capacity=3)
    for _ in range(2):
        scene.booked(slot=other, rider=rider(scene))
    answer = act(client, "capacity", slot, other, page=SLOTS, capacity=1)
    assert "已经约了 2 人，人数不能比它少。" in told(answer)[-1]
    for wrong in ("", "0", "-1", "x", "501"):
        act(client, "capacity", slot, page=SLOTS, capacity=wrong, key=f"wrong-{wrong}")
    slot.refresh_from_db(), other.refresh_from_db()
    assert (slot.capacity, other.capacity, fresh(waiter).state) == (1, 3, S.ISSUED)
    act(client, "capacity", slot, page=SLOTS, capacity=2, key="two")
    slot.refresh_from_db()
    assert (slot.capacity, slot.booked, fresh(waiter).state) == (2, 2, S.BOOKED)


def test_only_a_slot_that_nobody_ever_booked_is_deleted(scene: VoucherScene, client: Client) -> None:
    empty, taken, cancelled = scene.slot(days=2), scene.slot(days=3), scene.slot(days=4)
    scene.booked(slot=taken)
    given_back = scene.booked(slot=cancelled, rider=rider(scene))
    services.cancel(given_back, by=given_back.courier.user)
    asked = client.post(SLOTS, {"action": "remove_chosen", "_selected_action": [empty.pk], "select_across": "0"})
    assert ("删除所选时段" in text(asked), Slot.objects.count()) == (True, 3)
    said = told(act(client, "remove", empty, taken, cancelled, page=SLOTS))
    assert said[0] == "已删除 1 个时段。" and "已经有人约过，不能删除，可以停约。" in said[1]
    assert set(Slot.objects.all()) == {taken, cancelled}
