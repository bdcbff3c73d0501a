"""The month's settlement: what the entries say, by station and by courier, as a workbook."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import Role
from fengchao.core.clock import SHANGHAI
from fengchao.core.models import AuditLog
from gifts.services import annul, move, receive, redeem
from gifts.services.settlement import station_months
from points.services.settlement import courier_months
from stations.models import Station
from tests.factories import staff, staff_client
from tests.gifts.shop import Shop, give, open_shop

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


@pytest.fixture
def shop(db: None) -> Shop:
    """Received in September and October; three handed over in October, one of them undone, one more in November."""
    shop = open_shop(pieces=0, points=0)
    shop.gift.unit_cost = 12.5
    shop.gift.save()
    receive(shop.gift, shop.station, quantity=10, by=shop.worker, at=at(9, 30, 23))
    give(shop.courier, 3000, at=at(9, 30, 23))
    give(shop.courier, 2000, at=at(10, 1, 0))
    receive(shop.gift, shop.station, quantity=5, by=shop.worker, at=at(10, 2))
    move("written_off", shop.gift, shop.station, quantity=1, by=shop.worker, at=at(10, 3))
    move("counted", shop.gift, shop.station, quantity=12, by=shop.worker, at=at(10, 4))
    made = [redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker, at=at(10, day)) for day in (5, 6, 31)]
    annul(made[0], reason="给错了", by=shop.worker, at=made[0].at + timedelta(minutes=1))
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker, at=at(11, 1, 0))
    return shop


def district(shop: Shop) -> User:
    return staff(Role.DISTRICT_ADMIN, shop.auditor.memberships.get().organisation)


def test_a_station_month_says_what_came_and_went(shop: Shop) -> None:
    (row,) = station_months(OCTOBER, Station.objects.filter(pk=shop.station.pk))
    assert (row.opening, row.closing, row.handed_out, row.points, row.cost) == (10, 10, 2, 2000, 25)
    assert row.moved == {"received": 5, "written_off": -1, "counted": -2, "redemption": -3, "redemption_reversed": 1}
    assert row.opening + sum(row.moved.values()) == row.closing


def test_a_courier_month_says_what_was_earned_and_spent(shop: Shop) -> None:
    (row,) = courier_months(OCTOBER)
    assert (row.courier_id, row.opening, row.closing) == (shop.courier.pk, 3000, 3000)
    assert row.moved == {"manual": 2000, "gifts": -2000}
    assert list(courier_months(OCTOBER, [])) == []
    assert [(row.opening, row.closing) for row in courier_months(date(2026, 11, 1))] == [(3000, 2000)]


def test_the_workbook_opens_and_names_nobody_in_full(shop: Shop) -> None:
    address = reverse("admin:gifts_redemption_settle")
    client = staff_client(district(shop))
    form = client.get(address).context["form"]
    answer = client.post(address, {"asked": "yes", "key": form["key"].value(), "month": "2026-10"})
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["按蜂巢", "按快递小哥"]
    stations, couriers = (list(sheet.values) for sheet in book)
    first = dict(zip(stations[0], stations[1], strict=True))
    assert (first["月初库存"], first["兑换"], first["月末库存"], first["金额（元）"]) == (10, -3, 10, 25)
    assert couriers[1][1] == "何*"
    assert couriers[1][-1] == 3000
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert AuditLog.objects.get(verb="settlement.exported").subject_key == "2026-10"


def test_the_street_gets_its_own_only(shop: Shop) -> None:
    neighbour = staff(Role.STREET_ADMIN, shop.other.organisation)
    client = staff_client(neighbour)
    answer = client.post(reverse("admin:gifts_redemption_settle"), {"key": "k", "month": "2026-10"})
    book = load_workbook(io.BytesIO(answer.content))
    assert [len(list(sheet.values)) for sheet in book] == [1, 1]


@pytest.mark.parametrize("month", ["", "2026-13", "1999-01", "x"])
def test_a_month_that_is_not_offered_is_refused(shop: Shop, month: str) -> None:
    answer = staff_client(district(shop)).post(reverse("admin:gifts_redemption_settle"), {"key": "k", "month": month})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
