"""What people said about stations: facilities as they are now, and corrections that wait for a decision."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from fengchao.core import clock
from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, me
from fengchao.core.errors import BadValue
from fengchao.core.export import ExportAdmin
from stations.models import Observation
from stations.services.corrections import accept, reject
from stations.states import OUT_OF_ORDER, Value

WORDS = {"好的": "success", "坏了": "danger", "人多": "warning"}
STATES = {"待审核": "warning", "已采纳": "success", "未采纳": "danger", "已撤回": "default"}


class HoldsFilter(RadioFilter):
    """What is shown to couriers now, and of that what somebody should see to."""

    title = "现在"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "正在显示"), ("bad", "坏了或人多")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("yes", "bad"):
            return queryset
        newest = Observation.objects.live(clock.now()).newest_of_each()
        found = queryset.filter(pk__in=newest.values("pk"))
        return found.filter(value__in=OUT_OF_ORDER) if self.value() == "bad" else found


class MineFilter(RadioFilter):
    """Exactly what the dashboard counts."""

    title = "审核"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "等我审核的更正")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset.decidable_by(me(request)) if self.value() == "me" else queryset
        return found


class AcceptForm(AskForm):
    value = forms.CharField(
        label="改成", max_length=200, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="不填就照建议的内容。开放时间要写成 Mo-Su 08:00-20:00 这样；一次只采纳一条时才能填。",
    )  # fmt: skip


class RejectForm(AskForm):
    note = forms.CharField(
        label="原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="快递小哥会看到，如：已和站里核对，电话没有变。",
    )  # fmt: skip


@admin.register(Observation)
class ObservationAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("at", "station", "what", "says", "note", "person", "expires_at", "status", "decision_note")
    list_filter = (MineFilter, HoldsFilter, ("kind", ChoicesRadioFilter), ("state", ChoicesRadioFilter), DaysFilter)
    list_select_related = ("station", "facility", "by", "decided_by")
    search_fields = ("station__name", "station__code", "facility__name", "proposed", "note")
    search_help_text = "蜂巢、设施、建议内容或备注"
    actions = ("accept_chosen", "reject_chosen")
    fields = (
        ("at", "station"), ("what", "says"), ("before", "note"), ("person", "expires_at"), ("status", "applied"),
        ("decider", "decided_at"), "decision_note",
    )  # fmt: skip
    export_name = "现场反馈"
    export_columns = {
        "时间": "at",
        "蜂巢": "station",
        "说什么": "what",
        "内容": "export_says",
        "原来的内容": "before",
        "备注": "note",
        "谁说的": "person",
        "显示到": "expires_at",
        "处理": "status",
        "改成的内容": "applied",
        "处理意见": "decision_note",
    }

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="采纳所选更正", permissions=["decide"])
    def accept_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, AcceptForm, title="采纳所选更正，改掉蜂巢的信息", button="采纳")
        if isinstance(form, HttpResponse):
            return form
        given, alone = form.cleaned_data, chosen.count() == 1

        def act(row: Observation) -> None:
            if given["value"] and not alone:
                raise BadValue("“改成”只能在一次采纳一条时填写。")
            accept(row, by=me(request), value=given["value"])

        self.each(request, chosen, act, done="已采纳 {} 条更正，信息已改，积分按规则入账。", key=given["key"])
        return None

    @action(description="不采纳所选更正", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, RejectForm, title="不采纳所选更正", button="不采纳")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen, lambda row: reject(row, note=given["note"], by=me(request)),
            done="已答复 {} 条更正。", key=given["key"],
        )  # fmt: skip
        return None

    @display(description="说什么")
    def what(self, row: Observation) -> str:
        if row.facility:
            return row.facility.name
        return f"更正{row.get_subject_display()}" if row.subject else "信息没错"

    @display(description="内容", label=WORDS)
    def says(self, row: Observation) -> str:
        return self.export_says(row) or "—"

    def export_says(self, row: Observation) -> str:
        return str(Value(row.value).label) if row.value else row.proposed

    @display(description="谁说的")
    def person(self, row: Observation) -> str:
        return f"{row.by}（工作人员）" if row.as_staff else str(row.by)

    @display(description="处理", label=STATES)
    def status(self, row: Observation) -> str:
        return str(row.get_state_display()) or "—"

    @display(description="处理人")
    def decider(self, row: Observation) -> str:
        return str(row.decided_by) if row.decided_by else "—"
