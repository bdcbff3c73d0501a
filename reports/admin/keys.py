"""Keys of partners' programs (Open311): made, shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from fengchao.core.admin import AskForm, ReadOnly, me, moment
from fengchao.core.errors import RuleBroken
from fengchao.core.templatetags.fengchao import when
from reports.models import ApiKey, Report
from reports.services import keys


class KeyForm(AskForm):
    partner = forms.CharField(
        label="接入方", max_length=keys.PARTNER_LENGTH, widget=UnfoldAdminTextInputWidget,
        help_text="哪个单位的什么系统，如“市民通小程序”。每件上报都会写明来自它。",
    )  # fmt: skip
    per_day = forms.IntegerField(
        label="每天最多上报", min_value=1, max_value=keys.MOST_PER_DAY, initial=keys.PER_DAY,
        widget=UnfoldAdminIntegerFieldWidget, help_text="24 小时内的件数，防止程序出错时刷屏。",
    )  # fmt: skip


class LiveFilter(RadioFilter):
    title = "状态"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "使用中"), ("no", "已停用")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = {"yes": True, "no": False}.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(revoked_at__isnull=wanted)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ("partner", "start", "status", "per_day", "made", "maker", "last_report")
    list_filter = (LiveFilter,)
    search_fields = ("partner", "=letters")
    search_help_text = "接入方或密钥开头"
    ordering = ("-pk",)
    actions = ("revoke_chosen",)
    fields = (("partner", "start"), ("per_day", "last_report"), ("made", "maker"), "revoked")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        newest = Report.objects.filter(api_key=OuterRef("pk")).order_by("-filed_at").values("filed_at")[:1]
        return queryset.select_related("created_by").annotate(last_used=Subquery(newest))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The answer to the form is the only page that ever shows the key; sent again, the form makes no second one and
        shows none."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST if request.method == "POST" else None)
        if not (form.is_bound and form.is_valid()):
            return self.form_page(request, form, title="新建接入密钥", button="创建")
        given, made = form.cleaned_data, []

        def act() -> None:
            made.append(keys.make_key(partner=given["partner"], per_day=given["per_day"], by=me(request)))

        try:
            self.act_once(request, given["key"], act)
        except RuleBroken as refusal:
            form.refuse(refusal)
            return self.form_page(request, form, title="新建接入密钥", button="创建")
        return self._made_page(request, *(made[0] if made else (None, "")))

    def _made_page(self, request: HttpRequest, key: ApiKey | None, text: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "接入密钥",
            "key": key,
            "text": text,
            "address": request.build_absolute_uri("/open311/v2"),
            "back": reverse("admin:reports_apikey_changelist"),
        }
        return TemplateResponse(request, "admin/reports/key.html", context, headers={"Cache-Control": "no-store"})

    @action(description="停用", permissions=["manage"])
    def revoke_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, AskForm, title="停用后不能恢复，接入方要换新的密钥", button="停用")
        if isinstance(form, HttpResponse):
            return form
        self.each(
            request, chosen, lambda key: keys.revoke_key(key, by=me(request)), done="已停用 {} 个密钥。",
            key=form.cleaned_data["key"],
        )  # fmt: skip
        return None

    @display(description="密钥开头")
    def start(self, row: ApiKey) -> str:
        return f"{row.letters}…"

    @display(description="状态", label={"live": "success", "revoked": "default"})
    def status(self, row: ApiKey) -> tuple[str, str]:
        return ("revoked", "已停用") if row.revoked_at else ("live", "使用中")

    @display(description="创建时间")
    def made(self, row: ApiKey) -> str:
        return when(row.created_at)

    @display(description="停用时间")
    def revoked(self, row: ApiKey) -> str:
        return moment(row.revoked_at)

    @display(description="创建人")
    def maker(self, row: ApiKey) -> str:
        return str(row.created_by or "系统")

    @display(description="最近一件")
    def last_report(self, row: Any) -> str:
        return when(row.last_used) if row.last_used else "还没有"
