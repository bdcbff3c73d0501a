"""The triage queue: what couriers reported, to be decided, handed to a unit and looked at."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display

from fengchao.core import clock
from fengchao.core.admin import DaysFilter, me
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.templatetags.fengchao import when
from reports.admin import blur, on_map
from reports.admin.detail import beside
from reports.admin.filters import ORDERS, CategoryFilter, HeapFilter, UnitFilter
from reports.admin.moves import Moves
from reports.models import Report
from reports.states import RejectReason, ReportState

STATES = {
    ReportState.SUBMITTED: "warning", ReportState.ACCEPTED: "warning", ReportState.APPEALED: "danger",
    ReportState.ASSIGNED: "info", ReportState.IN_PROGRESS: "info", ReportState.WAITING_FOR_REPORTER: "info",
    ReportState.RESOLVED: "success", ReportState.CLOSED: "default", ReportState.REJECTED: "default",
}  # fmt: skip
EXCERPT, PLACE, UNIT = 16, 10, 8  # characters that leave a row on two lines


@admin.register(Report)
class ReportAdmin(ExportAdmin, Moves):
    list_display = ("number", "filed", "category", "what", "status", "unit", "until")
    list_filter = (
        HeapFilter,
        ("state", ChoicesRadioFilter),
        CategoryFilter,
        UnitFilter,
        DaysFilter.over("filed_at"),
    )
    list_select_related = ("category__parent", "area", "assigned_to")
    search_fields = ("=number",)
    search_help_text = "编号"
    actions_list = ("open_map",)
    fields = (
        ("number", "state"),
        ("kind", "area"),
        ("text", "place"),
        ("happened_at", "filed_at"),
        ("expected_on", "deadline"),
        ("handled_by", "resolved_at"),
        ("reporter", "phone"),
        ("rejected", "duplicate_of"),
    )
    change_form_outer_before_template = "admin/reports/moves.html"
    change_form_outer_after_template = "admin/reports/detail.html"
    export_name = "随手拍"
    export_columns = {
        "编号": "number",
        "上报时间": "filed_at",
        "大类": "group",
        "类别": "category",
        "情况": "text",
        "地点": "place",
        "纬度": "lat",
        "经度": "lng",
        "辖区": "area",
        "状态": "get_state_display",
        "办理单位": "assigned_to",
        "办理期限": "due_on",
        "办结时间": "resolved_at",
        "不受理原因": "rejected",
        "星级": "stars",
        "接入方": "partner",
    }

    def scoped(self, queryset: Any, user: Any) -> Any:
        return queryset.for_staff(user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fields, "picture_elsewhere"] if obj is not None and obj.media_url else self.fields

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ORDERS.get(request.GET.get("heap", ""), ("-filed_at", "-pk"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.blur)
        return [path("<int:object_id>/blur/<int:photo_id>/", view, name="reports_report_blur"), *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        found: tuple[QuerySet, bool] = super().get_search_results(request, queryset, term.upper())
        return found

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what the page of one report shows, in the same query."""
        try:
            return self.get_queryset(request).shown().get(pk=int(object_id))  # type: ignore[attr-defined]
        except (Report.DoesNotExist, ValueError, OverflowError):
            return None

    def get_data_for_export(self, request: HttpRequest, queryset: QuerySet, **kwargs: Any) -> Any:
        return super().get_data_for_export(request, queryset.select_related("feedback", "api_key"), **kwargs)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(beside(found, me(request)) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def blur(self, request: HttpRequest, object_id: int, photo_id: int) -> HttpResponse:
        return blur.page(self, request, object_id, photo_id)

    @action(description="地图", icon="map", permissions=["view"])
    def open_map(self, request: HttpRequest) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return on_map.page(request, self.get_queryset(request), context)

    @display(description="类别")
    def kind(self, row: Report) -> str:
        return f"{row.category.parent} · {row.category}" if row.category.parent else str(row.category)

    @display(description="情况和地点")
    def what(self, row: Report) -> str:
        words = _short(row.text, EXCERPT) or "（只有照片）"
        return format_html("{}<br><small>{} {}</small>", words, row.area.name, _short(row.place, PLACE) or "见地图")

    @display(description="上报时间")
    def filed(self, row: Report) -> str:
        return when(row.filed_at)

    @display(description="状态", label=STATES)
    def status(self, row: Report) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @display(description="办理单位")
    def unit(self, row: Report) -> str:
        return _short(row.assigned_to.name, UNIT) if row.assigned_to else "—"

    @display(description="期限", label={"long": "danger", "late": "danger", "due": "default"})
    def until(self, row: Report) -> tuple[str, str] | str:
        if row.due_on is None or row.long_due_on is None:
            return ""
        today, day = clock.shanghai_day(clock.now()), f"{row.due_on.month}月{row.due_on.day}日"
        if not row.is_with_unit or today <= row.due_on:
            return "due", day
        late = f"超期 {(today - row.due_on).days} 天"
        return ("long", f"三倍{late}") if today > row.long_due_on else ("late", late)

    @display(description="办理单位")
    def handled_by(self, row: Report) -> str:
        return row.assigned_to.name if row.assigned_to else "—"

    @display(description="办理期限")
    def deadline(self, row: Report) -> str:
        found = self.until(row)
        return found[1] if found else "—"

    @display(description="上报人")
    def reporter(self, row: Report) -> str:
        if row.api_key:
            return f"接入方：{row.api_key.partner}"
        return mask_name(row.courier.user.name) if row.courier else "已注销"

    @display(description="手机号")
    def phone(self, row: Report) -> str:
        return mask_phone(row.courier.user.phone) if row.courier and row.courier.user.phone else "—"

    @display(description="接入方附的图片")
    def picture_elsewhere(self, row: Report) -> str:
        if not row.media_url:
            return "—"
        return format_html('<a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a>', row.media_url)

    @display(description="不受理原因")
    def rejected(self, row: Report) -> str:
        return str(RejectReason(row.reject_reason).label) if row.reject_reason else "—"

    def partner(self, row: Report) -> str:
        return row.api_key.partner if row.api_key else ""

    def group(self, row: Report) -> str:
        return str(row.category.parent or row.category)

    def stars(self, row: Report) -> str:
        return str(row.feedback.stars) if hasattr(row, "feedback") else ""


def _short(text: str, most: int) -> str:
    return f"{text[:most]}…" if len(text) > most else text
