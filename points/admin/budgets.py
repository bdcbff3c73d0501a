"""What programmes give in a year, beside what the district meant to give."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from fengchao.core import clock
from fengchao.core.admin import BaseAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from points.admin.rules import GIVING
from points.models import Budget
from points.services import programme_totals


@admin.register(Budget)
class BudgetAdmin(BaseAdmin):
    """Above the list stands each programme, with a budget or without: this year, and the last where there was any."""

    list_display = ("year", "project", "planned", "given", "share", "state")
    list_display_links = ("project",)
    list_before_template = "admin/points/programmes.html"
    list_filter = ("year",)
    ordering = ("-year", "programme")
    fields = (("programme", "year"), "points")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("programme", "year") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        asked = {name: request.GET.get(name, "") for name in ("programme", "year")}
        return {"year": clock.shanghai_day(clock.now()).year, **{name: text for name, text in asked.items() if text}}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "programme":
            kwargs["choices"] = GIVING
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        year = clock.shanghai_day(clock.now()).year
        budgets = {(row.year, row.programme): row.pk for row in Budget.objects.filter(year__in=(year, year - 1))}
        totals = [total for total in programme_totals(year, year - 1) if total.year == year or total.points]
        rows = [(total, budgets.get((total.year, total.programme))) for total in totals]
        plans = {"may_plan": self.has_add_permission(request), "programmes": rows}
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **plans})
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Each row of the page with its total, read for all of them at once."""
        found = super().get_changelist_instance(request)
        years = {row.year for row in found.result_list}
        totals = {(total.year, total.programme): total for total in programme_totals(*years)}
        for row in found.result_list:
            row.total = totals[row.year, row.programme]
        return found

    @display(description="项目", ordering="programme")
    def project(self, row: Budget) -> str:
        return str(row.get_programme_display())

    @display(description="预算", ordering="points")
    def planned(self, row: Budget) -> str:
        return grouped(row.points)

    @display(description="已发放")
    def given(self, row: Any) -> str:
        return grouped(row.total.points)

    @display(description="已用")
    def share(self, row: Any) -> str:
        return "—" if row.total.share is None else f"{row.total.share:.0%}"

    @display(description="提醒", label={"快用完": "warning", "已超出": "danger", "正常": "success"})
    def state(self, row: Any) -> str:
        if row.total.points > row.points:
            return "已超出"
        return "快用完" if row.total.nearly_spent else "正常"
