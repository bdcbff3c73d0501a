"""Gifts and what couriers would like."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from fengchao.core import images, photos
from fengchao.core.admin import AskForm, BaseAdmin, LedgerAdmin, me
from fengchao.core.errors import RuleBroken
from fengchao.core.templatetags.fengchao import points as grouped
from gifts.models import Gift, Suggestion
from gifts.services.catalogue import REPLY_LENGTH, answer, set_picture
from gifts.states import SuggestionState


class GiftForm(forms.ModelForm):
    picture = forms.FileField(
        label="上传照片", required=False, widget=UnfoldAdminFileFieldWidget,
        help_text="JPEG、PNG、WebP 或 HEIC，20 MB 以内；换新的会替掉旧的。",
    )  # fmt: skip

    class Meta:
        model = Gift
        fields = (
            "code", "name", "points", "icon", "sponsor", "unit_cost", "monthly_limit", "on_sale_from", "on_sale_until",
            "low_stock", "is_active",
        )  # fmt: skip

    def clean_picture(self) -> images.Redrawn | None:
        upload = self.cleaned_data.get("picture")
        if not upload:
            return None
        try:
            return photos.redraw(upload)
        except RuleBroken as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class AnswerForm(AskForm):
    reply = forms.CharField(
        label="回复", max_length=REPLY_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="快递小哥会看到，如：下个月上架。",
    )  # fmt: skip


@admin.register(Gift)
class GiftAdmin(BaseAdmin):
    form = GiftForm
    list_display = ("name", "code", "price", "monthly_limit", "low_stock", "sponsor", "unit_cost", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code", "sponsor")
    search_help_text = "名称、代码或赞助单位"
    ordering = ("-is_active", "points", "pk")
    fieldsets = (
        (None, {"fields": (("name", "code"), ("points", "monthly_limit"), ("low_stock", "is_active"))}),
        ("图片", {"fields": (("shown", "picture"), "icon")}),
        ("来源", {"fields": (("sponsor", "unit_cost"),)}),
        ("上架", {"fields": ("on_sale_from", "on_sale_until")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "shown") if obj else ("shown",)  # the code is the unit of its stock

    def save_model(self, request: HttpRequest, obj: Gift, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if picture := form.cleaned_data.get("picture"):
            set_picture(obj, picture, by=me(request))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """The picture has an audit row of its own."""
        form.changed_data = [name for name in form.changed_data if name != "picture"]
        return super().construct_change_message(request, form, formsets, add)

    @display(description="现在的照片")
    def shown(self, gift: Gift) -> str:
        if gift.photo is None:
            return "还没有照片，页面上显示图标"
        return format_html('<img src="{}" alt="{}" width="160">', photos.address(gift.photo, "thumb"), gift.name)

    @display(description="所需积分", ordering="points")
    def price(self, gift: Gift) -> str:
        return grouped(gift.points)


@admin.register(Suggestion)
class SuggestionAdmin(LedgerAdmin):
    list_display = ("at", "text", "rider", "status", "reply", "answerer")
    list_filter = (("state", ChoicesRadioFilter),)
    list_select_related = ("courier__user", "answered_by")
    search_fields = ("text", "reply")
    search_help_text = "建议或回复的内容"
    actions = ("accept_chosen", "decline_chosen")
    fields = (("at", "rider"), "text", ("status", "answered_at"), "reply", "answerer")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="采纳所选建议", permissions=["answer"])
    def accept_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._answer(request, chosen, SuggestionState.ACCEPTED, title="采纳所选建议")

    @action(description="暂不考虑所选建议", permissions=["answer"])
    def decline_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._answer(request, chosen, SuggestionState.DECLINED, title="暂不考虑所选建议")

    def _answer(
        self, request: HttpRequest, chosen: QuerySet, state: SuggestionState, *, title: str
    ) -> HttpResponse | None:
        form = self.ask(request, chosen, AnswerForm, title=title, button="回复")
        if isinstance(form, HttpResponse):
            return form
        reply = form.cleaned_data["reply"]
        self.each(
            request, chosen, lambda row: answer(row, state, reply=reply, by=me(request)), done="已回复 {} 条建议。"
        )
        return None

    @display(description="快递小哥")
    def rider(self, row: Suggestion) -> str:
        return str(row.courier)

    @display(description="状态", label={"待回复": "warning", "已采纳": "success", "暂不考虑": "info"})
    def status(self, row: Suggestion) -> str:
        return str(row.get_state_display())

    @display(description="回复人")
    def answerer(self, row: Suggestion) -> str:
        return str(row.answered_by) if row.answered_by else "—"
