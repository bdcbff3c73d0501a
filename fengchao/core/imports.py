"""The door of an Excel import in the admin: template, upload, preview of every change, and only then the import."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import openpyxl  # type: ignore[import-untyped]  # ships no types
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from import_export.admin import ImportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm
from import_export.tmp_storages import TempFolderStorage
from unfold.contrib.import_export.forms import ImportForm

from fengchao.core import crypto
from fengchao.core.sheets import MOST_BYTES, MOST_ROWS, Sheet, SheetResource, Unreadable

SALT = "sheet-import"
GOOD_FOR = 3600  # seconds between preview and confirmation
TEMPLATE_ROWS = 200
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(ImportForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"].label = "Excel 文件"
        self.fields["import_file"].help_text = f".xlsx，一次不超过 {MOST_ROWS} 行、{MOST_BYTES // 1024 // 1024} MB"

    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        if upload.size > MOST_BYTES:
            raise ValidationError(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件上传。")
        return upload


class ConfirmForm(ConfirmImportForm):
    """Carries the name of the file between the two steps, signed: nobody names a file that he has not uploaded."""

    def clean_import_file_name(self) -> str:
        try:
            name = signing.loads(self.cleaned_data["import_file_name"], salt=SALT, max_age=GOOD_FOR)
        except signing.BadSignature as error:
            raise ValidationError("预览已过期，请重新上传。") from error
        return str(name)


class ImportAdmin(ImportMixin):
    """A button that reads a sheet. Whoever may add rows may import them; the resource says which rows are his."""

    sheet: ClassVar[type[SheetResource]]
    sheet_notes: ClassVar[dict[str, str]] = {}
    """Heading → what to write there, for the template's second page and beside the form."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_template_name = "admin/sheet_import.html"
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    skip_admin_log = True  # the resource writes our own

    def get_import_formats(self) -> list[type[Format]]:
        return [Sheet]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request))

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[SheetResource]]:
        return [self.sheet]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"by": request.user}

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"rollback_on_validation_errors": True}

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "notes": self.sheet_notes,
            "template_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import_template"),
        }

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        found = super().get_confirm_form_initial(request, import_form)
        if "import_file_name" in found:
            found["import_file_name"] = signing.dumps(found["import_file_name"], salt=SALT)
        return dict(found)

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        form.add_error(
            "import_file", str(e) if isinstance(e, Unreadable) else "打不开这个文件，请另存为 .xlsx 再上传。"
        )

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import_template"
        view = self.admin_site.admin_view(self.import_template)
        return [path("import/template/", view, name=name), *super().get_urls()]

    def import_template(self, request: HttpRequest) -> HttpResponse:
        """An empty sheet with text cells, and a second one that says what to write."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        book = openpyxl.Workbook()
        page, notes = book.worksheets[0], book.create_sheet("填写说明")
        page.title = f"{self.opts.verbose_name}"
        headings = [field.column_name for field in self.sheet(by=request.user).columns()]
        page.append(headings)
        for row in page.iter_rows(min_row=2, max_row=TEMPLATE_ROWS + 1, max_col=len(headings)):
            for cell in row:
                cell.number_format = "@"
        for heading in headings:
            notes.append([heading, self.sheet_notes.get(heading, "")])
        content = BytesIO()
        book.save(content)
        answer = HttpResponse(content.getvalue(), content_type=XLSX_TYPE)
        name = f"{self.opts.verbose_name}导入模板.xlsx"
        answer["Content-Disposition"] = content_disposition_header(True, name) or ""
        return answer

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer: Any = super().import_action(request, **kwargs)
        if result := getattr(answer, "context_data", {}).get("result"):
            answer.context_data["bad_rows"] = len(result.invalid_rows) + len(result.error_rows)
        return answer  # type: ignore[no-any-return]  # the package has no types

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_import_permission(request):
            raise PermissionDenied
        try:
            if self.create_confirm_form(request).is_valid():
                answer: HttpResponse = super().process_import(request, **kwargs)
                return answer
        except (FileNotFoundError, Unreadable):
            pass
        messages.error(request, "预览已过期，请重新上传。")
        return HttpResponseRedirect(self._import_address())

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Between preview and confirmation somebody else may have changed what a row needs: then nothing is written."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(request, "数据在预览之后有变化，没有导入，请重新上传核对。")
            return HttpResponseRedirect(self._import_address())
        answer: HttpResponse = super().process_result(result, request)
        return answer

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        counts = result.totals
        messages.success(
            request, f"已导入：新增 {counts['new']} 行，修改 {counts['update']} 行，{counts['skip']} 行没有变化。"
        )

    def _import_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")


class SealedStorage(TempFolderStorage):
    """The sheet between preview and confirmation, which holds telephone numbers, as nobody can read it on the disk."""

    def save(self, data: bytes) -> None:
        super().save(crypto.encrypt(base64.b64encode(data).decode()).encode())

    def read(self) -> bytes:
        return base64.b64decode(crypto.decrypt(super().read().decode()))


class SealedImportAdmin(ImportAdmin):
    """For sheets with telephone numbers: sealed on the disk, and one that will not be confirmed is not kept."""

    tmp_storage_class = SealedStorage

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer: Any = super().import_action(request, **kwargs)
        context = getattr(answer, "context_data", {})
        upload = getattr(context.get("form"), "cleaned_data", {}).get("import_file")
        if "confirm_form" not in context and (name := getattr(upload, "tmp_storage_name", "")):
            Path(name).unlink(missing_ok=True)
        return answer  # type: ignore[no-any-return]  # the package has no types
