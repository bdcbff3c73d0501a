"""Kinds of kits, how many each organisation has, and what came and went."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from activities.care_states import MOST_PIECES
from activities.models import Kit, KitMovement, KitStock
from activities.services import kits
from activities.services.kits import NOTE_LENGTH
from fengchao.core.admin import AskForm, BaseAdmin, DaysFilter, LedgerAdmin, ReadOnly, me
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import signed, when


class CountForm(AskForm):
    counted = forms.IntegerField(
        label="实际有几份", min_value=0, max_value=MOST_PIECES, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(label="原因", max_length=NOTE_LENGTH, widget=UnfoldAdminTextInputWidget)


@admin.register(Kit)
class KitAdmin(BaseAdmin):
    list_display = ("name", "contents", "is_active", "is_example")
    list_filter = ("is_active",)
    search_fields = ("name", "contents")
    search_help_text = "名称或内容"
    ordering = ("-is_active", "name")
    fields = (("name", "is_active"), "contents")


@admin.register(KitStock)
class KitStockAdmin(ExportAdmin, ReadOnly):
    list_display = ("organisation", "kit", "on_hand")
    list_filter = (("kit", RelatedDropdownFilter),)
    list_select_related = ("organisation", "kit")
    search_fields = ("organisation__name", "kit__name")
    search_help_text = "单位或慰问包"
    ordering = ("organisation__path", "kit__name")
    actions = ("correct_chosen",)
    fields = (("organisation", "kit"), "on_hand")
    export_name = "慰问包库存"
    export_columns = {"单位": "organisation", "慰问包": "kit", "现有": "on_hand"}

    def has_correct_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="按实数更正", permissions=["correct"])
    def correct_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, CountForm, title="按实数更正所选库存", button="更正")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: KitStock) -> object:
            return kits.correct(row.kit, row.organisation, counted=given["counted"], reason=given["reason"], by=by)

        self.each(request, chosen, act, done="已更正 {} 项。", key=given["key"])
        return None


@admin.register(KitMovement)
class KitMovementAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("moved", "organisation", "kit", "kind_in_words", "how_many", "where", "by", "note")
    list_filter = (("kind", ChoicesRadioFilter), DaysFilter)
    list_select_related = ("organisation", "kit", "by", "visit__outlet__enterprise")
    search_fields = ("organisation__name", "kit__name", "note")
    search_help_text = "单位、慰问包或说明"
    fields = (("organisation", "kit"), ("kind_in_words", "how_many"), ("moved", "by"), "where", "note")
    export_name = "慰问包出入"
    export_columns = {
        "时间": "at", "单位": "organisation", "慰问包": "kit", "类别": "kind_in_words", "数量": "number",
        "走访": "where", "经办人": "by", "说明": "note",
    }  # fmt: skip

    @display(description="时间")
    def moved(self, row: KitMovement) -> str:
        return when(row.at)

    @display(description="类别")
    def kind_in_words(self, row: KitMovement) -> str:
        return str(row.get_kind_display())

    @display(description="数量")
    def how_many(self, row: KitMovement) -> str:
        return signed(row.number)

    @display(description="走访")
    def where(self, row: Any) -> str:
        return str(row.visit.outlet) if row.visit else "—"
