"""The month's settlement as a workbook: a sheet by station, a sheet by courier."""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Courier, User
from accounts.roles import READERS
from accounts.rules import reads_everything
from fengchao.core import audit, clock
from fengchao.core.admin import AskForm
from fengchao.core.export import as_text
from fengchao.core.masking import mask_name
from gifts.services.settlement import station_months
from points.models import Account
from points.services.settlement import courier_months, names_of
from stations.models import Station

MONTHS = 24  # offered, this one included
BATCH = 2000  # couriers whose names are read at once
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATION_COLUMNS = {
    "received": "入库", "returned": "退回", "transferred_in": "调入", "transferred": "调出", "written_off": "报损",
    "counted": "盘点差异", "redemption": "兑换", "redemption_reversed": "撤销兑换",
}  # fmt: skip
COURIER_COLUMNS = (
    Account.Kind.REPORTS, Account.Kind.DEEDS, Account.Kind.CHECKINS, Account.Kind.MANUAL, Account.Kind.GIFTS,
    Account.Kind.EXPIRED,
)  # fmt: skip


class MonthForm(AskForm):
    month = forms.ChoiceField(label="月份", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(f"{month:%Y-%m}", f"{month.year} 年 {month.month} 月") for month in _months()]  # type: ignore[attr-defined]

    def chosen(self) -> date:
        return date.fromisoformat(f"{self.cleaned_data['month']}-01")


def workbook(month: date, user: User) -> HttpResponse:
    """Of the stations and couriers in the person's scope; names masked, and the reading of it recorded."""
    book = Workbook(write_only=True)
    rows = _fill(book, "按蜂巢", _station_rows(month, user)) + _fill(book, "按快递小哥", _courier_rows(month, user))
    audit.record(user, "settlement.exported", ("gifts.settlement", f"{month:%Y-%m}"), {"rows": rows})
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=EXCEL)
    response["Content-Disposition"] = content_disposition_header(True, f"月结算-{month:%Y-%m}.xlsx") or ""
    response["Cache-Control"] = "no-store"
    return response


def _fill(book: Workbook, title: str, rows: Iterator[list[Any]]) -> int:
    """Texts as texts, so that none becomes a formula; numbers as numbers, so that they can be added up."""
    sheet = book.create_sheet(title)
    count = 0
    for row in rows:
        sheet.append([cell if isinstance(cell, int | float) else as_text(cell) for cell in row])
        count += 1
    return count - 1  # the heading


def _station_rows(month: date, user: User) -> Iterator[list[Any]]:
    yield [
        "蜂巢编号", "蜂巢", "礼品", "月初库存", *STATION_COLUMNS.values(), "月末库存", "实际兑换件数", "兑换积分",
        "单价（元）", "金额（元）", "赞助单位",
    ]  # fmt: skip
    for row in station_months(month, Station.objects.in_scope(user)):
        gift = row.gift
        yield [
            row.station.code, row.station.name, gift.name, row.opening,
            *(row.moved.get(kind, 0) for kind in STATION_COLUMNS), row.closing, row.handed_out, row.points,
            "" if gift.unit_cost is None else float(gift.unit_cost), "" if row.cost is None else float(row.cost),
            gift.sponsor,
        ]  # fmt: skip


def _courier_rows(month: date, user: User) -> Iterator[list[Any]]:
    yield ["编号", "姓名", "网点", "月初积分", *(kind.label for kind in COURIER_COLUMNS), "月末积分"]
    reached = None if reads_everything(user, *READERS) else Courier.objects.in_scope(user).values_list("pk", flat=True)
    batch = []
    for row in courier_months(month, reached):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _named(batch)
            batch = []
    yield from _named(batch)


def _named(batch: list[Any]) -> Iterator[list[Any]]:
    names = names_of(row.courier_id for row in batch)
    for row in batch:
        name, outlet = names.get(row.courier_id, ("", ""))
        moved = (row.moved.get(kind, 0) for kind in COURIER_COLUMNS)
        yield [row.courier_id, mask_name(name), outlet, row.opening, *moved, row.closing]


def _months() -> Iterator[date]:
    month = clock.shanghai_day(clock.now()).replace(day=1)
    for _ in range(MONTHS):
        yield month
        month = (month - timedelta(days=1)).replace(day=1)
