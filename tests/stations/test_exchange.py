"""Stations and outlets from Excel: whole or not at all, and every bad cell named."""

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Outlet
from fengchao.core.models import AuditLog
from fengchao.core.sheets import MOST_ROWS
from stations.models import Facility, Station
from tests.factories import enterprise, staff_client
from tests.gifts.shop import Shop

pytestmark = pytest.mark.django_db
HEADINGS = ["编号", "名称", "类别", "所属", "地址", "纬度", "经度", "电话", "开放时间", "节假日开放时间", "设施"]
GOOD = [
    "QK-101",
    "新站",
    "二类",
    "汉正街",
    "汉正街9号",
    30.58,
    114.25,
    "027-83000000",
    "Mo-Su 08:00-20:00",
    "10:00-16:00",
    "饮水机、沙发",
]


@pytest.fixture(autouse=True)
def facilities(db: None) -> None:
    for code, name in (("water", "饮水机"), ("sofa", "沙发")):
        Facility.objects.create(code=code, name=name)


def book(*rows: list[Any], headings: list[str] = HEADINGS) -> bytes:
    made = openpyxl.Workbook()
    page = made.active
    for row in (headings, *rows):
        page.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def changed(**cells: Any) -> list[Any]:
    return [cells.get(heading, cell) for heading, cell in zip(HEADINGS, GOOD, strict=True)]


def upload(client: Client, content: bytes, model: str = "stations_station") -> Any:
    file = SimpleUploadedFile("a.xlsx", content)
    return client.post(reverse(f"admin:{model}_import"), {"import_file": file, "format": "0", "resource": ""})


def confirm(client: Client, preview: Any, model: str = "stations_station") -> Any:
    form = {name: str(value) for name, value in preview.context["confirm_form"].initial.items()}
    return client.post(reverse(f"admin:{model}_process_import"), form, follow=True)


def faults(answer: Any) -> list[str]:
    """What the page says of the rows, as the person reads it."""
    text = answer.content.decode()
    found = text.partition('<ul class="sheet-errors">')[2].partition("</ul>")[0]
    return [part.partition("</li>")[0].strip() for part in found.split("<li>")[1:]]


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("code", ["map", "Map", "MAP"])
def test_a_code_that_an_address_uses_is_refused(shop: Shop, code: str) -> None:
    answer = upload(staff_client(shop.chief), book(changed(编号=code), changed(编号=f"{code}-1")))
    (fault,) = faults(answer)
    assert "编号" in fault and "固定用词" in fault
    assert not Station.objects.filter(code__istartswith="map").exists()


def test_a_good_sheet_is_shown_first_and_then_written(shop: Shop) -> None:
    client = staff_client(shop.chief)
    known = changed(编号="QK-001", 名称="改名", 设施="饮水机")
    preview = upload(client, book(GOOD, [None] * 11, known, [None] * 11))
    assert faults(preview) == [] and "新增 1 行，修改 1 行" in preview.content.decode()
    assert not Station.objects.filter(code="QK-101").exists()  # a preview writes nothing
    assert not AuditLog.objects.filter(verb="station.imported").exists()
    assert told(confirm(client, preview)) == ["已导入：新增 1 行，修改 1 行，1 行没有变化。"]
    made = Station.objects.get(code="QK-101")
    assert (made.name, made.grade, made.organisation, made.lat, made.lng) == (
        "新站", 2, shop.station.organisation, 30.58, 114.25,
    )  # fmt: skip
    assert sorted(made.facilities.values_list("code", flat=True)) == ["sofa", "water"]
    shop.station.refresh_from_db()
    assert shop.station.name == "改名"
    assert list(shop.station.facilities.values_list("code", flat=True)) == ["water"]
    rows = AuditLog.objects.filter(verb="station.imported").order_by("pk")
    assert [row.actor_id for row in rows] == [shop.chief.pk] * 2
    assert rows[1].changed["name"] == ["汉正街蜂巢", "改名"]


def test_cells_are_read_as_people_mean_them(shop: Shop) -> None:
    client = staff_client(shop.chief)
    row = changed(
        编号=" ＱＫ-１０２ ", 类别=2, 纬度="３０．５８", 电话=2783000000, 名称="  新 站（示例） ", 设施="water，沙发"
    )
    confirm(client, upload(client, book(row)))
    made = Station.objects.get(code="QK-102")
    assert (made.grade, made.lat, made.phone, made.name) == (2, 30.58, "2783000000", "新 站（示例）")
    assert made.facilities.count() == 2


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"编号": ""}, "第 3 行「编号」：没有填"),
        ({"编号": "QK 汉"}, "第 3 行「编号」：只能用字母"),
        ({"编号": "QK-002"}, "第 3 行「编号」：这个编号已经用在您范围以外"),
        ({"编号": "QK-101"}, "第 3 行「编号」：和第 2 行重复"),
        ({"名称": "长" * 61}, "第 3 行「名称」：太长了"),
        ({"类别": "四类"}, "第 3 行「类别」：只能是"),
        ({"所属": "六角亭"}, "第 3 行「所属」：没有这个街道或社区，或不在您的范围内"),
        ({"纬度": 114.25, "经度": 30.58}, "第 3 行「纬度」：纬度和经度好像填反了"),
        ({"纬度": "nan"}, "第 3 行「纬度」：要填数字"),
        ({"经度": "inf"}, "第 3 行「经度」：要填数字"),
        ({"纬度": 60}, "第 3 行「纬度」：不在中国范围内"),
        ({"经度": 2.35, "纬度": 48.85}, "第 3 行「经度」：不在中国范围内"),
        ({"电话": "1.38E+10"}, "第 3 行「电话」：号码的数字丢了"),
        ({"开放时间": "早八晚十"}, "第 3 行「开放时间」：第 1 个字起“早八晚十”不是 OSM 写法"),
        ({"设施": "泳池"}, "第 3 行「设施」：没有这种设施：泳池"),
    ],
)
def test_a_bad_cell_is_named_and_nothing_is_written(shop: Shop, cells: dict[str, Any], said: str) -> None:
    client = staff_client(shop.chief)
    answer = upload(client, book(GOOD, changed(**{"编号": "QK-103", **cells})))
    assert [fault for fault in faults(answer) if said in fault], faults(answer)
    assert "confirm_form" not in answer.context
    assert Station.objects.count() == 2
    good = upload(client, book(GOOD, changed(编号="QK-103")))  # the control: without the fault it goes through
    assert faults(good) == [] and "confirm_form" in good.context


def test_every_bad_row_is_named_among_many(shop: Shop) -> None:
    rows = [changed(编号=f"QK-{200 + number}", 类别="九类" if number % 10 == 0 else "一类") for number in range(200)]
    answer = upload(staff_client(shop.chief), book(*rows))
    assert [fault.partition("：")[0] for fault in faults(answer)] == [
        f"第 {number} 行「类别」" for number in range(2, 202, 10)
    ]
    assert "有 20 行不对" in answer.content.decode()
    assert Station.objects.count() == 2


def test_what_is_no_sheet(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    client = staff_client(shop.chief)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 70_000_000)
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for content, sentence in (
        (b"hello", "这不是 .xlsx 文件"),
        (bomb.getvalue(), "文件太大"),
        (empty.getvalue(), "打不开这个文件"),
        (book(*[changed(编号=f"QK-{number}") for number in range(10_000)]), f"一次最多导入 {MOST_ROWS} 行"),
        (book(GOOD[1:], headings=HEADINGS[1:]), "缺少这些列：编号"),
        (book([*GOOD, "x"], headings=[*HEADINGS, "备注"]), "不认识或重复的列：备注"),
    ):
        text = upload(client, content).content.decode()
        assert sentence in text and "Traceback" not in text, sentence
    assert Station.objects.count() == 2


def test_only_what_one_has_uploaded_can_be_confirmed(shop: Shop) -> None:
    client = staff_client(shop.chief)
    for name in ("a.xlsx", "/etc/passwd", ""):
        form = {"import_file_name": name, "original_file_name": "a", "format": "0", "resource": ""}
        answer = client.post(reverse("admin:stations_station_process_import"), form, follow=True)
        assert told(answer) == ["预览已过期，请重新上传。"]
    preview = upload(client, book(GOOD))
    confirm(client, preview)
    assert told(confirm(client, preview)) == ["预览已过期，请重新上传。"]  # its file is gone
    assert Station.objects.filter(code="QK-101").count() == 1


def test_what_changed_since_the_preview_stops_all(shop: Shop) -> None:
    client = staff_client(shop.chief)
    preview = upload(client, book(GOOD, changed(编号="QK-104")))
    Station.objects.create(
        code="QK-104", name="别处", grade=1, organisation=shop.other.organisation, address="x", lat=30, lng=114
    )
    assert told(confirm(client, preview)) == ["数据在预览之后有变化，没有导入，请重新上传核对。"]
    assert not Station.objects.filter(code="QK-101").exists()


def test_an_export_comes_back_unchanged(shop: Shop) -> None:
    client = staff_client(shop.chief)
    confirm(client, upload(client, book(GOOD)))
    content = client.get(reverse("admin:stations_station_export")).content
    preview = upload(client, content)
    assert faults(preview) == [] and "新增 0 行，修改 0 行，2 行没有变化" in preview.content.decode()


def test_the_template_is_of_text_cells(shop: Shop) -> None:
    answer = staff_client(shop.chief).get(reverse("admin:stations_station_import_template"))
    made = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [cell.value for cell in made.worksheets[0][1]] == HEADINGS
    assert {cell.number_format for cell in made.worksheets[0][2]} == {"@"}
    assert staff_client(shop.auditor).get(reverse("admin:stations_station_import")).status_code == 403


def test_outlets(shop: Shop) -> None:
    client, company = staff_client(shop.chief), enterprise("甲速递")
    headings = ["企业", "网点", "所在街道/社区", "地址"]
    model = "accounts_outlet"
    bad = upload(client, book(["乙速递", "一部", "汉正街", ""], ["甲速递", "", "六角亭", ""], headings=headings), model)
    assert [fault.partition("：")[0] for fault in faults(bad)] == [
        "第 2 行「企业」", "第 3 行「网点」", "第 3 行「所在街道/社区」",
    ]  # fmt: skip
    good = book(["甲速递", "一部", "汉正街", "=1+1"], headings=headings)
    assert told(confirm(client, upload(client, good, model), model)) == ["已导入：新增 1 行，修改 0 行，0 行没有变化。"]
    made = Outlet.objects.get(enterprise=company)
    assert (made.name, made.organisation) == ("一部", shop.station.organisation)
    again = client.get(reverse("admin:accounts_outlet_export")).content
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(again)).active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "修改 0 行，1 行没有变化" in upload(client, again, model).content.decode()
