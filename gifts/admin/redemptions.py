"""What was handed over and what was refused."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
)  # fmt: skip

from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, me
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from gifts.admin.settlement import MonthForm, workbook
from gifts.models import Redemption, RefusedAttempt
from gifts.services import annul
from gifts.states import RedemptionState


class AnnulForm(AskForm):
    reason = forms.CharField(label="撤销原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


@admin.register(Redemption)
class RedemptionAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("number", "at", "rider", "gift", "cost", "station", "status", "clerk")
    list_filter = (("state", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("courier__user", "gift", "station", "by")
    search_fields = ("=number", "courier__user__name", "station__name")
    search_help_text = "单号、快递小哥姓名或蜂巢"
    actions = ("annul_chosen",)
    actions_list = ("settle",)
    fields = (
        ("number", "at"),
        ("rider", "status"),
        ("gift", "cost"),
        ("station", "clerk"),
        ("annulled_at", "undone_by"),
        "annul_reason",
        ("transfer", "annul_transfer"),
    )
    export_name = "兑换"
    export_columns = {
        "单号": "number",
        "时间": "at",
        "快递小哥": "rider",
        "礼品": "gift",
        "积分": "points",
        "蜂巢": "station",
        "状态": "get_state_display",
        "经办人": "clerk",
        "撤销原因": "annul_reason",
    }

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    @action(description="月结算", icon="calendar_month", permissions=["settle"])
    def settle(self, request: HttpRequest) -> HttpResponse:
        form = MonthForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            return workbook(form.chosen(), me(request))
        return self.form_page(request, form, title="月结算(Excel)", button="下载")

    def has_annul_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="撤销所选兑换", permissions=["annul"])
    def annul_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, AnnulForm, title="撤销所选兑换", button="撤销兑换")
        if isinstance(form, HttpResponse):
            return form
        reason = form.cleaned_data["reason"]
        self.each(
            request, chosen, lambda row: annul(row, reason=reason, by=me(request)),
            done="已撤销 {} 笔兑换，积分和库存都已退回。",
        )  # fmt: skip
        return None

    @display(description="快递小哥")
    def rider(self, row: Redemption) -> str:
        return str(row.courier)

    @display(description="积分")
    def cost(self, row: Redemption) -> str:
        return grouped(row.points)

    @display(description="状态", label={"已兑换": "success", "已撤销": "danger"})
    def status(self, row: Redemption) -> str:
        return str(RedemptionState(row.state).label)

    @display(description="经办人")
    def clerk(self, row: Redemption) -> str:
        return str(row.by)

    @display(description="撤销人")
    def undone_by(self, row: Redemption) -> str:
        return str(row.annulled_by) if row.annulled_by else "—"


@admin.register(RefusedAttempt)
class RefusedAttemptAdmin(LedgerAdmin):
    list_display = ("at", "attempt", "station", "rider", "gift", "detail", "clerk")
    list_filter = (("attempt", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("courier__user", "gift", "station", "by")
    search_fields = ("=code", "detail", "station__name", "courier__user__name")
    search_help_text = "原因、蜂巢或快递小哥姓名"
    fields = (("at", "attempt"), ("station", "clerk"), ("rider", "gift"), ("detail", "code"))

    @display(description="快递小哥")
    def rider(self, row: RefusedAttempt) -> str:
        return str(row.courier) if row.courier else "未识别"

    @display(description="经办人")
    def clerk(self, row: RefusedAttempt) -> str:
        return str(row.by)
