"""Hours at the desk, in the admin, and on the courier's pages."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from fengchao.core import clock
from fengchao.core.models import AuditLog
from stations.models import HoursOverride
from tests.factories import staff_client
from tests.gifts.shop import Shop

ADD = "/admin/stations/hoursoverride/add/"


@pytest.fixture
def shop_all_day(shop: Shop) -> Shop:
    shop.station.opening_hours = "Mo-Su 00:00-24:00"
    shop.station.save()
    return shop


def test_closed_in_one_tap_and_open_again(shop_all_day: Shop) -> None:
    page, visitor = "/desk/hours/QK-001/", APIClient()
    worker = staff_client(shop_all_day.worker)
    assert "今天不开放：停水停电" in worker.get(page).content.decode()
    answer = worker.post(page, {"reason": "停水停电"}, follow=True).content.decode()
    assert "今天已登记不开放" in answer and "恢复开放" in answer
    for address in ("/stations/", "/stations/QK-001/"):
        shown = visitor.get(address).content.decode()
        assert "今天休息 · 明天 00:00 开" in shown and "停水停电" in shown
    state = visitor.get("/api/v1/stations/QK-001/").json()["open_state"]
    assert (state["is_open"], state["reason"]) == (False, "停水停电")
    assert "已经登记不开放" in worker.post(page, {"reason": "停水"}, follow=True).content.decode()
    assert "已恢复开放" in worker.post(page, {"reopen": "1"}, follow=True).content.decode()
    assert "停水停电" not in visitor.get("/stations/").content.decode()
    assert "请选一个原因" in worker.post(page, {"reason": " "}, follow=True).content.decode()


def sent(shop: Shop, **other: Any) -> dict[str, Any]:
    today = clock.shanghai_day(clock.now())
    return {
        "stations": [shop.station.pk], "kind": "extended", "hours": "18:00-22:00", "first_day": today,
        "last_day": today + timedelta(days=3), "reason": "高温延长", **other,
    }  # fmt: skip


def test_the_admin_announces_and_withdraws(shop_all_day: Shop) -> None:
    chief = staff_client(shop_all_day.chief)
    form = chief.get(f"{ADD}?stations={shop_all_day.station.pk},x")
    assert form.status_code == 200 and "六角亭蜂巢" not in form.content.decode()
    assert chief.post(ADD, sent(shop_all_day)).status_code == 302
    made = HoursOverride.objects.get()
    assert [station.code for station in made.stations.all()] == ["QK-001"] and made.by == shop_all_day.chief
    shown = chief.get(f"/admin/stations/hoursoverride/{made.pk}/change/")
    assert shown.status_code == 200 and "高温延长" in shown.content.decode()
    chosen = {"action": "withdraw_chosen", "_selected_action": [made.pk]}
    assert "已撤销 1 次" in chief.post("/admin/stations/hoursoverride/", chosen, follow=True).content.decode()
    verbs = AuditLog.objects.filter(verb__startswith="hours").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["hours.announced", "hours.withdrawn"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hours": "晚6点到10点"}, "可以写成：18:00-22:00"),
        ({"hours": ""}, "请写这些日子的时间"),
        ({"kind": "closed"}, "不用写时间"),
        ({"last_day": "2020-01-01"}, "在开始日期之前"),
    ],
)
def test_the_form_says_what_is_wrong(shop_all_day: Shop, wrong: dict[str, Any], told: str) -> None:
    answer = staff_client(shop_all_day.chief).post(ADD, sent(shop_all_day, **wrong))
    assert answer.status_code == 200 and told in answer.content.decode()
    assert not HoursOverride.objects.exists()


def test_no_station_of_another_street(shop_all_day: Shop) -> None:
    wrong = sent(shop_all_day, stations=[shop_all_day.other.pk])
    assert staff_client(shop_all_day.chief).post(ADD, wrong).status_code == 200
    assert not HoursOverride.objects.exists()


def test_the_station_s_form_shows_two_weeks_and_a_preview(shop_all_day: Shop) -> None:
    chief, pk = staff_client(shop_all_day.chief), shop_all_day.station.pk
    form = chief.get(f"/admin/stations/station/{pk}/change/").content.decode()
    assert form.count('<tr><th scope="row">') == 14 and "全天" in form
    preview = "/admin/stations/station/hours/"
    written = {"opening_hours": "Mo-Su 09:00-17:00", "holiday_hours": "off", "hours_of": pk}
    assert chief.post(preview, written).content.decode().count("09:00–17:00") >= 1
    faulty = chief.post(preview, {"opening_hours": "8:00-20:00", "hours_of": "x"}).content.decode()
    assert "可以写成：08:00-20:00" in faulty and "<table" not in faulty
    shop_all_day.station.refresh_from_db()
    assert shop_all_day.station.opening_hours == "Mo-Su 00:00-24:00"


def test_the_list_leads_to_a_change_for_the_chosen(shop_all_day: Shop) -> None:
    chosen = {"action": "change_hours", "_selected_action": [shop_all_day.station.pk]}
    answer = staff_client(shop_all_day.chief).post("/admin/stations/station/", chosen)
    assert (answer.status_code, answer["Location"]) == (302, f"{ADD}?stations={shop_all_day.station.pk}")
