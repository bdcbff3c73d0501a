"""Every list: who opens it, what he sees in it, and how many queries it takes."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Courier
from accounts.roles import Role
from fengchao.admin import RIGHTS
from fengchao.core import clock
from gifts.models import PaperSlip, StockTake
from gifts.services import receive, redeem, slips, stock_takes
from points.services import grant
from tests.admin.conftest import Office
from tests.factories import courier, outlet, page_client, staff, staff_client
from tests.gifts.shop import give

LISTS = sorted(RIGHTS)
COUNTED = ("accounts.Courier", "accounts.Outlet", "gifts.Redemption", "points.Grant", "points.Entry", "points.Transfer",
           "points.Balance", "core.AuditLog", "accounts.Membership", "accounts.User", "gifts.Movement",
           "gifts.StockTake", "gifts.PaperSlip")  # fmt: skip


def address(label: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_').lower()}_{page}", args=args)


def text(answer) -> str:
    return answer.content.decode()


def test_the_lists_are_those_of_the_table():
    assert sorted(model._meta.label for model in admin.site._registry) == LISTS


@pytest.mark.parametrize("label", LISTS)
def test_who_opens_a_list(office: Office, label: str):
    people = {
        Role.DISTRICT_ADMIN: office.district,
        Role.STREET_ADMIN: office.chief,
        Role.AUDITOR: office.auditor,
        Role.SYSTEM_ADMIN: office.system,
    }
    got = {role: office.client(person).get(address(label)).status_code for role, person in people.items()}
    assert got == {role: 200 if role in RIGHTS[label].see else 403 for role in people}


@pytest.mark.parametrize("role", [Role.COUNTER, Role.HANDLER, Role.CLAIMER, Role.CLINIC, Role.OUTLET_MANAGER])
def test_other_staff_are_refused(office: Office, role: Role):
    client = staff_client(staff(role, office.shop.station.organisation))
    assert client.get(reverse("admin:index")).status_code == 403
    assert client.get(address("accounts.Courier")).status_code == 403


def test_nobody_and_who_gave_no_second_factor_are_led_to_the_staff_sign_in(office: Office):
    for client in (page_client(), page_client(office.district)):
        answer = client.get(address("gifts.Redemption"))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_a_courier_is_refused(office: Office):
    assert page_client(office.ours.user).get(reverse("admin:index")).status_code == 403


def test_the_street_sees_its_own_only(office: Office):
    client = office.client(office.chief)
    seen = text(client.get(address("accounts.Courier")))
    assert "冯*" in seen
    assert "卫*" not in seen
    assert "六角亭蜂巢" not in text(client.get(address("stations.Station")))
    assert "R" in text(client.get(address("gifts.Redemption")))
    neighbour = office.client(staff(Role.STREET_ADMIN, office.shop.other.organisation))
    assert office.redemption.number not in text(neighbour.get(address("gifts.Redemption")))
    assert office.redemption.number not in text(neighbour.get(address("points.Transfer")))
    assert "handed" not in text(neighbour.get(address("core.AuditLog")))


@pytest.mark.parametrize("page", ["change", "history"])
def test_out_of_scope_looks_like_never_existed(office: Office, page: str):
    client = office.client(office.chief)
    assert client.get(address("accounts.Courier", page, office.theirs.pk)).status_code == 404
    assert client.get(address("accounts.Courier", page, 999_999)).status_code == 404
    assert client.get(address("stations.Station", page, office.shop.other.pk)).status_code == 404


def test_numbers_and_names_of_couriers_are_never_whole(office: Office):
    office.ours.user.refresh_from_db()
    client = office.client(office.district)
    for page in (address("accounts.Courier"), address("accounts.Courier", "change", office.ours.pk)):
        seen = text(client.get(page))
        assert office.ours.user.phone not in seen
        assert "冯本街" not in seen


def test_a_courier_is_found_by_name(office: Office):
    seen = text(office.client(office.district).get(address("accounts.Courier"), {"q": "冯本"}))
    assert "冯*" in seen
    assert "卫*" not in seen


def test_a_courier_is_found_by_his_whole_number_which_no_address_shows(office: Office):
    client = office.client(office.chief)
    there = address("accounts.Courier", "find_by_phone")
    found = client.post(there, {"phone": f" {office.ours.user.phone[:3]} {office.ours.user.phone[3:]}", "key": "1"})
    assert found.status_code == 302
    assert found["Location"] == address("accounts.Courier", "change", office.ours.pk)
    for phone in (office.theirs.user.phone, "13100000000", "139"):
        assert client.post(there, {"phone": phone, "key": "1"}).status_code == 200
    seen = text(client.get(address("accounts.Courier"), {"q": office.ours.user.phone}))
    assert "冯*" not in seen
    assert "按手机号查找" in seen


def test_filters_that_fit_the_work(office: Office):
    client = office.client(office.district)
    waiting = text(client.get(address("accounts.Courier"), {"standing": "unverified"}))
    assert "冯*" in waiting
    assert "何*" not in waiting
    assert "汉正街蜂巢" not in text(client.get(address("points.Balance"), {"low": "1"}))
    receive(office.shop.dear, office.shop.other, quantity=2, by=office.shop.neighbour)
    assert "六角亭蜂巢" in text(client.get(address("points.Balance"), {"low": "1"}))
    assert office.redemption.number in text(client.get(address("gifts.Redemption"), {"days": "today"}))
    assert office.redemption.number not in text(client.get(address("gifts.Redemption"), {"days": "yesterday"}))
    for odd in ({"standing": "x"}, {"days": "x"}, {"street": "x"}, {"open": "x"}, {"low": "x"}, {"about": "x"}):
        for label in ("accounts.Courier", "stations.Station", "points.Balance", "core.AuditLog"):
            assert client.get(address(label), odd).status_code in (200, 302)


@pytest.mark.parametrize("query", ["nothing=1", "outlet__enterprise__id__exact=abc"])
def test_an_export_with_a_filter_nobody_understands_goes_where_the_list_goes(office: Office, query: str):
    answer = office.client(office.chief).get(f"{address('accounts.Courier', 'export')}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{address('accounts.Courier')}?e=1")


@pytest.mark.parametrize("label", COUNTED)
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(office: Office, label: str):
    client = office.client(office.district)
    client.get(address(label))
    before = queries(client, label)
    for number in range(2):
        rider = courier(outlet(office.shop.station.organisation), name=f"褚{number}")
        Courier.objects.filter(pk=rider.pk).update(verified_at=clock.now())
        give(rider, 3000)
        redeem(rider, office.shop.gift, station=office.shop.station, by=office.shop.worker)
        grant(rider, 10, reason="拾金不昧", by=office.chief)
        receive(office.shop.dear, (office.shop.station, office.shop.other)[number], quantity=3, by=office.district)
        staff(Role.COUNTER, office.shop.station.organisation, name=f"柜台{number}")
        enter_slip(office, rider)
        count_stock(office, finished=True)
    assert queries(client, label) == before


@pytest.mark.parametrize("label", ["gifts.Redemption", "points.Entry", "points.Transfer", "core.AuditLog"])
def test_a_long_list_is_never_counted(office: Office, label: str):
    client = office.client(office.district)
    table = label.replace(".", "_").lower()
    with CaptureQueriesContext(connection) as log:
        client.get(address(label))
    assert not [query["sql"] for query in log if "COUNT(" in query["sql"] and f'FROM "{table}"' in query["sql"]]


def test_the_dashboard_says_first_what_needs_me(office: Office):
    seen = text(office.client(office.chief).get(reverse("admin:index")))
    assert seen.index("今天要办") < seen.index("运行情况")
    assert "待核验快递小哥" in seen
    assert f"{address('accounts.Courier')}?standing=unverified" in seen


def test_the_system_administrator_sees_no_business(office: Office):
    seen = text(office.client(office.system).get(reverse("admin:index")))
    assert "今天要办" not in seen
    assert "兑换" not in seen
    assert "工作人员" in seen


def enter_slip(office: Office, rider: Courier) -> PaperSlip:
    shop, then = office.shop, clock.now() - timedelta(hours=2)
    return slips.enter(rider, shop.gift, station=shop.station, handed_over_at=then, reason="停电", by=shop.worker)


def count_stock(office: Office, *, counted: int = 8, finished: bool = False) -> StockTake:
    shop = office.shop
    taken = stock_takes.begin(shop.station, by=shop.worker)
    stock_takes.count(taken, shop.gift, counted, by=shop.worker)
    stock_takes.confirm(taken, by=shop.worker)
    return stock_takes.finish(taken, by=office.chief) if finished else taken


def test_the_dashboard_counts_what_waits_for_a_second_person(office: Office):
    def waiting(person) -> tuple[int, int]:
        client = office.client(person)
        needs = {need.title: need for need in client.get(reverse("admin:index")).context["needs"]}
        counts, papers = needs["待我审定的盘点"], needs["待我审核的纸质单"]
        for need in (counts, papers):
            assert len(client.get(need.link).context["cl"].result_list) == need.count
        return counts.count, papers.count

    assert waiting(office.chief) == (0, 0)
    enter_slip(office, office.ours)
    count_stock(office)
    assert waiting(office.chief) == (1, 1)
    slips.enter(
        office.ours, office.shop.dear, station=office.shop.station, handed_over_at=clock.now() - timedelta(hours=1),
        reason="停电", by=office.chief,
    )  # fmt: skip
    assert waiting(office.chief) == (1, 1)
    assert waiting(office.district) == (1, 2)
    assert waiting(staff(Role.STREET_ADMIN, office.shop.other.organisation)) == (0, 0)
    assert "盘点" not in str(office.client(office.auditor).get(reverse("admin:index")).context["needs"])


def queries(client, label: str) -> int:
    with CaptureQueriesContext(connection) as log:
        assert client.get(address(label)).status_code == 200
    return len(log)
