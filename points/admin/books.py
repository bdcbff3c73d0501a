"""Entries and transfers, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import display

from accounts.models import Courier
from accounts.rules import reads_everything
from fengchao.core.admin import DaysFilter, LedgerAdmin, with_person
from fengchao.core.masking import mask_name
from fengchao.core.templatetags.fengchao import points as grouped
from fengchao.core.templatetags.fengchao import signed
from points.models import POINTS, Account, Entry, Transfer

SOURCES = {
    "grant": "发放",
    "expiry": "到期",
    "reservation": "预约",
    "redemption": "兑换",
    "movement": "出入库",
    "report": "随手拍",
    "check_in": "签到",
    "deed": "用心做",
}


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

    @display(description="快递小哥")
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


def _owner(account: Account, holder: str | None) -> str:
    """A courier's masked name, or the programme and its year."""
    if account.kind == Account.Kind.COURIER:
        return mask_name(holder or "") or f"快递小哥 {account.owner_id}"
    if account.kind == Account.Kind.STOCK:
        return f"{account.get_kind_display()} {account.unit.removeprefix('gift:')}"
    return f"{account.get_kind_display()} {account.period or ''}".strip()
