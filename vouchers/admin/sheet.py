"""Cards for a sheet of couriers: which programme, the file, the preview, and then the cards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from fengchao.core.admin import me
from fengchao.core.imports import ConfirmForm, SealedImportAdmin, UploadForm
from vouchers.admin.forms import ProgrammeChoice, run_by
from vouchers.services.exchange import VOUCHER_NOTES, VoucherSheet


class UploadFormOfProgramme(UploadForm):
    programme = ProgrammeChoice()

    def __init__(self, *args: Any, programmes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = programmes


class ConfirmFormOfProgramme(ConfirmForm):
    programme = ProgrammeChoice(widget=forms.HiddenInput)

    def __init__(self, *args: Any, programmes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = programmes


class FromSheet(SealedImportAdmin):
    sheet = VoucherSheet
    sheet_notes = VOUCHER_NOTES
    import_form_class = UploadFormOfProgramme
    confirm_form_class = ConfirmFormOfProgramme

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_context_data(**kwargs), "heading": "从 Excel 发放体检卡"}

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_import_form_kwargs(request), "programmes": run_by(me(request))}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        return {**super().get_confirm_form_kwargs(request, import_form), "programmes": run_by(me(request))}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        found = super().get_confirm_form_initial(request, import_form)
        return {**found, "programme": import_form.cleaned_data["programme"].pk} if import_form else found

    def get_import_resource_kwargs(self, request: HttpRequest, form: Any = None, **kwargs: Any) -> dict[str, Any]:
        chosen = getattr(form, "cleaned_data", {}).get("programme")
        return {**super().get_import_resource_kwargs(request, **kwargs), "programme": chosen}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer: Any = super().import_action(request, **kwargs)
        context = getattr(answer, "context_data", {})
        if "confirm_form" in context:
            programme, new = context["form"].cleaned_data["programme"], context["result"].totals["new"]
            left = f"还剩 {programme.left} 个名额，发完剩 {programme.left - new} 个。"
            context["note"] = f"给 {new} 位快递小哥各发一张“{programme}”。{left}"
        return answer  # type: ignore[no-any-return]  # the package has no types

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        messages.success(request, f"已发放 {result.totals['new']} 张体检卡，他们会收到通知。")
