"""Lists as Excel: what the list shows, in text cells that open in WPS without a warning."""

import re
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from import_export.admin import ExportMixin
from import_export.formats.base_formats import XLSX, Format
from tablib import Dataset  # type: ignore[import-untyped]  # ships no types

from fengchao.core import audit
from fengchao.core.clock import SHANGHAI, now

MOST_ROWS = 50_000
CHUNK = 2000
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # control characters that the format has no place for


class ExportAdmin(ExportMixin):
    """A button that hands out the list as it is filtered. Who took it, and how many rows, is recorded."""

    export_columns: ClassVar[dict[str, str]] = {}
    """Heading → a method of this admin or an attribute of the row; masked as in the list."""

    export_name = ""
    skip_export_form = True

    def get_export_formats(self) -> list[type[Format]]:
        return [XLSX]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def get_data_for_export(self, request: HttpRequest, queryset: QuerySet, **kwargs: Any) -> Dataset:
        table = Dataset(headers=list(self.export_columns), title=self.export_name)
        for row in queryset[:MOST_ROWS].iterator(chunk_size=CHUNK):
            table.append([as_text(self._cell(row, name)) for name in self.export_columns.values()])
        kind = self.opts.label_lower
        audit.record(request.user, f"{self.opts.model_name}.exported", (kind, "*"), {"rows": len(table)})
        return table

    def export_action(self, request: HttpRequest) -> HttpResponse:
        try:
            response: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:
            # As the list itself does: never the whole table for a filter that nobody understood.
            return HttpResponseRedirect(f"{self._list_address()}?{ERROR_FLAG}=1")
        name = f"{self.export_name}-{now().astimezone(SHANGHAI):%Y%m%d-%H%M}.xlsx"
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        response["Cache-Control"] = "no-store"
        return response

    def _list_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _cell(self, row: Any, name: str) -> Any:
        own = getattr(self, name, None)
        value = own(row) if callable(own) else getattr(row, name)
        return value() if callable(value) else value


def as_text(value: Any) -> str:
    """A cell's text. A leading = would make a formula of what somebody typed, so it becomes a full-width one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    text = UNWRITABLE.sub("", str(value))
    return f"＝{text[1:]}" if text.startswith("=") else text
