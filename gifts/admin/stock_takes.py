"""Stock-takes with what was counted: looked at, posted, thrown away."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, me
from fengchao.core.templatetags.fengchao import signed
from gifts.admin.waiting import WaitingFilter
from gifts.models import StockTake, StockTakeLine
from gifts.services import stock_takes
from gifts.states import StockTakeState


class FinishForm(AskForm):
    """Nothing to fill in: what is chosen is named once more before it is posted."""


class CancelForm(AskForm):
    reason = forms.CharField(label="作废原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class Lines(TabularInline):
    """What was counted, under the stock-take."""

    model = StockTakeLine
    fields = readonly_fields = ("gift", "counted", "expected", "differing", "counter", "at")
    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the stock-take

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found: QuerySet = super().get_queryset(request).select_related("gift", "by").order_by("gift__points", "pk")
        return found

    @display(description="差异")
    def differing(self, line: StockTakeLine) -> str:
        return signed(line.difference)

    @display(description="盘点人")
    def counter(self, line: StockTakeLine) -> str:
        return str(line.by)


@admin.register(StockTake)
class StockTakeAdmin(LedgerAdmin):
    list_display = ("number", "begun_at", "station", "status", "counted", "differing", "confirmer", "ender")
    list_filter = (WaitingFilter, ("state", ChoicesRadioFilter), DaysFilter.over("begun_at"))
    list_select_related = ("station", "begun_by", "confirmed_by", "ended_by")
    search_fields = ("=number", "station__name")
    search_help_text = "单号或蜂巢"
    actions = ("finish_chosen", "cancel_chosen")
    fields = (
        ("number", "station"),
        "status",
        ("starter", "begun_at"),
        ("confirmer", "confirmed_at"),
        ("ender", "ended_at"),
        "note",
    )
    inlines = (Lines,)

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        differing = Count("lines", filter=~Q(lines__counted=F("lines__expected")))
        return super().scoped(queryset, user).annotate(line_count=Count("lines"), differing_count=differing)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="审定所选盘点", permissions=["settle"])
    def finish_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, FinishForm, title="审定所选盘点，差异入账", button="审定入账")
        if isinstance(form, HttpResponse):
            return form
        self.each(
            request, chosen, lambda row: stock_takes.finish(row, by=me(request)), done="已审定 {} 次盘点，差异已入账。",
            key=form.cleaned_data["key"],
        )  # fmt: skip
        return None

    @action(description="作废所选盘点", permissions=["settle"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, CancelForm, title="作废所选盘点", button="作废")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen, lambda row: stock_takes.cancel(row, reason=given["reason"], by=me(request)),
            done="已作废 {} 次盘点，账面没有变。", key=given["key"],
        )  # fmt: skip
        return None

    @display(
        description="状态",
        label={"盘点中": "info", "待审定": "warning", "已审定": "success", "已作废": "danger"},
    )
    def status(self, row: StockTake) -> str:
        return str(StockTakeState(row.state).label)

    @display(description="盘点品种")
    def counted(self, row: Any) -> str:
        return f"{row.line_count} 样"

    @display(description="有差异")
    def differing(self, row: Any) -> str:
        return f"{row.differing_count} 样" if row.differing_count else "—"

    @display(description="开始人")
    def starter(self, row: StockTake) -> str:
        return str(row.begun_by)

    @display(description="确认人")
    def confirmer(self, row: StockTake) -> str:
        return str(row.confirmed_by) if row.confirmed_by else "—"

    @display(description="审定/作废人")
    def ender(self, row: StockTake) -> str:
        return str(row.ended_by) if row.ended_by else "—"
