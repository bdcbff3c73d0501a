"""The district's figures of check-ups: tables on the page, the same as Excel."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook  # type: ignore[import-untyped]  # ships no types
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.export import as_text
from vouchers.models import Programme
from vouchers.services.figures import Counts, Figures, figures

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = {
    "已发放": "issued",
    "待预约": "unbooked",
    "已预约": "booked",
    "体检中": "checked_in",
    "已完成": "completed",
    "部分完成": "partial",
    "未到（次）": "no_shows",
    "已过期": "expired",
    "已收回": "returned",
    "已作废": "void",
}
"""Heading → count."""


class WhichForm(forms.Form):
    programme = forms.ModelChoiceField(
        Programme.objects.none(), label="体检项目", required=False, empty_label="全部", widget=UnfoldAdminSelectWidget
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        found = Programme.objects.in_scope(user).order_by("-valid_from", "pk")
        self.fields["programme"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField


def page(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    """Of the programmes in the person's scope; `?excel=1` is the same as a workbook."""
    form, found = WhichForm(request.GET, user=user), None
    if form.is_valid():
        found = figures(user, form.cleaned_data["programme"])
        if request.GET.get("excel"):
            return workbook(found, user)
        context |= {
            "headings": list(COLUMNS),
            "total": _cells(found.total.counts),
            "programmes": [(row, _cells(row.counts)) for row in found.programmes],
            "enterprises": [(row, _cells(row.counts)) for row in found.enterprises],
        }
    query = request.GET.copy()
    query["excel"] = "1"
    context |= {"title": "体检统计", "form": form, "figures": found, "excel": f"?{query.urlencode()}"}
    return TemplateResponse(request, "admin/vouchers/figures.html", context)


def workbook(found: Figures, user: User) -> HttpResponse:
    """Counts only; the taking of it is recorded."""
    book = Workbook(write_only=True)
    programmes = [*found.programmes, *([found.total] if len(found.programmes) > 1 else [])]
    rows = _fill(book, "按项目", ["体检项目", "名额", *COLUMNS, "剩余", "候补"], (
        [row.name, row.quota, *_cells(row.counts), row.left, row.waiting] for row in programmes
    ))  # fmt: skip
    rows += _fill(book, "按企业", ["企业", "名额", *COLUMNS], (
        [row.name, "" if row.places is None else row.places, *_cells(row.counts)] for row in found.enterprises
    ))  # fmt: skip
    rows += _fill(book, "按日", ["日期", "可约人数", "已约", "已到", "未到"], (
        [f"{row.day:%Y-%m-%d}", row.places, row.booked, row.came, row.missed] for row in found.days
    ))  # fmt: skip
    today = clock.shanghai_day(clock.now())
    audit.record(user, "voucher.figures_exported", ("vouchers.figures", str(today)), {"rows": rows})
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=EXCEL)
    response["Content-Disposition"] = content_disposition_header(True, f"体检统计-{today:%Y%m%d}.xlsx") or ""
    response["Cache-Control"] = "no-store"
    return response


def _cells(counts: Counts) -> list[int]:
    return [getattr(counts, name) for name in COLUMNS.values()]


def _fill(book: Workbook, title: str, headings: list[str], rows: Iterable[Sequence[Any]]) -> int:
    """Texts as texts, numbers as numbers; how many rows stand under the heading."""
    sheet, count = book.create_sheet(title), 0
    sheet.append(headings)
    for row in rows:
        sheet.append([cell if isinstance(cell, int) else as_text(cell) for cell in row])
        count += 1
    return count
