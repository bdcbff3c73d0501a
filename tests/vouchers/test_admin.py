"""Who may what in the district's lists, who waits, titles, and what pages cost."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Honour, User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.models import AuditLog
from tests.factories import courier, enterprise, outlet, staff, staff_client
from tests.factories.places import district
from tests.factories.vouchers import VoucherScene, fresh, programme
from tests.vouchers.lists import (
    CARDS,
    COURIERS,
    HONOURS,
    LISTS,
    PROGRAMMES,
    SLOTS,
    WAITING,
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
from vouchers.models import Allotment, Programme, Slot, Voucher, Waiting
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


@pytest.fixture
def client(scene: VoucherScene) -> Client:
    return staff_client(scene.chief)


# --- Rights


def test_the_district_and_its_auditor_see_and_others_do_not(scene: VoucherScene, client: Client) -> None:
    voucher, slot = scene.booked(), scene.slot()
    rows = {PROGRAMMES: scene.programme, SLOTS: slot, CARDS: voucher}
    auditor = staff_client(scene.auditor)
    for page, row in rows.items():
        for reader in (client, auditor):
            assert (row.pk in listed(reader, page, **({"days": "all"} if page == SLOTS else {})), page) == (True, page)
            assert reader.get(change(row, page)).status_code == 200
    for outsider in (scene.street, scene.nurse, scene.manager, scene.stranger):
        closed = staff_client(outsider)
        assert [closed.get(page).status_code for page in LISTS] == [403] * 4
        assert [closed.get(change(row, page)).status_code for page, row in rows.items()] == [403] * 3


def test_another_district_finds_nothing_and_moves_nothing(scene: VoucherScene) -> None:
    voucher, slot = scene.booked(), scene.slot()
    other = staff_client(staff(Role.DISTRICT_ADMIN, district().root))
    for page, row in {PROGRAMMES: scene.programme, SLOTS: slot, CARDS: voucher}.items():
        assert (listed(other, page), other.get(change(row, page)).status_code) == ([], 404)
    act(other, "void", voucher, reason="不行")
    act(other, "close", slot, page=SLOTS)
    slot.refresh_from_db()
    assert (fresh(voucher).state, slot.is_closed) == (S.BOOKED, False)


def test_the_auditor_changes_nothing(scene: VoucherScene) -> None:
    voucher, slot, auditor = scene.issued(), scene.slot(), staff_client(scene.auditor)
    for page in LISTS:
        assert (auditor.get(f"{page}add/").status_code, auditor.post(f"{page}add/", {}).status_code) == (403, 403)
    assert auditor.post(change(scene.programme, PROGRAMMES), {"name": "别的"}).status_code == 403
    act(auditor, "void", voucher, reason="不行")
    act(auditor, "remove", slot, page=SLOTS)
    act(auditor, "issue", rider(scene), page=COURIERS, programme=scene.programme.pk)
    act(auditor, "honour", scene.rider, page=COURIERS, title="优秀快递员", year=2026)
    assert (fresh(voucher).state, Slot.objects.count(), Voucher.objects.count()) == (S.ISSUED, 1, 1)
    assert Honour.objects.count() == 0
    page = text(auditor.get(change(voucher)))
    assert ("void_chosen" in page, "检查项目" in page) == (False, True)


def test_nothing_is_deleted_or_edited_by_hand(scene: VoucherScene, client: Client) -> None:
    voucher, slot = scene.booked(), scene.slot()
    for page, row in {PROGRAMMES: scene.programme, SLOTS: slot, CARDS: voucher}.items():
        assert client.get(f"{page}{row.pk}/delete/").status_code == 403
    for page, row in {SLOTS: slot, CARDS: voucher}.items():
        assert client.post(change(row, page), {"capacity": 1}).status_code == 403
    assert [client.get(f"{CARDS}{odd}/change/").status_code for odd in (0, 9**25, "x")] == [404, 404, 404]


# --- Who waits


@pytest.fixture
def full(scene: VoucherScene) -> VoucherScene:
    scene.programme.quota = 1
    scene.programme.save(update_fields=["quota"])
    scene.issued()
    return scene


def test_who_waits_is_listed_in_turn_and_taken_off(full: VoucherScene, client: Client) -> None:
    first, second = rider(full), rider(full, name="王二")
    given = {"programme": full.programme.pk, "phone": first.user.phone, "name": first.user.name, "key": "one"}
    for _ in range(2):
        assert client.post(f"{WAITING}add/", given)["Location"] == WAITING
    again = client.post(f"{WAITING}add/", {**given, "key": "two"})
    assert "已经在候补名单上。" in text(again)
    assert told(act(client, "wait", second, page=COURIERS, programme=full.programme.pk))[-1] == (
        "已给 1 位快递小哥登记候补。"
    )
    rows = list(Waiting.objects.in_turn())
    assert listed(client, WAITING) == [row.pk for row in rows]
    assert [row.courier for row in rows] == [first, second]
    page = text(client.get(WAITING))
    assert ("王*" in page, "王二" in page) == (True, False)
    assert told(act(client, "remove", rows[0], page=WAITING))[-1] == "已移出 1 位。"
    assert (Waiting.objects.get().courier, AuditLog.objects.filter(verb="waiting.deleted").count()) == (second, 1)


def test_nobody_waits_while_there_are_places(scene: VoucherScene, client: Client) -> None:
    given = {
        "programme": scene.programme.pk,
        "phone": scene.rider.user.phone,
        "name": scene.rider.user.name,
        "key": "k",
    }
    assert "还有名额，不用候补。" in text(client.post(f"{WAITING}add/", given))
    assert Waiting.objects.count() == 0


# --- Titles


def test_a_title_is_given_once_a_year_and_taken_back(scene: VoucherScene, client: Client) -> None:
    year = clock.shanghai_day(clock.now()).year
    given = {
        "phone": scene.rider.user.phone,
        "name": scene.rider.user.name,
        "title": "优秀快递员",
        "year": year,
        "key": "a",
    }
    for _ in range(2):
        assert client.post(f"{HONOURS}add/", given)["Location"] == HONOURS
    again = client.post(f"{HONOURS}add/", {**given, "key": "b"})
    assert f"已经登记过 {year} 年的“优秀快递员”。" in text(again)
    client.post(f"{HONOURS}add/", {**given, "year": year - 1, "key": "c"})
    assert sorted(Honour.objects.values_list("year", flat=True)) == [year - 1, year]
    kept = Honour.objects.get(year=year)
    assert listed(client, HONOURS, year=year, title="优秀快递员") == [kept.pk]
    page = text(client.get(HONOURS))
    assert ("何*" in page, scene.rider.user.name in page) == (True, False)
    assert client.post(f"{HONOURS}{kept.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [row.year for row in Honour.objects.all()] == [year - 1]
    assert AuditLog.objects.filter(verb="honour.deleted").count() == 1
    assert AuditLog.objects.filter(verb="honour.given").count() == 2


def test_titles_for_couriers_ticked_in_their_list(scene: VoucherScene, client: Client) -> None:
    other, year = rider(scene), clock.shanghai_day(clock.now()).year
    act(client, "honour", scene.rider, page=COURIERS, title="优秀快递员", year=year)
    answer = act(client, "honour", scene.rider, other, page=COURIERS, title="优秀快递员", year=year, key="two")
    assert told(answer)[-2:] == [
        "已给 1 位快递小哥登记荣誉。", f"何*未办理：已经登记过 {year} 年的“优秀快递员”。",
    ]  # fmt: skip
    assert Honour.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"year": 1999}, "year"), ({"year": 2999}, "year"), ({"year": "x"}, "year"), ({"year": 9**40}, "year"),
     ({"title": ""}, "title"), ({"title": "长" * 31}, "title"), ({"title": "a\x00b"}, "title"),
     ({"name": "别人"}, "name")],
)  # fmt: skip
def test_a_title_that_cannot_be_is_refused(
    scene: VoucherScene, client: Client, wrong: dict[str, Any], field: str
) -> None:
    given = {
        "phone": scene.rider.user.phone,
        "name": scene.rider.user.name,
        "title": "优秀快递员",
        "year": 2026,
        "key": "a",
    }
    answer = client.post(f"{HONOURS}add/", {**given, **wrong})
    assert (answer.status_code, list(fault(answer)), Honour.objects.count()) == (200, [field], 0)


def test_titles_are_the_districts_to_give_and_never_ones_own(scene: VoucherScene, client: Client) -> None:
    year = clock.shanghai_day(clock.now()).year
    act(client, "honour", scene.rider, page=COURIERS, title="优秀快递员", year=year)
    given = Honour.objects.get()
    for person, seen in ((scene.street, 200), (scene.auditor, 200), (scene.nurse, 403)):
        other = staff_client(person)
        assert other.get(HONOURS).status_code == seen
        assert other.get(f"{HONOURS}add/").status_code == 403
        assert other.post(f"{HONOURS}{given.pk}/delete/", {"post": "yes"}).status_code == 403
    away = staff_client(staff(Role.DISTRICT_ADMIN, district().root))
    assert (listed(away, HONOURS), away.get(f"{HONOURS}{given.pk}/delete/").status_code) == ([], 404)
    scene.rider.user.memberships.create(organisation=scene.district.root, role=Role.DISTRICT_ADMIN)
    own = staff_client(User.objects.get(pk=scene.rider.user.pk))
    assert own.post(f"{HONOURS}{given.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "不归您登记荣誉" in told(act(own, "honour", scene.rider, page=COURIERS, title="别的", year=year))[-1]
    assert Honour.objects.count() == 1


# --- Figures and queries


def test_the_page_of_figures_and_its_workbook(scene: VoucherScene, client: Client) -> None:
    scene.in_state(S.COMPLETED), scene.issued(rider=rider(scene))
    page = text(client.get(f"{CARDS}figures/"))
    assert ("中国邮政" in page, "关爱体检" in page, "何" in page) == (True, True, False)
    answer = client.get(f"{CARDS}figures/?excel=1")
    assert sheet(answer, "按项目")[1] == ["关爱体检", 130, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 128, 0]
    assert sheet(answer, "按企业")[1][:3] == ["中国邮政", None, 2]
    assert sheet(answer, "按日")[1][1:] == [5, 1, 1, 0]
    assert AuditLog.objects.filter(verb="voucher.figures_exported").count() == 1
    for odd in ("x", "0", str(2**70)):
        answer = client.get(f"{CARDS}figures/", {"excel": "1", "programme": odd})
        assert (answer.status_code, answer["Content-Type"][:9]) == (200, "text/html"), odd
    away = staff_client(staff(Role.DISTRICT_ADMIN, district().root))
    other = away.get(f"{CARDS}figures/", {"programme": scene.programme.pk, "excel": "1"})
    assert other["Content-Type"].startswith("text/html")


def test_a_name_that_begins_like_a_formula_is_none_in_the_workbook(scene: VoucherScene, client: Client) -> None:
    Programme.objects.update(name="=HYPERLINK(1)")
    Allotment.objects.create(programme=scene.programme, enterprise=enterprise("=2+2"), places=1)
    answer = client.get(f"{CARDS}figures/?excel=1")
    assert (sheet(answer, "按项目")[1][0], sheet(answer, "按企业")[1][0]) == ("＝HYPERLINK(1)", "＝2+2")
    assert all(cell.data_type != "f" for page in load_workbook(BytesIO(answer.content)) for row in page for cell in row)


def test_pages_cost_the_same_for_one_and_three(scene: VoucherScene, client: Client) -> None:
    year = clock.shanghai_day(clock.now()).year

    def fill() -> None:
        company = enterprise()
        more = programme(scene.district.root, scene.clinic, name="又一期", quota=1)
        services.issue(more, courier(outlet(scene.district.community, company=company)), by=scene.chief)
        services.wait(more, rider(scene), by=scene.chief)
        Allotment.objects.create(programme=more, enterprise=company, places=1)
        Slot.objects.update(capacity=50)
        for state in (S.ISSUED, S.BOOKED, S.COMPLETED):
            scene.in_state(state, rider=courier(outlet(scene.district.community, company=enterprise())))
        Honour.objects.create(courier=rider(scene), title="优秀快递员", year=year, by=scene.chief, at=clock.now())
        scene.slot(days=8 + Slot.objects.count())

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    fill()
    pages = [
        *LISTS,
        HONOURS,
        f"{SLOTS}?days=all",
        f"{CARDS}figures/",
        f"{CARDS}add/",
        f"{SLOTS}add/",
        "/admin/",
        COURIERS,
    ]
    pages += [change(scene.programme, PROGRAMMES), change(Voucher.objects.filter(state=S.COMPLETED).latest("pk"))]
    pages += [f"{page}export/" for page in (PROGRAMMES, SLOTS, CARDS, HONOURS)]
    for page in pages:
        queries(page)  # what a process reads once
    before = {page: queries(page) for page in pages}
    fill(), fill()
    assert {page: queries(page) for page in pages} == before
    assert max(before.values()) <= 23, before
