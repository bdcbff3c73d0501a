"""Cards from a sheet: whole or not at all, every bad cell named, and no number where it does not belong."""

import io
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Courier, User
from accounts.services.sheets import NAME, PHONE
from fengchao.core.crypto import keyed_hash
from fengchao.core.imports import SealedStorage
from fengchao.core.models import AuditLog, Notice
from tests.factories import courier, outlet, staff_client
from tests.factories.people import phone_number
from tests.factories.vouchers import VoucherScene
from vouchers import services
from vouchers.models import Allotment, Voucher

pytestmark = pytest.mark.django_db
IMPORT, PROCESS = "/admin/vouchers/voucher/import/", "/admin/vouchers/voucher/process_import/"


@pytest.fixture
def district(scene: VoucherScene) -> Client:
    return staff_client(scene.chief)


def rider(scene: VoucherScene, name: str = "何小蜂", **of: Any) -> Courier:
    return courier(outlet(scene.district.community, company=scene.post), name=name, **of)


def book(*rows: list[Any], headings: tuple[str, ...] = (PHONE, NAME)) -> bytes:
    made = openpyxl.Workbook()
    for row in (list(headings), *rows):
        made.active.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def upload(client: Client, scene: VoucherScene, *rows: list[Any], content: bytes = b"", **form: Any) -> Any:
    file = SimpleUploadedFile("a.xlsx", content or book(*rows))
    given = {"import_file": file, "format": "0", "resource": "", "programme": scene.programme.pk, **form}
    return client.post(IMPORT, given)


def confirm(client: Client, preview: Any, **changed: Any) -> Any:
    form = {name: str(value) for name, value in preview.context["confirm_form"].initial.items()}
    return client.post(PROCESS, {**form, **changed}, follow=True)


def faults(answer: Any) -> list[str]:
    """What the page says of the rows, as the person reads it."""
    found = answer.content.decode().partition('<ul class="sheet-errors">')[2].partition("</ul>")[0]
    return [part.partition("</li>")[0].strip() for part in found.split("<li>")[1:]]


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def row(one: Courier, **cells: Any) -> list[Any]:
    return [cells.get("phone", one.user.phone), cells.get("name", one.user.name)]


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of this test's own: others leave files in the common one meanwhile."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def leftovers() -> set[Path]:
    return {path for path in Path(tempfile.gettempdir()).glob("tmp*") if path.is_file()}


def test_a_good_sheet_is_shown_first_and_then_given_out(scene: VoucherScene, district: Client) -> None:
    first, second = rider(scene), rider(scene, name="欧阳娜娜")
    preview = upload(district, scene, row(first), row(second))
    page = preview.content.decode()
    assert (faults(preview), "还剩 130 个名额，发完剩 128 个" in page, Voucher.objects.count()) == ([], True, 0)
    assert (str(first.user.phone) in page, "139****" in page) == (False, True)
    answer = confirm(district, preview)
    assert told(answer) == ["已发放 2 张体检卡，他们会收到通知。"]
    assert set(Voucher.objects.values_list("courier", flat=True)) == {first.pk, second.pk}
    assert Notice.objects.filter(kind="voucher_issue").count() == 2
    scene.programme.refresh_from_db()
    assert scene.programme.issued == 2


def test_a_confirmation_sent_twice_gives_one_card_each(scene: VoucherScene, district: Client) -> None:
    preview = upload(district, scene, row(scene.rider))
    confirm(district, preview)
    assert told(confirm(district, preview))[-1] == "预览已过期，请重新上传。"
    assert Voucher.objects.count() == 1


def test_no_number_in_audit_address_or_on_the_disk(scene: VoucherScene, district: Client) -> None:
    phone, before = str(scene.rider.user.phone), leftovers()
    preview = upload(district, scene, row(scene.rider))
    kept = leftovers() - before
    assert len(kept) == 1
    stored = SealedStorage(name=str(next(iter(kept))), read_mode="rb")
    assert openpyxl.load_workbook(io.BytesIO(stored.read())).active["A2"].value == phone  # the control
    assert next(iter(kept)).read_bytes()[:2] != b"PK"
    answer = confirm(district, preview)
    assert all(phone not in address for address, _ in answer.redirect_chain)
    said = str(list(AuditLog.objects.values_list("verb", "changed", "subject_key")))
    assert ("voucher.issue" in said, phone in said, keyed_hash(phone) in said) == (True, False, False)
    assert leftovers() == before
    upload(district, scene, ["123", "何小蜂"])
    assert leftovers() == before


def test_cells_are_read_as_people_mean_them(scene: VoucherScene, district: Client) -> None:
    rows = [rider(scene, name=name) for name in ("何小蜂", "王 二", "张三", "李四", "赵五")]
    phones = [str(one.user.phone) for one in rows]
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in phones[0])
    preview = upload(
        district, scene,
        [wide, " 何小蜂 "], [f" {phones[1][:3]} {phones[1][3:7]}-{phones[1][7:]} ", "王二"], [None, None],
        [int(phones[2]), "张三"], [float(phones[3]), "李　四"], [f"+86 {phones[4]}", "赵五"],
    )  # fmt: skip
    assert faults(preview) == []
    confirm(district, preview)
    assert set(Voucher.objects.values_list("courier", flat=True)) == {one.pk for one in rows}


HOSTILE = {
    "lost digits": ("1.39E+10", "何小蜂", "「手机号」：号码的数字丢了，请先把这一列设为“文本”格式"),
    "no number": (None, "何小蜂", "「手机号」：没有填"),
    "too short": ("1391234567", "何小蜂", "「手机号」：请输入 11 位手机号码"),
    "letters": ("１３９ｏｏｏｏｏｏｏｏ", "何小蜂", "「手机号」：请输入 11 位手机号码"),
    "arabic digits": ("١٣٩١٢٣٤٥٦٧٨", "何小蜂", "「手机号」：请输入 11 位手机号码"),
    "formula": ("=1+1", "何小蜂", "「手机号」：没有填"),
    "unknown": ("19900000000", "何小蜂", "「手机号」：您的范围内没有这个号码的快递小哥"),
    "a date": (timezone.datetime(2026, 1, 1), "何小蜂", "「手机号」：请输入 11 位手机号码"),
    "a truth": (True, "何小蜂", "「手机号」：请输入 11 位手机号码"),
    "too long": ("1" * 400, "何小蜂", "「手机号」：太长了"),
    "markup": ("<b>1</b>", "何小蜂", "「手机号」：请输入 11 位手机号码"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_bad_number_is_named_and_nothing_is_written(scene: VoucherScene, district: Client, case: str) -> None:
    phone, name, said = HOSTILE[case]
    answer = upload(district, scene, row(scene.rider), [phone, name])
    found = faults(answer)
    assert len(found) == 1 and found[0].startswith(f"第 3 行{said}"), found
    assert ("confirm_form" in answer.context, Voucher.objects.count()) == (False, 0)


def test_a_bad_name_is_named_without_the_right_one(scene: VoucherScene, district: Client) -> None:
    others = [rider(scene, name="司马光") for _ in range(3)]
    answer = upload(
        district, scene, row(others[0], name="司马迁"), row(others[1], name=None), row(others[2], name="长" * 50)
    )  # fmt: skip
    assert faults(answer) == [
        "第 2 行「姓名」：姓名和这个号码登记的不一样，请核对号码和姓名。",
        "第 3 行「姓名」：没有填，请补上。",
        "第 4 行「姓名」：太长了，不超过 40 个字。",
    ]
    assert "司马光" not in answer.content.decode()


def test_who_may_not_have_one_is_named_with_why(scene: VoucherScene, district: Client) -> None:
    has, new = rider(scene), rider(scene, verified=False)
    scene.issued(rider=has)
    frozen = rider(scene)
    Courier.objects.filter(pk=frozen.pk).update(frozen_at=timezone.now())
    twice = rider(scene)
    number = str(twice.user.phone)
    answer = upload(district, scene, row(has), row(new), row(frozen), row(twice), row(twice, phone=f"+86-{number}"))
    assert faults(answer) == [
        "第 2 行「手机号」：已经有一张这个项目的体检卡。",
        "第 3 行「手机号」：还没有核验身份。",
        "第 4 行「手机号」：账号已冻结或还没有登记。",
        "第 6 行「手机号」：和第 5 行重复，请删去一行。",
    ]
    assert Voucher.objects.count() == 1


def test_the_places_of_the_whole_sheet_are_looked_at_first(scene: VoucherScene, district: Client) -> None:
    scene.programme.quota = 3
    scene.programme.save(update_fields=["quota"])
    scene.issued()
    three = [rider(scene) for _ in range(3)]
    answer = upload(district, scene, *map(row, three))
    assert "表里有 3 人，“关爱体检”只剩 2 个名额，一张也没有发。" in answer.content.decode()
    assert (faults(answer), Voucher.objects.count()) == ([], 1)
    bad = upload(district, scene, *map(row, three), ["123", "何小蜂"])
    assert faults(bad) == ["第 5 行「手机号」：请输入 11 位手机号码。"]  # the rows that are bad are named all the same
    assert "confirm_form" not in answer.context
    good = upload(district, scene, *map(row, three[:2]))  # the control
    assert "confirm_form" in good.context
    services.issue(scene.programme, three[2], by=scene.chief)  # meanwhile
    assert told(confirm(district, good)) == ["数据在预览之后有变化，没有导入，请重新上传核对。"]
    assert Voucher.objects.count() == 2


def test_places_of_an_enterprise_end_before_those_of_the_programme(scene: VoucherScene, district: Client) -> None:
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=1)
    elsewhere = courier(outlet(scene.district.community))
    answer = upload(district, scene, row(rider(scene)), row(rider(scene)), row(elsewhere))
    assert faults(answer) == [
        "第 3 行「手机号」：“中国邮政”的名额已经发完。",
        "第 4 行「手机号」：所在企业不在这个项目的名单里。",
    ]


@pytest.mark.parametrize("people", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_rows_with_bad_ones_among_them_name_each(scene: VoucherScene, district: Client, people: int) -> None:
    scene.programme.quota = people
    scene.programme.save(update_fields=["quota"])
    phones = [phone_number() for _ in range(people)]
    users = User.objects.bulk_create(_account(phone, nr) for nr, phone in enumerate(phones))
    now, place = timezone.now(), outlet(scene.district.community, company=scene.post)
    Courier.objects.bulk_create(
        Courier(user=user, outlet=place, registered_at=now, consent_version="1", verified_at=now) for user in users
    )  # fmt: skip
    rows = [[phone, "别人" if nr % 50 == 7 else f"骑手{nr}"] for nr, phone in enumerate(phones)]
    answer = upload(district, scene, *rows)
    bad = [f"第 {nr + 2} 行「姓名」" for nr in range(people) if nr % 50 == 7]
    assert [fault.partition("：")[0] for fault in faults(answer)] == bad and len(bad) == people // 50
    assert (Voucher.objects.count(), AuditLog.objects.filter(verb="voucher.issue").count()) == (0, 0)
    assert f"有 {len(bad)} 行不对，什么都没有写入" in answer.content.decode()


def _account(phone: str, nr: int) -> User:
    user = User(name=f"骑手{nr}")
    user.set_phone(phone)
    user.set_unusable_password()
    return user


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a workbook", "这不是 .xlsx 文件"),
        (book(["13900000000", "何"], headings=(PHONE, "名字")), "缺少这些列：姓名"),
        (book(["13900000000", "何", "x"], headings=(PHONE, NAME, "备注")), "不认识或重复的列：备注"),
        (book([None, None]), "没有"),
    ],
    ids=["rubbish", "a column missing", "a column too many", "nobody"],
)
def test_a_file_that_cannot_be_used_is_refused(
    scene: VoucherScene, district: Client, content: bytes, said: str
) -> None:
    answer = upload(district, scene, content=content)
    assert (answer.status_code, said in answer.content.decode(), Voucher.objects.count()) == (200, True, 0)


def test_the_programme_is_chosen_among_ones_own(scene: VoucherScene, district: Client) -> None:
    for programme in ("", "0", "x", str(2**70)):
        answer = upload(district, scene, row(scene.rider), programme=programme)
        assert (answer.status_code, "confirm_form" in answer.context, Voucher.objects.count()) == (200, False, 0)
    preview = upload(district, scene, row(scene.rider))
    for programme in ("", "0", "x"):
        assert told(confirm(district, preview, programme=programme)) == ["预览已过期，请重新上传。"]
    assert Voucher.objects.count() == 0


def test_only_who_issues_uploads(scene: VoucherScene) -> None:
    for person in (scene.auditor, scene.street):
        client = staff_client(person)
        assert client.get(IMPORT).status_code == 403
        assert upload(client, scene, row(scene.rider)).status_code == 403
        assert client.post(PROCESS, {}).status_code == 403
    assert Voucher.objects.count() == 0


def test_the_template_asks_for_number_and_name(district: Client) -> None:
    made = openpyxl.load_workbook(io.BytesIO(district.get(f"{IMPORT}template/").content))
    page = made.worksheets[0]
    assert ([cell.value for cell in page[1]], page["A2"].number_format) == ([PHONE, NAME], "@")
