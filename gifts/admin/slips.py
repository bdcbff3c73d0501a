"""Paper slips that wait for a second person."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, me
from gifts.admin.waiting import WaitingFilter
from gifts.models import PaperSlip
from gifts.services import slips
from gifts.states import SlipState


class ApproveForm(AskForm):
    """Nothing to fill in: what is chosen is named once more before it is posted."""


class RejectForm(AskForm):
    note = forms.CharField(
        label="驳回原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="录入的人会看到。",
    )  # fmt: skip


@admin.register(PaperSlip)
class PaperSlipAdmin(LedgerAdmin):
    list_display = ("number", "handed_over_at", "station", "rider", "gift", "status", "reason", "clerk", "note")
    list_filter = (WaitingFilter, ("state", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("courier__user", "gift", "station", "by", "decided_by")
    search_fields = ("=number", "station__name", "courier__user__name")
    search_help_text = "单号、蜂巢或快递小哥姓名"
    actions = ("approve_chosen", "reject_chosen")
    fields = (
        ("number", "status"),
        ("rider", "gift"),
        ("station", "handed_over_at"),
        "reason",
        ("clerk", "at"),
        ("decider", "decided_at"),
        ("note", "redemption"),
    )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="通过所选纸质单", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, ApproveForm, title="通过所选纸质单，扣分出库", button="通过")
        if isinstance(form, HttpResponse):
            return form
        self.each(
            request, chosen, lambda row: slips.approve(row, by=me(request)),
            done="已通过 {} 张纸质单，积分和库存都已入账。", key=form.cleaned_data["key"],
        )  # fmt: skip
        return None

    @action(description="驳回所选纸质单", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, RejectForm, title="驳回所选纸质单", button="驳回")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen, lambda row: slips.reject(row, note=given["note"], by=me(request)),
            done="已驳回 {} 张纸质单。", key=given["key"],
        )  # fmt: skip
        return None

    @display(description="快递小哥")
    def rider(self, row: PaperSlip) -> str:
        return str(row.courier)

    @display(description="状态", label={"待审核": "warning", "已入账": "success", "已驳回": "danger"})
    def status(self, row: PaperSlip) -> str:
        return str(SlipState(row.state).label)

    @display(description="录入人")
    def clerk(self, row: PaperSlip) -> str:
        return str(row.by)

    @display(description="审核人")
    def decider(self, row: PaperSlip) -> str:
        return str(row.decided_by) if row.decided_by else "—"

    @display(description="审核意见")
    def note(self, row: PaperSlip) -> str:
        return row.decision_note or "—"
