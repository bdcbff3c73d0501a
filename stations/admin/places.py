"""Stations and what they offer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from accounts.admin.organisations import InTree
from accounts.models import Organisation
from accounts.roles import READERS
from accounts.rules import organisations_of
from fengchao.core import clock
from fengchao.core.admin import BaseAdmin, me
from fengchao.core.export import ExportAdmin
from fengchao.core.imports import ImportAdmin
from stations import opening
from stations.admin.hours import WithHours
from stations.models import Facility, Station
from stations.services.exchange import STATION_NOTES, StationSheet

OPEN = {True: "开放中", False: "未开放", None: "时间未知"}


class OpenFilter(RadioFilter):
    title = "现在"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "开放中"), ("no", "未开放")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("yes", "no"):
            return queryset
        return opening.those_open(queryset, clock.now(), self.value() == "yes")


class StreetFilter(RadioFilter):
    title = "街道"
    parameter_name = "street"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        kinds = (Organisation.Kind.STREET, Organisation.Kind.ZONE)
        return list(organisations_of(me(request), *READERS).filter(kind__in=kinds).values_list("pk", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        street = Organisation.objects.filter(pk=self.value()).first() if (self.value() or "").isdecimal() else None
        return queryset.filter(organisation__path__startswith=street.path) if street else queryset


@admin.register(Station)
class StationAdmin(WithHours, ImportAdmin, ExportAdmin, InTree):
    sheet = StationSheet
    sheet_notes = STATION_NOTES
    list_display = ("code", "name", "grade", "organisation", "open_now", "phone", "is_active")
    list_display_links = ("code", "name")
    list_filter = (("grade", ChoicesRadioFilter), OpenFilter, StreetFilter, "is_active")
    list_select_related = ("organisation",)
    search_fields = ("code", "name", "address")
    search_help_text = "编号、名称或地址"
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": (("code", "name"), ("grade", "organisation"), ("is_active", "is_example"))}),
        ("位置", {"fields": ("address", ("lat", "lng"))}),
        ("开放时间", {"fields": ("opening_hours", "holiday_hours", "coming")}),
        ("服务", {"fields": ("phone", "facilities", "updated_at")}),
    )
    view_on_site = False
    export_name = "蜂巢"
    export_columns = {
        "编号": "code",
        "名称": "name",
        "类别": "get_grade_display",
        "所属": "organisation",
        "地址": "address",
        "纬度": "lat",
        "经度": "lng",
        "电话": "phone",
        "开放时间": "opening_hours",
        "节假日开放时间": "holiday_hours",
        "设施": "facility_names",
    }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "coming", "updated_at") if obj else ("coming", "updated_at")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("opening_hours", "holiday_hours"):
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 2})
        if db_field.name == "facilities":
            return forms.ModelMultipleChoiceField(
                Facility.objects.order_by("pk"),
                label="设施",
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_data_for_export(self, request: HttpRequest, queryset: QuerySet, **kwargs: Any) -> Any:
        return super().get_data_for_export(request, queryset.prefetch_related("facilities"), **kwargs)

    def facility_names(self, station: Station) -> str:
        return "、".join(facility.name for facility in sorted(station.facilities.all(), key=lambda one: int(one.pk)))

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return opening.with_overrides(super().scoped(queryset, user), clock.now())

    @display(description="现在", label={"开放中": "success", "未开放": "default", "时间未知": "warning"})
    def open_now(self, station: Station) -> str:
        return OPEN[opening.state(station, clock.now()).is_open]


@admin.register(Facility)
class FacilityAdmin(BaseAdmin):
    list_display = ("name", "code", "icon")
    search_fields = ("name", "code")
    ordering = ("pk",)
