"""Titles that the district gives its couriers, by which programmes choose whom they are for."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.models import Courier, Honour
from accounts.models.users import MOBILE
from accounts.rules import may_honour
from accounts.services import honours
from accounts.services.honour_sheet import HONOUR_NOTES, HonourSheet
from accounts.services.lookup import courier_named
from fengchao.core import clock
from fengchao.core.admin import AskForm, LedgerAdmin, me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from fengchao.core.imports import SealedImportAdmin
from fengchao.core.masking import mask_name


def this_year() -> int:
    return clock.shanghai_day(clock.now()).year


class TitleForm(AskForm):
    title = forms.CharField(
        label="荣誉", max_length=honours.TITLE_LENGTH, widget=UnfoldAdminTextInputWidget,
        help_text="如：优秀快递员。同一种荣誉每次写法要一样，体检项目按它认人。",
    )  # fmt: skip
    year = forms.IntegerField(
        label="年度", min_value=honours.FIRST_YEAR, initial=this_year, widget=UnfoldAdminIntegerFieldWidget
    )


class NamedCourierForm(AskForm):
    """A courier by number and name: both must fit, so that a slip of a digit goes to nobody else."""

    phone = forms.CharField(
        label="手机号", max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off", "autofocus": True}),
        help_text="完整的 11 位号码；号码不会显示，也不会留在网址里。",
    )  # fmt: skip
    name = forms.CharField(
        label="姓名", max_length=40, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="和账号登记的一样，免得输错号码给了别人。",
    )  # fmt: skip


class HonourForm(NamedCourierForm, TitleForm):
    field_order = ("phone", "name", "title", "year")


class YearFilter(DropdownFilter):
    title = "年度"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = Honour.objects.order_by("-year").values_list("year", flat=True).distinct()
        return [(str(year), f"{year} 年") for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(year=self.value()) if self.value() in known else queryset


class TitleFilter(DropdownFilter):
    title = "荣誉"
    parameter_name = "title"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        titles = Honour.objects.order_by("title").values_list("title", flat=True).distinct()
        return [(title, title) for title in titles]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(title=self.value()) if self.value() else queryset


@admin.register(Honour)
class HonourAdmin(SealedImportAdmin, ExportAdmin, LedgerAdmin):
    sheet = HonourSheet
    sheet_notes = HONOUR_NOTES
    list_display = ("rider", "title", "year", "outlet", "at", "person")
    list_filter = (YearFilter, TitleFilter)
    list_select_related = ("courier__user", "courier__outlet__enterprise", "courier__outlet__organisation",
                           "courier__street", "by")  # fmt: skip
    search_fields = ("courier__user__name", "title")
    search_help_text = "姓名或荣誉"
    ordering = ("-year", "-pk")
    fields = (("rider", "outlet"), ("title", "year"), ("at", "person"))
    export_name = "荣誉"
    export_columns = {
        "编号": "courier_id",
        "姓名": "rider",
        "网点": "outlet",
        "荣誉": "title",
        "年度": "year",
        "登记时间": "at",
        "登记人": "person",
    }

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return queryset.filter(courier__in=Courier.objects.in_scope(user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = me(request)
        return user.has_role(*self.rights().delete) and (obj is None or may_honour(user, obj.courier))

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_context_data(**kwargs), "heading": "从 Excel 登记荣誉"}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer: Any = super().import_action(request, **kwargs)
        context = getattr(answer, "context_data", {})
        if "confirm_form" in context:
            context["note"] = f"登记 {context['result'].totals['new']} 项荣誉。"
        return answer  # type: ignore[no-any-return]  # the package has no types

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        messages.success(request, f"已登记 {result.totals['new']} 项荣誉。")

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The service writes it."""

    def delete_model(self, request: HttpRequest, obj: Honour) -> None:
        honours.take_back(obj, by=me(request))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """By POST: a number in an address would stand in histories and logs."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = HonourForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            given, by = form.cleaned_data, me(request)

            def act() -> None:
                courier = courier_named(given["phone"], given["name"], by=by)
                honours.honour(courier, title=given["title"], year=given["year"], by=by)

            try:
                self.act_once(request, given["key"], act)
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, f"已登记 {given['year']} 年“{given['title']}”。")
                return HttpResponseRedirect(reverse("admin:accounts_honour_changelist"))
        return self.form_page(request, form, title="登记荣誉", button="登记")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        if MOBILE.search(term):
            messages.info(request, "查手机号请到“快递小哥”，用右上角的“按手机号查找”。")
            return queryset.none(), False
        found: tuple[QuerySet, bool] = super().get_search_results(request, queryset, term)
        return found

    @display(description="快递小哥")
    def rider(self, row: Honour) -> str:
        return mask_name(row.courier.user.name) if row.courier.user.is_active else "（已注销）"

    @display(description="网点")
    def outlet(self, row: Honour) -> str:
        return str(row.courier.outlet or row.courier.street or "—")

    @display(description="登记人")
    def person(self, row: Honour) -> str:
        return str(row.by)
