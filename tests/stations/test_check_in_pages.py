"""The poster's page on the phone, the desk's button and poster, the staff's lists and footfall."""

import io
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from fengchao.core import clock
from fengchao.core.models import AuditLog
from points.models import EarningRule
from stations.models import PosterRenewal, RefusedCheckIn, Station, Visit
from stations.services import posters
from stations.services.footfall import footfall
from stations.services.visits import WRONG_POSTERS, check_in
from tests import factories
from tests.factories import page_client, staff_client
from tests.gifts.shop import Shop, ticket

pytestmark = pytest.mark.django_db
HERE = {"lat": "30.57", "lng": "114.27"}


def earning() -> None:
    EarningRule.objects.create(event="check_in", title="到站签到", programme="checkins", points=5, day_cap=10)


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_signed_out_he_is_led_to_sign_in_and_back(shop: Shop) -> None:
    address = posters.address_of(shop.station)
    answer = page_client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=%2Fs%2FQK-001%2F%3Fk%3D")
    assert "签到" in text(page_client(shop.courier.user).get(address))


def test_he_checks_in_and_reads_what_came_of_it(shop: Shop) -> None:
    earning()
    client, address = page_client(shop.courier.user), posters.address_of(shop.station)
    first = client.post(address, HERE)
    visit = Visit.objects.get()
    assert first["Location"] == f"/visits/{visit.pk}/"
    assert "+5 分" in text(client.get(first["Location"]))
    second = client.post(address, HERE)
    assert second["Location"] == f"/visits/{visit.pk}/?again=1"
    assert "这次已经签过了" in text(client.get(second["Location"]))
    assert shop.station.name in text(client.get("/visits/"))
    assert page_client(factories.courier().user).get(first["Location"]).status_code == 404


@pytest.mark.parametrize(
    ("form", "said"),
    [({}, "没有拿到定位"), ({"lat": "", "lng": ""}, "没有拿到定位"), ({"lat": "30.6", "lng": "114.3"}, "不在站里")],
)
def test_without_script_or_permission_the_visit_counts(shop: Shop, form: dict[str, str], said: str) -> None:
    earning()
    client = page_client(shop.courier.user)
    assert said in text(client.post(posters.address_of(shop.station), form, follow=True))
    assert Visit.objects.get().points == 0


def test_a_full_cap_is_said(shop: Shop) -> None:
    earning()
    for hours in (2, 4):
        at = clock.now() - timedelta(hours=hours)
        if clock.shanghai_day(at) == clock.shanghai_day(clock.now()):
            check_in(shop.courier, shop.station, by=shop.worker, at=at)
    EarningRule.objects.update(valid_until=clock.now())
    EarningRule.objects.create(event="check_in", version=2, title="签到", programme="checkins", points=5, day_cap=0)
    answer = page_client(shop.courier.user).post(posters.address_of(shop.station), HERE, follow=True)
    assert "签到积分已领满" in text(answer)


def test_a_forged_poster_is_refused_on_opening_and_written_down(shop: Shop) -> None:
    client = page_client(shop.courier.user)
    for key in ("forged", posters.token_for(shop.other), ""):
        for ask in (client.get, client.post):
            answer = ask(f"/s/QK-001/?k={key}")
            assert (answer.status_code, "没有签到成" in text(answer)) == (409, True)
    assert RefusedCheckIn.objects.count() == 6
    assert Visit.objects.count() == 0
    shown = text(staff_client(shop.chief).get("/admin/stations/refusedcheckin/"))
    assert "这不是蜂巢的签到码" in shown and shop.courier.user.name not in shown


def test_after_ten_wrong_posters_the_page_says_to_wait(shop: Shop) -> None:
    client, good = page_client(shop.courier.user), posters.address_of(shop.station)
    for number in range(WRONG_POSTERS):
        assert [client.get, client.post][number % 2]("/s/QK-001/?k=x").status_code == 409
    for ask in (client.get, client.post):
        answer = ask(good)
        assert (answer.status_code, "扫错太多次了" in text(answer)) == (429, True)
    assert (Visit.objects.count(), RefusedCheckIn.objects.count()) == (0, WRONG_POSTERS + 2)
    assert page_client(factories.courier().user).post(good).status_code == 302


def test_a_swapped_position_can_be_left_out(shop: Shop) -> None:
    client = page_client(shop.courier.user)
    answer = client.post(posters.address_of(shop.station), {"lat": "114.27", "lng": "30.57"})
    assert (answer.status_code, "check_in.js" in text(answer)) == (400, False)
    assert client.post(posters.address_of(shop.station), {}).status_code == 302


def test_the_desk_checks_in_whom_it_has_identified(shop: Shop) -> None:
    earning()
    client, held = staff_client(shop.worker), ticket(shop)
    answer = client.post("/desk/counter/QK-001/check-in/", {"ticket": held})
    assert "已签到，+5 分。" in text(answer) and "可用积分" in text(answer) and "1,505" in text(answer)
    assert "半小时内已经签过" in text(client.post("/desk/counter/QK-001/check-in/", {"ticket": held}))
    assert Visit.objects.get().by == shop.worker
    spoilt = client.post("/desk/counter/QK-001/check-in/", {"ticket": "spoilt"})
    assert (spoilt.status_code, "没有签到成" in text(spoilt)) == (409, True)
    refused = RefusedCheckIn.objects.get()
    assert (refused.code, refused.courier, refused.by) == ("ticket_expired", None, shop.worker)


def test_the_poster_is_printed_and_renewed(shop: Shop) -> None:
    client, old = staff_client(shop.worker), posters.token_for(shop.station)
    page = text(client.get("/desk/stations/QK-001/poster/"))
    assert "<svg" in page and shop.station.address in page and "第 1 版" in page
    assert "请写明" in text(client.post("/desk/stations/QK-001/poster/", {"key": "a", "reason": "\u200b"}))
    for _ in range(2):  # sent twice, renewed once
        client.post("/desk/stations/QK-001/poster/", {"key": "b", "reason": "被人拍走"})
    assert PosterRenewal.objects.get().version == 2
    assert AuditLog.objects.get(verb="poster.renewed").changed == {"version": 2, "reason": "被人拍走"}
    answer = page_client(shop.courier.user).get(f"/s/QK-001/?k={old}")
    assert (answer.status_code, "已经换新" in text(answer)) == (409, True)


def test_the_command_prints_the_address() -> None:
    station = Station.objects.create(
        code="QK-009", name="站", grade=1, organisation=factories.organisation(), address="路", lat=30.5, lng=114.2
    )
    out = StringIO()
    call_command("poster", "QK-009", "--base", "https://fc.example.cn/", stdout=out)
    address = out.getvalue().strip()
    assert address.startswith("https://fc.example.cn/s/QK-009/?k=")
    posters.refuse_poster(address, station)
    with pytest.raises(CommandError):
        call_command("poster", "QK-404")


def come(shop: Shop, *hours: int) -> None:
    """Yesterday at these hours, each another courier; and one at the other station."""
    midnight = clock.day_bounds(clock.shanghai_day(clock.now()) - timedelta(days=1))[0]
    for hour in hours:
        check_in(factories.courier(), shop.station, by=shop.worker, at=midnight + timedelta(hours=hour, minutes=59))
    check_in(factories.courier(), shop.other, by=shop.neighbour, at=midnight + timedelta(minutes=5))


def test_footfall_by_station_day_and_hour(shop: Shop) -> None:
    come(shop, 0, 12, 12, 23)
    yesterday = clock.shanghai_day(clock.now()) - timedelta(days=1)
    found = footfall(Station.objects.all(), yesterday - timedelta(days=1), yesterday + timedelta(days=1))
    assert (found.total, found.by_day, found.by_hour) == (5, {yesterday: 5}, {0: 2, 12: 2, 23: 1})
    assert [(station.code, visits) for station, visits in found.ranked] == [("QK-001", 4), ("QK-002", 1)]


def test_staff_see_the_footfall_of_their_scope_and_no_name(shop: Shop) -> None:
    come(shop, 12, 13)
    client = staff_client(shop.chief)
    page = client.get("/admin/stations/visit/footfall/")
    shown = text(page)
    assert page.status_code == 200 and "共 2 人次" in shown and shop.other.name not in shown
    assert "何" not in shown.replace("何时", "")
    answer = client.get("/admin/stations/visit/footfall/?excel=1")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["按蜂巢", "按日", "按小时", "明细"]
    assert [row[3] for row in book["按蜂巢"].iter_rows(values_only=True)] == ["到站人次", 2, 2]
    assert [row[3:] for row in book["明细"].iter_rows(min_row=2, values_only=True)] == [("12:00", 1), ("13:00", 1)]
    assert "何" not in "".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert AuditLog.objects.filter(verb="footfall.exported").count() == 1
    for wrong in ("first=2026-13-01", "first=2026-11-02&last=2026-11-01", "first=2000-01-01", "station=QK-002"):
        answer = client.get(f"/admin/stations/visit/footfall/?excel=1&{wrong}")
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/html"), wrong


def test_the_list_of_visits_is_exported_masked(shop: Shop) -> None:
    come(shop, 12)
    answer = staff_client(shop.chief).get("/admin/stations/visit/export/")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[1:5] for row in rows[1:]] == [("QK-001", shop.station.name, "何*", "柜台")]
