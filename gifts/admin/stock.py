"""What came, what left, and what lies where."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)  # fmt: skip

from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, ReadOnly, me
from fengchao.core.errors import RuleBroken
from fengchao.core.templatetags.fengchao import signed
from gifts.models import LARGEST_QUANTITY, Gift, Movement
from gifts.querysets import stock_at
from gifts.services.stock import move
from gifts.states import MovementKind
from points.ledger import gift_unit
from points.models import Balance
from stations.models import Station


class MovementForm(AskForm):
    """What came into a station's stock or left it."""

    station = forms.ModelChoiceField(
        Station.objects.none(), label="蜂巢", empty_label="请选择", widget=UnfoldAdminSelectWidget
    )
    gift = forms.ModelChoiceField(
        Gift.objects.order_by("points"), label="礼品", empty_label="请选择", widget=UnfoldAdminSelectWidget
    )
    kind = forms.ChoiceField(
        label="类别",
        choices=[(kind.value, kind.label) for kind in MovementKind if kind != MovementKind.COUNTED],
        widget=UnfoldAdminSelectWidget,
    )
    quantity = forms.IntegerField(
        label="数量", min_value=1, max_value=LARGEST_QUANTITY, widget=UnfoldAdminIntegerFieldWidget
    )
    to_station = forms.ModelChoiceField(
        Station.objects.none(),
        label="调往（只用于调拨）",
        required=False,
        empty_label="不调拨",
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(label="备注", max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def within_reach(self, stations: QuerySet) -> "MovementForm":
        for name in ("station", "to_station"):
            self.fields[name].queryset = stations  # type: ignore[attr-defined]
        return self


@admin.register(Movement)
class MovementAdmin(LedgerAdmin):
    list_display = ("number", "at", "kind", "station", "gift", "quantity", "found", "to_station", "clerk", "note")
    list_filter = (("kind", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("station", "gift", "to_station", "by", "stock_take")
    search_fields = ("=number", "=stock_take__number", "station__name", "note")
    search_help_text = "单号、盘点单号、蜂巢或备注"
    actions_list = ("enter",)
    fields = (
        ("number", "at"),
        ("kind", "quantity"),
        ("station", "gift"),
        ("found", "stock_take"),
        ("to_station", "note"),
        "clerk",
        "transfer",
    )

    def has_enter_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="登记出入库", icon="add", permissions=["enter"])
    def enter(self, request: HttpRequest) -> HttpResponse:
        first = {name: request.GET.get(name) for name in ("station", "gift") if request.GET.get(name, "").isdecimal()}
        form = MovementForm(request.POST if request.method == "POST" else None, initial=first)
        form.within_reach(Station.objects.served_by(me(request)).order_by("code"))
        if form.is_bound and form.is_valid():
            given = dict(form.cleaned_data)
            key = given.pop("key")
            try:
                self.act_once(request, key, lambda: move(by=me(request), **given))
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                kind = MovementKind(given["kind"]).label
                words = f"{given['station']}，{given['gift']}{kind} {given['quantity']} 件"
                messages.success(request, f"已登记：{words}。")
                return HttpResponseRedirect(reverse("admin:gifts_movement_changelist"))
        return self.form_page(request, form, title="登记出入库", button="登记")

    @display(description="盘点差异")
    def found(self, row: Movement) -> str:
        if row.difference is None:
            return "—"
        return f"{signed(row.difference)}（{row.stock_take or '单项'}）"

    @display(description="经办人")
    def clerk(self, row: Movement) -> str:
        return str(row.by)


class LowFilter(RadioFilter):
    title = "数量"
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "该补货"), ("0", "已空")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "0":
            return queryset.filter(free__lte=0)
        return Gift.objects.running_low(queryset) if self.value() == "1" else queryset


class GiftFilter(RadioFilter):
    title = "礼品"
    parameter_name = "gift"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Gift.objects.order_by("points").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(account__unit=gift_unit(self.value())) if self.value() else queryset


@admin.register(Balance)
class StockAdmin(ReadOnly):
    """The balances of stock accounts, in the words of the people who carry the boxes."""

    called = "库存"
    list_display = ("station", "gift", "free_pieces", "held")
    list_display_links = None
    list_filter = (LowFilter, GiftFilter)
    search_fields = ("station_name", "gift_name")
    search_help_text = "蜂巢或礼品"

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        stations, gifts = Station.objects.in_scope(user), Gift.objects.filter(code=Substr(OuterRef("account__unit"), 6))
        return stock_at(stations).annotate(
            station_name=Subquery(Station.objects.filter(pk=OuterRef("account__owner_id")).values("name")),
            gift_name=Subquery(gifts.values("name")),
            station_id=F("account__owner_id"),
            gift_id=Subquery(gifts.values("pk")),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("station_name", "gift_name", "pk")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        may = me(request).has_role(*self.rights().change)
        return (*self.list_display, "restock") if may else self.list_display

    @display(description="补货")
    def restock(self, row: Any) -> str:
        """The movement form with this station and gift filled in."""
        query = urlencode({"station": row.station_id, "gift": row.gift_id})
        return format_html('<a href="{}?{}">登记入库</a>', reverse("admin:gifts_movement_enter"), query)

    @display(description="蜂巢", ordering="station_name")
    def station(self, row: Any) -> str:
        return str(row.station_name)

    @display(description="礼品", ordering="gift_name")
    def gift(self, row: Any) -> str:
        return str(row.gift_name)

    @display(description="可兑换", ordering="free")
    def free_pieces(self, row: Any) -> str:
        return f"{row.free}"
