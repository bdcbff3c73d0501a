"""The books to be read, points to be given, and what events earn."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.admin import CourierAdmin
from accounts.models import Courier
from accounts.rules import reads_everything
from fengchao.core.admin import AskForm, BaseAdmin, DaysFilter, LedgerAdmin, me, with_person
from fengchao.core.masking import mask_name
from fengchao.core.templatetags.fengchao import points as grouped
from fengchao.core.templatetags.fengchao import signed
from points.models import AT_ONCE, POINTS, Account, Balance, EarningRule, Entry, Grant, Transfer
from points.services import grant
from points.services.grants import AT_ONCE_A_DAY, MOST, REASON_LENGTH

STATES = {"已入账": "success", "待审核": "warning", "已驳回": "danger"}

SOURCES = {
    "grant": "发放",
    "redemption": "兑换",
    "movement": "出入库",
    "report": "随手拍",
    "check_in": "签到",
    "deed": "用心做",
}


class GrantForm(AskForm):
    points = forms.IntegerField(
        label="每人积分",
        min_value=1,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"每人不超过 {AT_ONCE} 分、您当天合计不超过 {AT_ONCE_A_DAY} 分的立即入账，超出的等另一位管理员审核。",
    )
    reason = forms.CharField(
        label="事由", max_length=REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="骑手会在积分明细里看到。",
    )  # fmt: skip


@admin.register(Courier)
class CourierWithPoints(CourierAdmin):
    list_display = (*CourierAdmin.list_display, "balance")
    actions = ("verify_chosen", "grant_chosen", "freeze_chosen", "unfreeze_chosen")
    fields = (("name", "phone"), ("state", "balance"), *CourierAdmin.fields[2:])
    export_columns = {**CourierAdmin.export_columns, "积分": "points"}

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        courier = {"account__kind": Account.Kind.COURIER, "account__unit": POINTS, "account__period": 0}
        mine = Balance.objects.filter(**courier, account__owner_id=OuterRef("pk"))
        return super().scoped(queryset, user).annotate(points=Subquery(mine.values("posted")))

    @display(description="积分", ordering="points")
    def balance(self, courier: Any) -> str:
        return grouped(courier.points or 0)

    @action(description="给所选骑手发积分", permissions=["manage"])
    def grant_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, GrantForm, title="给所选骑手发积分", button="发放")
        if isinstance(form, HttpResponse):
            return form
        given, waiting = form.cleaned_data, []

        def act(courier: Courier) -> None:
            posted = grant(courier, given["points"], reason=given["reason"], by=me(request))
            if posted.state == Grant.State.PENDING:
                waiting.append(posted)

        self.each(request, chosen, act, done="已为 {} 位骑手登记发放。", key=given["key"])
        if waiting:
            messages.info(request, f"其中 {len(waiting)} 笔超过当场额度，等另一位管理员审核后入账。")
        return None


@admin.register(Grant)
class GrantAdmin(LedgerAdmin):
    list_display = ("at", "rider", "amount", "reason", "status", "clerk", "decider")
    list_filter = (("state", ChoicesRadioFilter), DaysFilter)
    list_select_related = ("courier__user", "by", "decided_by")
    search_fields = ("courier__user__name", "reason")
    search_help_text = "骑手姓名或事由"
    fields = (("rider", "amount"), ("status", "transfer"), "reason", ("clerk", "at"), ("decider", "decided_at"))

    @display(description="骑手")
    def rider(self, row: Grant) -> str:
        return str(row.courier)

    @display(description="积分")
    def amount(self, row: Grant) -> str:
        return grouped(row.points)

    @display(description="状态", label=STATES)
    def status(self, row: Grant) -> str:
        return str(row.get_state_display())

    @display(description="经办人")
    def clerk(self, row: Grant) -> str:
        return str(row.by)

    @display(description="审核人")
    def decider(self, row: Grant) -> str:
        return str(row.decided_by) if row.decided_by else "—"


class Books(LedgerAdmin):
    """Entries in points: of couriers in scope; of the programmes too for those who read at the root of the tree."""

    def _seen(self, user: Any, account: str = "account__") -> Q:
        if reads_everything(user, *self.rights().see):
            return Q()
        couriers = Courier.objects.in_scope(user).values("pk")
        return Q(**{f"{account}kind": Account.Kind.COURIER, f"{account}owner_id__in": couriers})


@admin.register(Entry)
class EntryAdmin(Books):
    called = "积分明细"
    list_display = ("at", "owner", "title", "change", "after", "actor")
    list_filter = (DaysFilter.over("transfer__created_at"), ("account__kind", ChoicesRadioFilter))
    list_select_related = ("transfer", "account")
    fields = (("owner", "at"), ("change", "after"), ("title", "actor"), "transfer")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        found = with_person(queryset.filter(self._seen(user), unit=POINTS), "transfer__actor_id")
        return with_person(found, "account__owner_id", "holder")

    @display(description="时间")
    def at(self, entry: Entry) -> Any:
        return entry.transfer.created_at

    @display(description="账户")
    def owner(self, entry: Any) -> str:
        return _owner(entry.account, entry.holder)

    @display(description="摘要")
    def title(self, entry: Entry) -> str:
        return str(entry.transfer)

    @display(description="变动")
    def change(self, entry: Entry) -> str:
        return signed(entry.amount)

    @display(description="余额")
    def after(self, entry: Entry) -> str:
        return "—" if entry.balance_after is None else grouped(entry.balance_after)

    @display(description="经办人")
    def actor(self, entry: Any) -> str:
        return mask_name(entry.person or "") or "—"


class Sides(TabularInline):
    """Both sides of a transfer, under it."""

    model = Entry
    fields = readonly_fields = ("side", "unit", "change", "balance_after")
    extra = 0
    hide_title = True
    verbose_name_plural = "分录"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the transfer

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found: QuerySet = super().get_queryset(request).select_related("account")
        return with_person(found, "account__owner_id", "holder").order_by("pk")  # type: ignore[no-any-return]

    @display(description="账户")
    def side(self, entry: Any) -> str:
        return _owner(entry.account, entry.holder)

    @display(description="变动")
    def change(self, entry: Entry) -> str:
        return signed(entry.amount)


@admin.register(Transfer)
class TransferAdmin(Books):
    called = "记账流水"
    list_display = ("created_at", "title", "rider", "amount", "actor", "source")
    list_filter = (DaysFilter.over("created_at"),)
    search_fields = ("=source_key",)
    search_help_text = "来源编号，如兑换单号"
    fields = (("title", "created_at"), ("actor", "source"), ("kind", "rule_version"), "reverses")
    inlines = (Sides,)

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        seen = self._seen(user)
        if seen:
            queryset = queryset.filter(pk__in=Entry.objects.filter(seen).values("transfer_id"))
        sides = Entry.objects.filter(account__kind=Account.Kind.COURIER).select_related("account")
        riders = with_person(sides, "account__owner_id", "holder")
        found = queryset.prefetch_related(Prefetch("entries", queryset=riders, to_attr="riders"))
        return with_person(found, "actor_id")

    @display(description="骑手")
    def rider(self, transfer: Any) -> str:
        return "、".join(_owner(entry.account, entry.holder) for entry in transfer.riders) or "—"

    @display(description="积分")
    def amount(self, transfer: Any) -> str:
        return "、".join(signed(entry.amount) for entry in transfer.riders) or "—"

    @display(description="经办人")
    def actor(self, transfer: Any) -> str:
        return mask_name(transfer.person or "") or "—"

    @display(description="来源")
    def source(self, transfer: Transfer) -> str:
        return f"{SOURCES.get(transfer.source_kind, transfer.source_kind)} {transfer.source_key}"


@admin.register(EarningRule)
class EarningRuleAdmin(BaseAdmin):
    """A change is a new version, from a date on: what was earned by the old one stays explained by it."""

    list_display = ("title", "event", "version", "points", "day_cap", "month_cap", "valid_from", "valid_until")
    search_fields = ("title", "event")
    ordering = ("event", "-version")
    fields = (("event", "title"), ("programme", "points"), ("day_cap", "month_cap"), "valid_from", "valid_until")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "programme":
            earned = (Account.Kind.REPORTS, Account.Kind.DEEDS, Account.Kind.CHECKINS, Account.Kind.MANUAL)
            kwargs["choices"] = [("", "请选择"), *((kind.value, kind.label) for kind in earned)]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: EarningRule, form: Any, change: bool) -> None:
        last = EarningRule.objects.filter(event=obj.event).aggregate(version=Max("version"))["version"]
        obj.version = (last or 0) + 1
        super().save_model(request, obj, form, change)


def _owner(account: Account, holder: str | None) -> str:
    """A courier's masked name, or the programme and its year."""
    if account.kind == Account.Kind.COURIER:
        return mask_name(holder or "") or f"骑手 {account.owner_id}"
    if account.kind == Account.Kind.STOCK:
        return f"{account.get_kind_display()} {account.unit.removeprefix('gift:')}"
    return f"{account.get_kind_display()} {account.period or ''}".strip()
