"""The register of courier enterprises and their outlets."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RadioFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from accounts.admin.organisations import InTree
from accounts.models import Enterprise, Headcount, Outlet
from accounts.services import headcounts
from accounts.services.contacts import clean_contact_phone
from accounts.services.exchange import CONTACT, COUNT, COUNTED_ON, OUTLET_NOTES, PHONE, REGISTERED, OutletSheet
from fengchao.core import audit, clock
from fengchao.core.admin import me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from fengchao.core.imports import SealedImportAdmin
from fengchao.core.masking import mask_name, mask_phone

COUNT_FIELDS = ("couriers", "counted_on")


@admin.register(Enterprise)
class EnterpriseAdmin(InTree):
    place = ""
    list_display = ("name", "organisation", "outlets_count")
    list_select_related = ("organisation",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "organisation", "is_example")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return queryset.annotate(outlet_count=Count("outlets"))

    @display(description="网点数", ordering="outlet_count")
    def outlets_count(self, enterprise: Any) -> int:
        return int(enterprise.outlet_count)


class OutletForm(forms.ModelForm):
    """With a headcount beside the outlet's own fields; the service writes it."""

    contact_phone = forms.CharField(
        label="联系电话", max_length=30, required=False, help_text="手机或带区号的座机，只有管理这个网点的人看得到。",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    couriers = forms.IntegerField(
        label="在岗人数", required=False, widget=UnfoldAdminIntegerFieldWidget,
        help_text="问到了新的人数才填，不填不改。",
    )  # fmt: skip
    counted_on = forms.DateField(
        label="哪天的人数", required=False, widget=UnfoldAdminSingleDateWidget, help_text="不填就是今天。"
    )

    def clean_contact_phone(self) -> str | None:
        try:
            given = self.cleaned_data["contact_phone"]
            return clean_contact_phone(given) if given else None
        except RuleBroken as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        couriers, on, at = given.get("couriers"), given.get("counted_on"), clock.now()
        if couriers is not None and "counted_on" not in self.errors:
            try:
                headcounts.refuse(couriers, on or clock.shanghai_day(at), at=at)
            except RuleBroken as refusal:
                self.add_error("counted_on" if refusal.field == "on" else "couriers", refusal.message)
        elif on and couriers is None and "couriers" not in self.errors:
            self.add_error("couriers", "请填那天的人数。")
        return given


class Headcounts(TabularInline):
    """What was told before, newest first."""

    model = Headcount
    fields = readonly_fields = ("on", "couriers", "person", "at")
    extra = 0
    per_page = 12
    hide_title = True
    verbose_name_plural = "登记过的在岗人数"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the outlet

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found: QuerySet = super().get_queryset(request).select_related("by").order_by("-on")
        return found

    @display(description="登记人")
    def person(self, row: Headcount) -> str:
        return str(row.by)


class StaleFilter(RadioFilter):
    title = "在岗人数"
    parameter_name = "headcount"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("stale", "半年没有登记"), ("never", "从未登记")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset
        if self.value() == "stale":
            found = queryset.uncounted_since(clock.shanghai_day(clock.now()) - headcounts.STALE_AFTER)
        elif self.value() == "never":
            found = queryset.filter(headcounts=None)
        return found


@admin.register(Outlet)
class OutletAdmin(SealedImportAdmin, ExportAdmin, InTree):
    form = OutletForm
    inlines = (Headcounts,)
    personal = ("contact_name", "contact_phone")
    sheet = OutletSheet
    sheet_notes = OUTLET_NOTES
    export_name = "网点"
    export_columns = {
        "企业": "enterprise", "网点": "name", "所在街道/社区": "organisation", "地址": "address",
        CONTACT: "masked_name", PHONE: "masked_phone", COUNT: "counted", COUNTED_ON: "counted_on",
        REGISTERED: "riders",
    }  # fmt: skip
    list_display: tuple[str, ...] = (
        "name", "enterprise", "organisation", "address", "contact", "headcount", "riders"
    )  # fmt: skip
    list_filter = (("enterprise", RelatedDropdownFilter), StaleFilter)
    list_select_related = ("enterprise", "organisation")
    search_fields = ("name", "enterprise__name", "address")
    search_help_text = "网点、企业或地址"
    ordering = ("enterprise__name", "name")
    fieldsets = (
        (None, {"fields": (("name", "enterprise"), "organisation", "address", "is_example")}),
        ("联系人", {"fields": (("contact_name", "contact_phone"),)}),
    )

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        found: Any = super().scoped(queryset, user)
        return found.with_headcount().annotate(courier_count=Count("couriers"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return (*found, ("登记在岗人数", {"fields": (COUNT_FIELDS,)})) if writes else found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The number stands there whole, so who opened the page is on record."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        shown = getattr(answer, "context_data", {}).get("original")
        if request.method == "GET" and shown is not None and shown.contact_phone:
            audit.record(me(request), "outlet.contact_read", shown)
        return answer

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """The service writes what was counted."""
        parts = super().construct_change_message(request, form, formsets, add)
        return tuple({name: value for name, value in part.items() if name not in COUNT_FIELDS} for part in parts)

    def save_model(self, request: HttpRequest, obj: Outlet, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        given = form.cleaned_data
        if given.get("couriers") is not None:
            headcounts.count(obj, given["couriers"], by=me(request), on=given.get("counted_on"))

    @display(description="联系人")
    def contact(self, outlet: Outlet) -> str:
        return f"{self.masked_name(outlet)} {self.masked_phone(outlet)}".strip() or "—"

    @display(description="在岗人数", ordering="counted")
    def headcount(self, outlet: Any) -> str:
        return f"{outlet.counted}（{outlet.counted_on}）" if outlet.counted is not None else "—"

    @display(description="登记小哥", ordering="courier_count")
    def riders(self, outlet: Any) -> int:
        return int(outlet.courier_count)

    def masked_name(self, outlet: Outlet) -> str:
        return mask_name(outlet.contact_name)

    def masked_phone(self, outlet: Outlet) -> str:
        return mask_phone(outlet.contact_phone or "")
