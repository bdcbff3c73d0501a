"""The staff's figures of wishes: tables on the page, the same as Excel."""

import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types
from unfold.widgets import UnfoldAdminSingleDateWidget

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.export import as_text
from wishes.services.figures import Figures, figures

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AT_FIRST = 30  # days
MOST_DAYS = 366


class SpanForm(forms.Form):
    first = forms.DateField(label="从", widget=UnfoldAdminSingleDateWidget)
    last = forms.DateField(label="到", widget=UnfoldAdminSingleDateWidget)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not 0 <= (given["last"] - given["first"]).days < MOST_DAYS:
            self.add_error("first", f"起止日期要先后有序，最多 {MOST_DAYS} 天。")
        return given


def page(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    """Of the wishes in the person's scope; `?excel=1` is the same as a workbook."""
    form, found = SpanForm(_asked(request)), None
    if form.is_valid():
        found = figures(user, form.cleaned_data["first"], form.cleaned_data["last"])
        if request.GET.get("excel"):
            return workbook(found, user)
    query = request.GET.copy()
    query["excel"] = "1"
    context |= {"title": "微心愿统计", "form": form, "figures": found, "excel": f"?{query.urlencode()}"}
    return TemplateResponse(request, "admin/wishes/figures.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the address names; the last thirty days where it names nothing."""
    today = clock.shanghai_day(clock.now())
    month = {"first": str(today - timedelta(days=AT_FIRST - 1)), "last": str(today)}
    return {name: request.GET.get(name) or fallback for name, fallback in month.items()}


def workbook(found: Figures, user: User) -> HttpResponse:
    """Counts only; the taking of it is recorded."""
    book = Workbook(write_only=True)
    rows = sum(_fill(book, title, sheet) for title, sheet in (
        ("按单位", _organisation_sheet(found)),
        ("按街道", _cell_sheet("街道", [[one.street, one] for one in found.by_street])),
        ("按类别", _cell_sheet("类别", [[one.category, one] for one in found.by_category])),
        ("街道和类别", _cell_sheet("街道", [[one.street, one.category, one] for one in found.cells], "类别")),
    ))  # fmt: skip
    audit.record(user, "wishes.figures_exported", ("wishes.figures", f"{found.first}..{found.last}"), {"rows": rows})
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=EXCEL)
    name = f"微心愿统计-{found.first:%Y%m%d}-{found.last:%Y%m%d}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "no-store"
    return response


def _organisation_sheet(found: Figures) -> Iterator[Sequence[Any]]:
    yield ["认领单位", "认领", "点亮", "退回", "进行中", "从许愿到点亮（天，中位数）"]
    for one in found.organisations:
        days = "" if one.median_days is None else round(one.median_days, 1)
        yield [one.name, one.claimed, one.lit, one.released, one.under_way, days]


def _cell_sheet(heading: str, rows: list[list[Any]], *more: str) -> Iterator[Sequence[Any]]:
    yield [heading, *more, "许愿", "点亮", "待认领"]
    for *names, cell in rows:
        yield [*names, cell.hung, cell.lit, cell.waiting]


def _fill(book: Workbook, title: str, rows: Iterator[Sequence[Any]]) -> int:
    """Texts as texts, numbers as numbers; how many rows stand under the heading."""
    sheet = book.create_sheet(title)
    count = 0
    for row in rows:
        sheet.append([cell if isinstance(cell, int | float) else as_text(cell) for cell in row])
        count += 1
    return count - 1
