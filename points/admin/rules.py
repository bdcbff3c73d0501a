"""What events earn, and what a cap left nothing of."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from fengchao.core import clock
from fengchao.core.admin import BaseAdmin, DaysFilter, LedgerAdmin, me
from points.events import EVENTS, label_of
from points.models import EarningRule, RefusedAward
from points.services import revise, stop
from points.services.closing import EARNED_FROM

REASONS = {"cap_reached": "已到每日或每月上限"}
VERSION_FIELDS = ("event", "title", "programme", "points", "day_cap", "month_cap")
STANDINGS = {"生效中": "success", "未到生效时间": "warning", "已被新版本取代": "default", "已停用": "danger"}
GIVING = [("", "请选择"), *((kind.value, kind.label) for kind in EARNED_FROM)]


class RuleForm(forms.ModelForm):
    """A new version. The rule of an end after the start is the service's; the form says it beside the field.

    An event is one that some part of the platform knows how to earn by; one that had a rule before may get a new one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "event" in self.fields:  # which is not there for who only reads
            had = EarningRule.objects.exclude(event__in=EVENTS).order_by("event", "-version").distinct("event")
            known = [("", "请选择"), *((event.name, event.label) for event in EVENTS.values())]
            choices = [*known, *had.values_list("event", "title")]
            self.fields["event"] = forms.ChoiceField(label="事件", choices=choices, widget=UnfoldAdminSelectWidget)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        start, end = given.get("valid_from"), given.get("valid_until")
        if start and end and end <= start:
            self.add_error("valid_until", "失效时间要晚于生效时间。")
        return given


@admin.register(EarningRule)
class EarningRuleAdmin(BaseAdmin):
    """A change is a new version, from a date on: what was earned by the old one stays explained by it."""

    form = RuleForm
    list_display = (
        "title", "event_label", "version", "points", "day_cap", "month_cap", "valid_from", "valid_until", "standing",
    )  # fmt: skip
    search_fields = ("title", "event")
    ordering = ("event", "-version")
    list_before_template = "admin/points/unpaid.html"
    actions = ("stop_chosen",)
    fieldsets = (
        (None, {"fields": (("event", "title"), ("programme", "points"), ("day_cap", "month_cap"))}),
        (
            "有效期",
            {
                "fields": ("valid_from", "valid_until"),
                "description": "同一事件只按最新的有效版本计分：新版本一生效，上一版本自动让位，不用另外停用。"
                "新版本填了失效时间的，到期后上一版本接着生效。",
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revise_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    @action(description="停用所选", permissions=["revise"])
    def stop_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        self.each(request, chosen, lambda rule: stop(rule, by=me(request)), done="已停用 {} 条规则，从现在起不再计分。")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.list_display, "new_version") if self.has_revise_permission(request) else self.list_display

    @display(description="调整")
    def new_version(self, rule: EarningRule) -> str:
        """To the form for a new rule, filled in with what this one says."""
        return format_html('<a href="{}?of={}">新版本</a>', reverse("admin:points_earningrule_add"), rule.pk)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        of = request.GET.get("of", "")
        rule = EarningRule.objects.filter(pk=of).first() if of.isascii() and of.isdigit() and len(of) < 19 else None
        found: dict[str, Any] = {"valid_from": clock.now()}
        if event := EVENTS.get(request.GET.get("event", "")):
            found |= {"event": event.name, "title": event.label, "programme": event.programme}
        return found | ({name: getattr(rule, name) for name in VERSION_FIELDS} if rule else {})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Above the list stand the events by which nothing is earned now."""
        unpaid = [EVENTS[name] for name in EarningRule.objects.unpaid(clock.now(), EVENTS)]
        told = {"unpaid": unpaid, "may_set": self.has_revise_permission(request)}
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **told})
        return answer

    @display(description="事件", ordering="event")
    def event_label(self, rule: EarningRule) -> str:
        return label_of(rule.event, otherwise=rule.title)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "programme":
            kwargs["choices"] = GIVING
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: EarningRule, form: Any, change: bool) -> None:
        revise(obj, by=me(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """`revise` has written the audit row."""

    @display(description="状态", label=STANDINGS)
    def standing(self, rule: Any) -> str:
        now = clock.now()
        if rule.valid_until is not None and rule.valid_until <= now:
            return "已停用"
        if rule.valid_from > now:
            return "未到生效时间"
        return "生效中" if rule.is_running else "已被新版本取代"

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return queryset.with_running(clock.now())  # type: ignore[attr-defined]  # the manager's own queryset


@admin.register(RefusedAward)
class RefusedAwardAdmin(LedgerAdmin):
    list_display = ("at", "rider", "event_label", "reason", "source_key")
    list_filter = (DaysFilter,)
    list_select_related = ("courier__user",)
    search_fields = ("courier__user__name", "=event", "=source_key")
    search_help_text = "快递小哥姓名、事件或来源编号"
    fields = (("at", "rider"), ("event_label", "reason"), ("source_kind", "source_key"))

    @display(description="事件", ordering="event")
    def event_label(self, row: RefusedAward) -> str:
        return label_of(row.event)

    @display(description="快递小哥")
    def rider(self, row: RefusedAward) -> str:
        return str(row.courier)

    @display(description="原因")
    def reason(self, row: RefusedAward) -> str:
        return REASONS.get(row.code, row.code)
