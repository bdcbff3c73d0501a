"""The register of outlets: whom to ask for there, and how many ride for it."""

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Headcount, Outlet, User
from accounts.roles import Role
from accounts.services import headcounts
from fengchao.core import clock
from fengchao.core.crypto import keyed_hash
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from tests.factories import Api, District, api_of, courier, district, enterprise, outlet, staff, staff_client
from tests.stations.test_exchange import book, confirm, faults, told, upload

pytestmark = pytest.mark.django_db
MODEL = "accounts_outlet"
LIST = "/admin/accounts/outlet/"
HEADINGS = ["企业", "网点", "所在街道/社区", "地址", "联系人", "联系电话", "在岗人数"]
PHONE = "15400001234"
TODAY = clock.shanghai_day(clock.now())


class Scene:
    def __init__(self) -> None:
        self.place: District = district()
        self.clerk: User = staff(Role.STREET_ADMIN, self.place.street)
        self.client: Client = staff_client(self.clerk)
        self.shop = outlet(self.place.street, company=enterprise("甲速递"), name="一部")
        self.shop.contact_name, self.shop.contact_phone = "欧阳娜", PHONE
        self.shop.save()
        self.other = outlet(self.place.other_street)

    def change(self, **said: Any) -> Any:
        form = {
            "name": self.shop.name, "enterprise": self.shop.enterprise_id, "organisation": self.shop.organisation_id,
            "address": "", "contact_name": "欧阳娜", "contact_phone": PHONE, "couriers": "", "counted_on": "",
            "headcounts-TOTAL_FORMS": "0", "headcounts-INITIAL_FORMS": "0", **said,
        }  # fmt: skip
        return self.client.post(f"{LIST}{self.shop.pk}/change/", form)

    def row(self, *more: Any) -> list[Any]:
        return ["甲速递", "一部", self.place.street.name, "", *more]


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def counts(one: Outlet) -> list[tuple[date, int]]:
    return list(Headcount.objects.filter(outlet=one).order_by("on").values_list("on", "couriers"))


def test_one_number_a_day_and_the_second_corrects_the_first(scene: Scene) -> None:
    long_ago = TODAY - timedelta(days=200)
    headcounts.count(scene.shop, 20, by=scene.clerk, on=long_ago)
    headcounts.count(scene.shop, 25, by=scene.clerk)
    headcounts.count(scene.shop, 26, by=scene.clerk)
    headcounts.count(scene.shop, 26, by=scene.clerk)  # the same again is no change
    assert counts(scene.shop) == [(long_ago, 20), (TODAY, 26)]
    said = AuditLog.objects.filter(verb="headcount.entered").order_by("pk").values_list("changed", flat=True)
    assert [facts["couriers"] for facts in said] == [20, 25, [25, 26]]


@pytest.mark.parametrize(("couriers", "days"), [(-1, 0), (10_000, 0), (5, 1), (5, -20_000)])
def test_what_cannot_be_is_refused(scene: Scene, couriers: int, days: int) -> None:
    with pytest.raises(BadValue):
        headcounts.count(scene.shop, couriers, by=scene.clerk, on=TODAY + timedelta(days=days))
    assert counts(scene.shop) == []


def test_only_who_manages_the_outlet_counts(scene: Scene) -> None:
    for person in (staff(Role.AUDITOR, scene.place.root), staff(Role.STREET_ADMIN, scene.place.other_street)):
        with pytest.raises(NotThere):
            headcounts.count(scene.shop, 5, by=person)
    assert headcounts.count(scene.shop, 5, by=staff(Role.DISTRICT_ADMIN, scene.place.root)).couriers == 5


def test_the_database_keeps_one_a_day(scene: Scene) -> None:
    made = headcounts.count(scene.shop, 5, by=scene.clerk)
    for wrong in ({"on": made.on}, {"on": made.on - timedelta(days=1), "couriers": 10_000}):
        fields = {"couriers": 6, **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            Headcount.objects.create(outlet=scene.shop, by=scene.clerk, at=made.at, **fields)


def test_the_number_is_encrypted_and_no_program_gets_it(scene: Scene) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_phone FROM accounts_outlet WHERE id = %s", [scene.shop.pk])
        assert PHONE not in cursor.fetchone()[0]
    rider = courier(scene.shop)
    for api in (Api(), api_of(rider.user), api_of(scene.clerk, staff=True)):
        assert set(api.get("outlets/")["results"][0]) == {"id", "name", "enterprise"}
    mine = str(api_of(rider.user).get("me/"))
    assert "欧阳" not in mine and PHONE not in mine


def test_lists_mask_and_the_page_of_one_shows(scene: Scene) -> None:
    page = scene.client.get(LIST).content.decode()
    assert ("欧阳*" in page, "154****1234" in page, "欧阳娜" in page, PHONE in page) == (True, True, False, False)
    one = scene.client.get(f"{LIST}{scene.shop.pk}/change/").content.decode()
    assert "欧阳娜" in one and PHONE in one
    assert AuditLog.objects.filter(verb="outlet.contact_read", actor_id=scene.clerk.pk).count() == 1
    auditor = staff_client(staff(Role.AUDITOR, scene.place.root))
    assert PHONE in auditor.get(f"{LIST}{scene.shop.pk}/change/").content.decode()
    elsewhere = staff_client(staff(Role.STREET_ADMIN, scene.place.other_street))
    assert elsewhere.get(f"{LIST}{scene.shop.pk}/change/").status_code == 404


def test_the_form_changes_contact_and_count(scene: Scene) -> None:
    assert scene.change(contact_phone="027 8300-0000", couriers="12").status_code == 302
    scene.shop.refresh_from_db()
    assert (scene.shop.contact_phone, counts(scene.shop)) == ("02783000000", [(TODAY, 12)])
    said = AuditLog.objects.get(verb="outlet.changed").changed
    assert said["contact_phone"][0] == f"hmac:{keyed_hash(PHONE)}" and "couriers" not in said
    assert scene.change(contact_name="", contact_phone="").status_code == 302
    scene.shop.refresh_from_db()
    assert (scene.shop.contact_name, scene.shop.contact_phone) == ("", None)
    page = scene.client.get(f"{LIST}{scene.shop.pk}/change/").content.decode()
    assert "12" in page and str(scene.clerk) in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"contact_phone": "123"}, "请填 11 位手机号"),
        ({"couriers": "-1"}, "人数在 0 到 9999 之间"),
        ({"couriers": "很多"}, "整数"),
        ({"couriers": "5", "counted_on": str(TODAY + timedelta(days=1))}, "日期不能晚于今天"),
        ({"counted_on": str(TODAY)}, "请填那天的人数"),
    ],
)
def test_a_bad_form_writes_nothing(scene: Scene, said: dict[str, str], words: str) -> None:
    answer = scene.change(**said)
    assert (answer.status_code, words in answer.content.decode()) == (200, True)
    assert counts(scene.shop) == []


def test_the_list_names_the_newest_and_finds_the_stale(scene: Scene) -> None:
    counted, stale, never = scene.shop, outlet(scene.place.street, name="旧部"), outlet(scene.place.street, name="无部")
    headcounts.count(counted, 7, by=scene.clerk, on=TODAY - timedelta(days=300))
    headcounts.count(counted, 25, by=scene.clerk)
    headcounts.count(stale, 9, by=scene.clerk, on=TODAY - timedelta(days=184))
    assert f"25（{TODAY}）" in scene.client.get(LIST).content.decode()
    found = {
        heap: set(scene.client.get(LIST, {"headcount": heap}).context["cl"].queryset.values_list("pk", flat=True))
        for heap in ("stale", "never")
    }
    assert found == {"stale": {stale.pk, never.pk}, "never": {never.pk}}


def test_a_sheet_brings_contacts_and_todays_numbers(scene: Scene) -> None:
    new = ["甲速递", "二部", scene.place.street.name, "", "王强", "０２７-８３００００００", 8.0]
    preview = upload(scene.client, book(scene.row("李四", None, "25人"), new, headings=HEADINGS), MODEL)
    assert faults(preview) == [] and Headcount.objects.count() == 0
    assert told(confirm(scene.client, preview, MODEL)) == ["已导入：新增 1 行，修改 1 行，0 行没有变化。"]
    scene.shop.refresh_from_db()
    assert (scene.shop.contact_name, scene.shop.contact_phone, counts(scene.shop)) == ("李四", PHONE, [(TODAY, 25)])
    made = Outlet.objects.get(name="二部")
    assert (made.contact_name, made.contact_phone, counts(made)) == ("王强", "02783000000", [(TODAY, 8)])
    said = str(list(AuditLog.objects.filter(verb="outlet.imported").values_list("changed", flat=True)))
    assert ("李四" in said, "02783000000" in said, keyed_hash("02783000000") in said) == (False, False, True)
    old = upload(scene.client, book(scene.row(), headings=HEADINGS[:4]), MODEL)  # a sheet of before has no contacts
    assert faults(old) == [] and "1 行没有变化" in old.content.decode()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["长" * 41, None, None], "「联系人」：太长了"),
        ([None, "1.38E+10", None], "「联系电话」：号码的数字丢了"),
        ([None, "12345", None], "「联系电话」：请填 11 位手机号"),
        ([None, None, -3], "「在岗人数」：要填 0 到 9999 的整数"),
        ([None, None, "2.5"], "「在岗人数」：要填 0 到 9999 的整数"),
    ],
)
def test_a_bad_cell_is_named_and_nothing_is_written(scene: Scene, cells: list[Any], said: str) -> None:
    answer = upload(scene.client, book(scene.row(None, None, 5), headings=HEADINGS), MODEL)
    assert faults(answer) == []  # the control
    bad = ["甲速递", "二部", scene.place.street.name, "", *cells]
    answer = upload(scene.client, book(scene.row(None, None, 5), bad, headings=HEADINGS), MODEL)
    assert len(faults(answer)) == 1 and f"第 3 行{said}" in faults(answer)[0], faults(answer)
    assert (Headcount.objects.count(), Outlet.objects.filter(name="二部").exists()) == (0, False)


def test_an_export_is_masked_and_changes_nothing_when_it_comes_back(scene: Scene) -> None:
    headcounts.count(scene.shop, 20, by=scene.clerk, on=TODAY - timedelta(days=30))
    sheet = scene.client.get(reverse("admin:accounts_outlet_export")).content
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(sheet)).active.iter_rows()]
    assert rows[0] == [*HEADINGS, "人数日期", "登记小哥", "最近走访"]
    assert rows[1][4:] == ["欧阳*", "154****1234", "20", str(TODAY - timedelta(days=30)), "0", "从未"]
    assert "修改 0 行，1 行没有变化" in upload(scene.client, sheet, MODEL).content.decode()
    rows[1][6] = "21"  # asked again
    confirm(scene.client, upload(scene.client, book(*rows[1:], headings=rows[0]), MODEL), MODEL)
    assert counts(scene.shop) == [(TODAY - timedelta(days=30), 20), (TODAY, 21)]
    scene.shop.refresh_from_db()
    assert (scene.shop.contact_name, scene.shop.contact_phone) == ("欧阳娜", PHONE)
