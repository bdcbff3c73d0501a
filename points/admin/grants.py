"""Points given by hand: registered, decided by a second person, taken back."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter
from unfold.decorators import action, display

from fengchao.core.admin import DaysFilter, LedgerAdmin, me
from fengchao.core.errors import RuleBroken
from fengchao.core.templatetags.fengchao import points as grouped
from fengchao.core.templatetags.fengchao import when
from points.admin.forms import GrantToOneForm, WhyForm
from points.models import Grant
from points.services import approve, grant, reject, take_back

STATES = {"已入账": "success", "待审核": "warning", "已驳回": "danger", "已收回": "danger"}


class WaitingFilter(RadioFilter):
    title = "审核"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "等我审核"), ("others", "我登记的，等别人审核"), ("back", "已收回")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        match self.value():
            case "me":
                return queryset.decidable_by(me(request))  # type: ignore[no-any-return]
            case "others":
                return queryset.filter(by=me(request), state=Grant.State.PENDING)  # type: ignore[no-any-return]
            case "back":
                return queryset.filter(taken_back_at__isnull=False)  # type: ignore[no-any-return]
        return queryset  # type: ignore[no-any-return]


@admin.register(Grant)
class GrantAdmin(LedgerAdmin):
    list_display = ("at", "rider", "amount", "reason", "status", "clerk", "decider", "why")
    list_filter = (WaitingFilter, ("state", ChoicesRadioFilter), DaysFilter)
    list_select_related = ("courier__user", "by", "decided_by", "taken_back_by")
    search_fields = ("courier__user__name", "reason")
    search_help_text = "快递小哥姓名或事由"
    actions = ("approve_chosen", "reject_chosen", "take_back_chosen")
    actions_list = ("enter",)
    fields = (
        ("rider", "amount"),
        ("status", "transfer"),
        "reason",
        ("clerk", "at"),
        ("decider", "decided_at"),
        "decision_note",
        ("back_by", "taken_back_at"),
        ("taken_back_reason", "taken_back"),
    )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="通过所选", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        self.each(
            request, chosen, lambda row: approve(row, by=me(request)), done="已通过 {} 笔，积分已入快递小哥账户。"
        )  # fmt: skip

    @action(description="驳回所选（要写原因）", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, WhyForm, title="驳回所选发放", button="驳回")
        if isinstance(form, HttpResponse):
            return form
        note = form.cleaned_data["reason"]
        self.each(
            request, chosen, lambda row: reject(row, by=me(request), note=note),
            done="已驳回 {} 笔，经办人会看到原因。",
        )  # fmt: skip
        return None

    @action(description="收回所选（要写原因）", permissions=["decide"])
    def take_back_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, WhyForm, title="收回所选发放的积分", button="收回积分")
        if isinstance(form, HttpResponse):
            return form
        reason = form.cleaned_data["reason"]
        self.each(
            request, chosen, lambda row: take_back(row, by=me(request), reason=reason),
            done="已收回 {} 笔积分；余额不够的会显示欠分，补上之前不能兑换。",
        )  # fmt: skip
        return None

    @action(description="登记发放", icon="add", permissions=["decide"])
    def enter(self, request: HttpRequest) -> HttpResponse:
        form = GrantToOneForm(request.POST if request.method == "POST" else None, by=me(request))
        if form.is_bound and form.is_valid():
            given, found = form.cleaned_data, []

            def act() -> Grant:
                found.append(grant(given["courier"], given["points"], reason=given["reason"], by=me(request)))
                return found[0]

            try:
                self.act_once(request, given["key"], act)
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                waits = bool(found) and found[0].state == Grant.State.PENDING
                done = "超过当场额度，等另一位管理员审核后入账。" if waits else "积分已入快递小哥账户。"
                messages.success(request, f"已登记：{given['courier']} {given['points']:,} 分，{done}")
                return HttpResponseRedirect(reverse("admin:points_grant_changelist"))
        return self.form_page(request, form, title="登记发放", button="登记发放")

    @display(description="快递小哥")
    def rider(self, row: Grant) -> str:
        return str(row.courier)

    @display(description="积分")
    def amount(self, row: Grant) -> str:
        return grouped(row.points)

    @display(description="状态", label=STATES)
    def status(self, row: Grant) -> str:
        return "已收回" if row.taken_back_at else str(row.get_state_display())

    @display(description="经办人")
    def clerk(self, row: Grant) -> str:
        return str(row.by)

    @display(description="审核人")
    def decider(self, row: Grant) -> str:
        return f"{row.decided_by} {when(row.decided_at)}" if row.decided_by and row.decided_at else "—"

    @display(description="收回人")
    def back_by(self, row: Grant) -> str:
        return str(row.taken_back_by) if row.taken_back_by else "—"

    @display(description="驳回或收回原因")
    def why(self, row: Grant) -> str:
        return row.taken_back_reason or row.decision_note or "—"
