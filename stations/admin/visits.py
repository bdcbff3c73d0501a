"""Who came, what was refused, and the footfall."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from fengchao.core.admin import DaysFilter, LedgerAdmin, me
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from stations.admin import footfall
from stations.models import RefusedCheckIn, Visit


@admin.register(Visit)
class VisitAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("at", "rider", "station", "way", "near", "earned", "clerk")
    list_filter = (
        DaysFilter,
        ("station", RelatedDropdownFilter),
        ("way", ChoicesRadioFilter),
        ("near", ChoicesRadioFilter),
    )
    list_select_related = ("courier__user", "station", "by")
    search_fields = ("station__name", "=station__code", "courier__user__name")
    search_help_text = "蜂巢或快递小哥姓名"
    actions_list = ("footfall",)
    fields = (("at", "station"), ("rider", "way"), ("near", "earned"), "clerk")
    ordering = ("-at",)
    export_name = "到站记录"
    export_columns = {
        "时间": "at",
        "蜂巢编号": "code",
        "蜂巢": "station",
        "快递小哥": "rider",
        "方式": "get_way_display",
        "定位": "get_near_display",
        "积分": "points",
    }

    def has_footfall_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    @action(description="客流统计", icon="bar_chart", permissions=["footfall"])
    def footfall(self, request: HttpRequest) -> HttpResponse:
        return footfall.page(request, me(request), {**self.admin_site.each_context(request), "opts": self.opts})

    @display(description="快递小哥")
    def rider(self, row: Visit) -> str:
        return str(row.courier) if row.courier else "已注销"

    @display(description="积分")
    def earned(self, row: Visit) -> str:
        return grouped(row.points)

    @display(description="经办人")
    def clerk(self, row: Visit) -> str:
        return str(row.by) if row.by else "—"

    def code(self, row: Visit) -> str:
        return row.station.code


@admin.register(RefusedCheckIn)
class RefusedCheckInAdmin(LedgerAdmin):
    list_display = ("at", "way", "station", "rider", "detail", "clerk")
    list_filter = (DaysFilter, ("station", RelatedDropdownFilter), ("way", ChoicesRadioFilter))
    list_select_related = ("courier__user", "station", "by")
    search_fields = ("=code", "detail", "station__name", "courier__user__name")
    search_help_text = "原因、蜂巢或快递小哥姓名"
    fields = (("at", "way"), ("station", "rider"), ("detail", "code"), "clerk")

    @display(description="快递小哥")
    def rider(self, row: RefusedCheckIn) -> str:
        return str(row.courier) if row.courier else "没认出或已注销"

    @display(description="经办人")
    def clerk(self, row: RefusedCheckIn) -> str:
        return str(row.by) if row.by else "—"
