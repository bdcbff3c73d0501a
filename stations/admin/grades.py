"""What a grade requires, and which station lacks what."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from fengchao.core.admin import BaseAdmin, ReadOnly
from fengchao.core.export import ExportAdmin
from stations.models import Compliance, GradeRequirement
from stations.services import grades


@admin.register(GradeRequirement)
class GradeRequirementAdmin(BaseAdmin):
    """One row says that stations of this grade must have this facility."""

    list_display = ("grade", "facility")
    list_display_links = ("grade", "facility")
    list_filter = (("grade", ChoicesRadioFilter), ("facility", RelatedDropdownFilter))
    list_select_related = ("facility",)
    ordering = ("grade", "facility_id")
    fields = (("grade", "facility"),)


class LackingFilter(RadioFilter):
    title = "配置"
    parameter_name = "lacking"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "缺设施"), ("no", "已达标")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return grades.lacking(queryset)
            case "no":
                return grades.complete(queryset)
        return queryset


@admin.register(Compliance)
class ComplianceAdmin(ExportAdmin, ReadOnly):
    place = "organisation"
    list_display = ("code", "name", "grade", "organisation", "standing", "lacks")
    list_display_links = ("code", "name")
    list_filter = (LackingFilter, ("grade", ChoicesRadioFilter))
    list_select_related = ("organisation",)
    search_fields = ("code", "name")
    search_help_text = "编号或名称"
    ordering = ("grade", "code")
    fields = (("code", "name"), ("grade", "organisation"), ("standing", "lacks"))
    export_name = "配置达标"
    export_columns = {
        "编号": "code", "名称": "name", "类别": "get_grade_display", "所属": "organisation", "配置": "standing",
        "缺少": "lacks",
    }  # fmt: skip

    def scoped(self, queryset: QuerySet, user: Any) -> QuerySet:
        return grades.with_missing(super().scoped(queryset, user).active())

    @display(description="配置", label={"已达标": "success", "缺设施": "danger"})
    def standing(self, station: Any) -> str:
        return "缺设施" if station.missing else "已达标"

    @display(description="缺少")
    def lacks(self, station: Any) -> str:
        return "、".join(station.missing) or "—"
