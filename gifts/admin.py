"""Gifts, what was handed over, what was refused, and what lies where."""

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
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)  # fmt: skip

from fengchao.core.admin import AskForm, BaseAdmin, DaysFilter, LedgerAdmin, ReadOnly, me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from gifts.models import LARGEST_QUANTITY, Gift, Movement, Redemption, RefusedAttempt
from gifts.querysets import LOW_STOCK, running_low, stock_at
from gifts.services import annul
from gifts.services.stock import move
from gifts.states import MovementKind, RedemptionState
from points.ledger import gift_unit
from points.models import Balance
from stations.models import Station


class AnnulForm(AskForm):
    reason = forms.CharField(label="撤销原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


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


@admin.register(Gift)
class GiftAdmin(BaseAdmin):
    list_display = ("name", "code", "price", "monthly_limit", "sponsor", "unit_cost", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code", "sponsor")
    search_help_text = "名称、代码或赞助单位"
    ordering = ("-is_active", "points", "pk")
    fieldsets = (
        (None, {"fields": (("name", "code"), ("points", "monthly_limit"), ("icon", "is_active"))}),
        ("来源", {"fields": (("sponsor", "unit_cost"),)}),
        ("上架", {"fields": ("on_sale_from", "on_sale_until")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # the unit of its stock

    @display(description="所需积分", ordering="points")
    def price(self, gift: Gift) -> str:
        return grouped(gift.points)


@admin.register(Redemption)
class RedemptionAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("number", "at", "rider", "gift", "cost", "station", "status", "clerk")
    list_filter = (("state", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("courier__user", "gift", "station", "by")
    search_fields = ("=number", "courier__user__name", "station__name")
    search_help_text = "单号、骑手姓名或蜂巢"
    actions = ("annul_chosen",)
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
        "骑手": "rider",
        "礼品": "gift",
        "积分": "points",
        "蜂巢": "station",
        "状态": "get_state_display",
        "经办人": "clerk",
        "撤销原因": "annul_reason",
    }

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

    @display(description="骑手")
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
    list_display = ("at", "station", "rider", "gift", "detail", "clerk")
    list_filter = (DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("courier__user", "gift", "station", "by")
    search_fields = ("=code", "detail", "station__name", "courier__user__name")
    search_help_text = "原因、蜂巢或骑手姓名"
    fields = (("at", "station"), ("rider", "gift"), ("detail", "code"), "clerk")

    @display(description="骑手")
    def rider(self, row: RefusedAttempt) -> str:
        return str(row.courier) if row.courier else "未识别"

    @display(description="经办人")
    def clerk(self, row: RefusedAttempt) -> str:
        return str(row.by)


@admin.register(Movement)
class MovementAdmin(LedgerAdmin):
    list_display = ("number", "at", "kind", "station", "gift", "quantity", "to_station", "clerk", "note")
    list_filter = (("kind", ChoicesRadioFilter), DaysFilter, ("gift", RelatedDropdownFilter))
    list_select_related = ("station", "gift", "to_station", "by")
    search_fields = ("=number", "station__name", "note")
    search_help_text = "单号、蜂巢或备注"
    actions_list = ("enter",)
    fields = (("number", "at"), ("kind", "quantity"), ("station", "gift"), ("to_station", "note"), "clerk", "transfer")

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

    @display(description="经办人")
    def clerk(self, row: Movement) -> str:
        return str(row.by)


class LowFilter(RadioFilter):
    title = "数量"
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", f"剩 {LOW_STOCK} 件以下"), ("0", "已空")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "0":
            return queryset.filter(free__lte=0)
        return running_low(queryset) if self.value() == "1" else queryset


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
