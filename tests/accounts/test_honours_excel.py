"""Titles of a year from a sheet: whole or not at all, every bad cell named, no number where it does not belong."""

import io
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Courier, Honour, User
from accounts.roles import Role
from accounts.services.honours import honour
from fengchao.core import clock
from fengchao.core.models import AuditLog
from tests.factories import District, courier, district, outlet, staff, staff_client

pytestmark = pytest.mark.django_db
IMPORT, PROCESS = "/admin/accounts/honour/import/", "/admin/accounts/honour/process_import/"
HEADINGS = ("手机号", "姓名", "荣誉", "年度")
BEST, YEAR = "优秀快递员", clock.shanghai_day(clock.now()).year


class Scene:
    def __init__(self) -> None:
        self.place: District = district()
        self.chief: User = staff(Role.DISTRICT_ADMIN, self.place.root)
        self.client: Client = staff_client(self.chief)
        self.shop = outlet(self.place.community)
        self.first, self.second = courier(self.shop), courier(self.shop, name="欧阳娜娜")

    def upload(self, *rows: list[Any], client: Client | None = None) -> Any:
        made = openpyxl.Workbook()
        for row in (list(HEADINGS), *rows):
            made.active.append(row)
        content = io.BytesIO()
        made.save(content)
        file = SimpleUploadedFile("a.xlsx", content.getvalue())
        return (client or self.client).post(IMPORT, {"import_file": file, "format": "0", "resource": ""})

    def confirm(self, preview: Any) -> Any:
        form = {name: str(value) for name, value in preview.context["confirm_form"].initial.items()}
        return self.client.post(PROCESS, form, follow=True)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Scene()


def row(one: Courier, **cells: Any) -> list[Any]:
    return [cells.get("phone", one.user.phone), cells.get("name", one.user.name), cells.get("title", BEST),
            cells.get("year", YEAR)]  # fmt: skip


def faults(answer: Any) -> list[str]:
    found = answer.content.decode().partition('<ul class="sheet-errors">')[2].partition("</ul>")[0]
    return [part.partition("</li>")[0].strip() for part in found.split("<li>")[1:]]


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_a_good_sheet_is_shown_first_and_then_written(scene: Scene) -> None:
    preview = scene.upload(row(scene.first), row(scene.second, year=f"{YEAR}年度"), row(scene.first, title="先进个人"))
    page = preview.content.decode()
    assert (faults(preview), "登记 3 项荣誉" in page, Honour.objects.count()) == ([], True, 0)
    assert (str(scene.first.user.phone) in page, "139****" in page) == (False, True)
    assert told(scene.confirm(preview)) == ["已登记 3 项荣誉。"]
    assert set(Honour.objects.values_list("courier", "title", "year", "by")) == {
        (scene.first.pk, BEST, YEAR, scene.chief.pk), (scene.second.pk, BEST, YEAR, scene.chief.pk),
        (scene.first.pk, "先进个人", YEAR, scene.chief.pk),
    }  # fmt: skip
    said = str(list(AuditLog.objects.filter(verb="honour.given").values_list("changed", flat=True)))
    assert (said.count("courier"), str(scene.first.user.phone) in said) == (3, False)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"phone": "13811112222"}, "第 3 行「手机号」：您的范围内没有这个号码的快递小哥"),
        ({"phone": "138"}, "第 3 行「手机号」：请输入 11 位手机号码"),
        ({"name": "别人"}, "第 3 行「姓名」：姓名和这个号码登记的不一样"),
        ({"title": ""}, "第 3 行「荣誉」：没有填"),
        ({"title": "长" * 31}, "第 3 行「荣誉」：太长了"),
        ({"year": "去年"}, "第 3 行「年度」：要填年份"),
        ({"year": "２０２６.5"}, "第 3 行「年度」：要填年份"),
        ({"year": YEAR + 1}, "第 3 行「年度」：年度在 2000 年到今年之间"),
        ({"year": YEAR - 1}, f"第 3 行「手机号」：已经登记过 {YEAR - 1} 年的“{BEST}”"),
    ],
)
def test_a_bad_cell_is_named_and_nothing_is_written(scene: Scene, cells: dict[str, Any], said: str) -> None:
    honour(scene.second, title=BEST, year=YEAR - 1, by=scene.chief)
    answer = scene.upload(row(scene.first), row(scene.second, **cells))
    assert len(faults(answer)) == 1 and said in faults(answer)[0], faults(answer)
    assert "confirm_form" not in answer.context and Honour.objects.count() == 1
    assert list(Path(tempfile.gettempdir()).glob("tmp*")) == []
    good = scene.upload(row(scene.first), row(scene.second))  # the control: without the fault it goes through
    assert faults(good) == [] and "confirm_form" in good.context


def test_the_same_title_twice_in_the_sheet(scene: Scene) -> None:
    phone = str(scene.first.user.phone)
    answer = scene.upload(row(scene.first), row(scene.first, phone=f"+86 {phone[:3]} {phone[3:]}", year=f"{YEAR}年"))
    assert [fault for fault in faults(answer) if "和第 2 行重复" in fault]
    assert Honour.objects.count() == 0


def test_what_was_entered_meanwhile_stops_all_of_it(scene: Scene) -> None:
    preview = scene.upload(row(scene.first), row(scene.second))
    honour(scene.second, title=BEST, year=YEAR, by=scene.chief)
    assert "没有导入" in told(scene.confirm(preview))[0]
    assert Honour.objects.count() == 1
    assert told(scene.confirm(preview))[-1] == "预览已过期，请重新上传。"


def test_a_street_reads_and_does_not_import(scene: Scene) -> None:
    clerk = staff_client(staff(Role.STREET_ADMIN, scene.place.street))
    assert clerk.get("/admin/accounts/honour/").status_code == 200
    assert scene.upload(row(scene.first), client=clerk).status_code == 403
    assert Honour.objects.count() == 0
