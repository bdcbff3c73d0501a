"""What organisations lend each other, and which of them work together."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.organisations import InTree, OrganisationChoice
from accounts.models import Organisation
from accounts.roles import MANAGERS
from accounts.rules import organisations_of
from activities.models import Loan, Pairing, Resource
from activities.services import pairings, sharing
from activities.sharing_states import COMMUNITIES, PARTIES, LoanState
from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, ReadOnly, me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin

S = LoanState
LABELS = {
    S.REQUESTED: "warning",
    S.APPROVED: "info",
    S.DECLINED: "danger",
    S.CANCELLED: "default",
    S.RETURNED: "success",
}


class NoteForm(AskForm):
    note = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


@admin.register(Resource)
class ResourceAdmin(ExportAdmin, InTree):
    list_display = ("name", "kind", "organisation", "place_name", "is_active")
    list_filter = (("kind", ChoicesDropdownFilter), "is_active")
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name", "place")
    search_help_text = "名称、单位或地点"
    ordering = ("organisation__path", "name", "pk")
    fields = (("name", "kind"), "organisation", "place", "notes", ("is_active", "is_example"))
    export_name = "共享资源"
    export_columns = {
        "名称": "name", "类别": "get_kind_display", "归谁所有": "organisation", "在哪里": "where", "说明": "notes",
        "可以借": "lendable",
    }  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("organisation",) if obj else ()

    @display(description="在哪里", ordering="place")
    def place_name(self, resource: Resource) -> str:
        return resource.place

    where = place_name

    def lendable(self, resource: Resource) -> str:
        return "是" if resource.is_active else "否"


@admin.register(Loan)
class LoanAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("thing", "owner", "borrower", "starts_at", "ends_at", "purpose", "status")
    list_filter = (("state", ChoicesDropdownFilter), DaysFilter.over("starts_at"))
    list_select_related = ("resource__organisation", "borrower", "by", "decided_by", "ended_by")
    search_fields = ("resource__name", "borrower__name", "resource__organisation__name", "purpose")
    search_help_text = "资源、单位或用途"
    ordering = ("-starts_at", "-pk")
    actions = ("approve_chosen", "decline_chosen", "cancel_chosen", "hand_back_chosen")
    fields = (
        ("thing", "owner"), ("borrower", "state"), ("starts_at", "ends_at"), "purpose", ("asker", "at"),
        ("decider", "decided_at"), ("ended_at", "note"),
    )  # fmt: skip
    export_name = "资源借用"
    export_columns = {
        "资源": "thing", "出借方": "owner", "借用方": "borrower", "开始": "starts_at", "结束": "ends_at",
        "用途": "purpose", "状态": "get_state_display", "申请人": "asker", "申请时间": "at", "答复人": "decider",
        "答复时间": "decided_at", "取消或归还时间": "ended_at", "说明": "note",
    }  # fmt: skip

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="同意所选", permissions=["manage"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        self.each(request, chosen, lambda loan: sharing.approve(loan, by=me(request)), done="已同意 {} 笔借用。")

    @action(description="不同意所选", permissions=["manage"])
    def decline_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._with_note(request, chosen, sharing.decline, title="不同意所选借用", done="已回绝 {} 笔借用。")

    @action(description="取消所选", permissions=["manage"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._with_note(request, chosen, sharing.cancel, title="取消所选借用", done="已取消 {} 笔借用。")

    @action(description="登记归还", permissions=["manage"])
    def hand_back_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        self.each(request, chosen, lambda loan: sharing.hand_back(loan, by=me(request)), done="{} 笔已归还。")

    def _with_note(
        self, request: HttpRequest, chosen: QuerySet, act: Any, *, title: str, done: str
    ) -> HttpResponse | None:
        form = self.ask(request, chosen, NoteForm, title=title, button="确定")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen, lambda loan: act(loan, note=given["note"], by=me(request)), done=done, key=given["key"]
        )  # fmt: skip
        return None

    @display(description="资源", ordering="resource__name")
    def thing(self, loan: Loan) -> str:
        return loan.resource.name

    @display(description="出借方")
    def owner(self, loan: Loan) -> str:
        return loan.resource.organisation.name

    @display(description="状态", label=LABELS)
    def status(self, loan: Loan) -> tuple[str, str]:
        return loan.state, loan.get_state_display()

    @display(description="申请人")
    def asker(self, loan: Loan) -> str:
        return str(loan.by)

    @display(description="答复人")
    def decider(self, loan: Loan) -> str:
        return str(loan.decided_by or "—")


class LiveFilter(RadioFilter):
    title = "状态"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "正在共建"), ("over", "已结束")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset
        if self.value() == "live":
            found = queryset.live()
        elif self.value() == "over":
            found = queryset.exclude(until=None)
        return found


class WordsForm(AskForm):
    what = forms.CharField(
        label="一起做什么", max_length=pairings.WHAT_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )  # fmt: skip
    contact = forms.CharField(
        label="怎么联系", max_length=pairings.CONTACT_LENGTH, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="如：社区党群办，周一例会时碰头。不写个人手机号。",
    )  # fmt: skip


class PairForm(WordsForm):
    field_order = ("party", "community", "since", "what", "contact")
    party = OrganisationChoice(label="企业党组织", empty_label="请选择")
    community = OrganisationChoice(label="社区或街道", empty_label="请选择")
    since = forms.DateField(label="从哪天起", widget=UnfoldAdminSingleDateWidget)

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["party"].queryset = Organisation.objects.filter(kind__in=PARTIES).order_by("path")
        fields["community"].queryset = organisations_of(user, *MANAGERS).filter(kind__in=COMMUNITIES)


class EndForm(AskForm):
    on = forms.DateField(label="结束日期", widget=UnfoldAdminSingleDateWidget)


@admin.register(Pairing)
class PairingAdmin(ExportAdmin, ReadOnly):
    """Written by its service, through forms of one's own."""

    list_display = ("party", "community", "since", "until", "what", "contact")
    list_filter = (LiveFilter,)
    list_select_related = ("party", "community", "by")
    search_fields = ("party__name", "community__name", "what")
    search_help_text = "单位或内容"
    ordering = ("community__path", "-since", "pk")
    actions = ("end_chosen", "describe_chosen")
    fields = (("party", "community"), ("since", "until"), "what", "contact", ("person", "at"), "is_example")
    export_name = "组织共建"
    export_columns = {
        "企业党组织": "party", "社区或街道": "community", "开始日期": "since", "结束日期": "until",
        "一起做什么": "what", "怎么联系": "contact", "登记人": "person", "登记时间": "at",
    }  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = me(request)
        form = PairForm(request.POST if request.method == "POST" else None, user=by)
        if form.is_bound and form.is_valid():
            given = dict(form.cleaned_data)
            key = given.pop("key")
            try:
                self.act_once(request, key, lambda: pairings.pair(**given, by=by))
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, f"已登记{given['party']}和{given['community']}共建。")
                return HttpResponseRedirect(reverse("admin:activities_pairing_changelist"))
        return self.form_page(request, form, title="登记组织共建", button="登记")

    @action(description="结束共建", permissions=["manage"])
    def end_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, EndForm, title="结束所选共建", button="结束")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen, lambda row: pairings.end(row, on=given["on"], by=me(request)), done="已结束 {} 项共建。",
            key=given["key"],
        )  # fmt: skip
        return None

    @action(description="修改内容（一项）", permissions=["manage"])
    def describe_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        if chosen.count() != 1:
            messages.error(request, "一次只能修改一项。")
            return None
        row: Any = chosen.get()
        initial = {"what": row.what, "contact": row.contact}
        form = self.ask(request, chosen, WordsForm, title="修改共建内容", button="保存", initial=initial)
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen,
            lambda row: pairings.describe(row, what=given["what"], contact=given["contact"], by=me(request)),
            done="已修改 {} 项。", key=given["key"],
        )  # fmt: skip
        return None

    @display(description="登记人")
    def person(self, row: Pairing) -> str:
        return str(row.by)
