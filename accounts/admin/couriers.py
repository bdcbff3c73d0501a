"""The district's couriers: found, verified, frozen. What a courier says of himself only he changes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import RadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.honours import TitleForm
from accounts.models import Courier, User
from accounts.models.users import MOBILE, clean_phone
from accounts.roles import MANAGERS, Role
from accounts.services import freezing, honours, numbers
from accounts.services.registration import verify
from fengchao.core.admin import AskForm, ReadOnly, me
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name, mask_phone

STATES = {"待核验": "warning", "已核验": "success", "未登记": "default", "已冻结": "danger"}


class StandingFilter(RadioFilter):
    title = "状态"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unverified", "待核验"), ("verified", "已核验"), ("new", "未登记"), ("frozen", "已冻结")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "unverified":
                return queryset.filter(registered_at__isnull=False, verified_at=None, frozen_at=None)
            case "verified":
                return queryset.filter(verified_at__isnull=False, frozen_at=None)
            case "new":
                return queryset.filter(registered_at=None, frozen_at=None)
            case "frozen":
                return queryset.filter(frozen_at__isnull=False)
        return queryset


class PhoneForm(AskForm):
    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off", "autofocus": True}),
        help_text="完整的 11 位号码；号码不会显示，也不会留在网址里。",
    )


class ReasonForm(AskForm):
    reason = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class NumberForm(AskForm):
    phone = forms.CharField(
        label="新手机号",
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label="怎么核实的本人",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="如：本人带工牌到街道，网点负责人当面确认。",
    )


class CourierAdmin(ExportAdmin, ReadOnly):
    called = "快递小哥"
    list_display: tuple[str, ...] = ("name", "phone", "outlet", "street", "state", "registered_at")
    list_filter = (StandingFilter, ("outlet__enterprise", RelatedDropdownFilter))
    list_select_related = ("user", "outlet__enterprise", "street")
    search_fields = ("user__name", "outlet__name", "outlet__enterprise__name")
    search_help_text = "姓名、网点或企业"
    ordering = ("-registered_at", "pk")
    actions: tuple[str, ...] = (
        "verify_chosen",
        "honour_chosen",
        "freeze_chosen",
        "unfreeze_chosen",
        "change_number",
    )
    actions_list = ("find_by_phone",)
    fields: tuple[Any, ...] = (
        ("name", "phone"),
        "state",
        ("outlet", "street"),
        ("registered_at", "consent_version"),
        ("verified_at", "verified_by"),
        "frozen_at",
    )
    export_columns = {
        "编号": "pk",
        "姓名": "name",
        "手机号": "phone",
        "网点": "outlet",
        "登记街道": "street",
        "状态": "state",
        "登记时间": "registered_at",
        "核验时间": "verified_at",
    }
    export_name = "快递小哥"

    @display(description="姓名", ordering="user__name")
    def name(self, courier: Courier) -> str:
        return mask_name(courier.user.name) or "（未填写）"

    @display(description="手机号")
    def phone(self, courier: Courier) -> str:
        if courier.user.phone:
            return mask_phone(courier.user.phone)
        return "（已归新机主）" if courier.user.is_active else "（已注销）"

    @display(description="状态", label=STATES)
    def state(self, courier: Courier) -> str:
        if courier.is_frozen:
            return "已冻结"
        if courier.is_verified:
            return "已核验"
        return "待核验" if courier.is_registered else "未登记"

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*MANAGERS))

    @action(description="核验所选快递小哥", permissions=["manage"])
    def verify_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        mine = Courier.objects.verifiable_by(me(request)).filter(pk__in=chosen.values("pk"))
        reach = set(mine.values_list("pk", flat=True))

        def act(courier: Courier) -> None:
            if courier.pk not in reach:
                raise NotThere("这位快递小哥不归您核验。")
            verify(courier, by=me(request))

        self.each(request, chosen, act, done="已核验 {} 位快递小哥。")

    def has_district_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(Role.DISTRICT_ADMIN))

    @action(description="登记荣誉", permissions=["district"])
    def honour_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, TitleForm, title="给所选快递小哥登记荣誉", button="登记")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen,
            lambda courier: honours.honour(courier, title=given["title"], year=given["year"], by=me(request)),
            done="已给 {} 位快递小哥登记荣誉。", key=given["key"],
        )  # fmt: skip
        return None

    @action(description="冻结所选快递小哥", permissions=["manage"])
    def freeze_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, ReasonForm, title="冻结所选快递小哥", button="冻结")
        if isinstance(form, HttpResponse):
            return form
        reason = form.cleaned_data["reason"]
        self.each(
            request, chosen, lambda courier: freezing.freeze(courier, reason=reason, by=me(request)),
            done="已冻结 {} 位快递小哥，他们的登录已全部退出。",
        )  # fmt: skip
        return None

    @action(description="解除冻结", permissions=["manage"])
    def unfreeze_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, ReasonForm, title="解除冻结", button="解除冻结")
        if isinstance(form, HttpResponse):
            return form
        reason = form.cleaned_data["reason"]
        self.each(
            request, chosen, lambda courier: freezing.unfreeze(courier, reason=reason, by=me(request)),
            done="已解除 {} 位快递小哥的冻结。",
        )  # fmt: skip
        return None

    @action(description="更换手机号（一位）", permissions=["manage"])
    def change_number(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """For who has lost the old number: otherwise he changes it himself, with codes to both."""
        if chosen.count() != 1:
            messages.error(request, "一次只能给一位快递小哥换手机号。")
            return None
        form = self.ask(request, chosen, NumberForm, title="更换手机号", button="更换")
        if isinstance(form, HttpResponse):
            return form
        given = form.cleaned_data
        self.each(
            request, chosen,
            lambda courier: numbers.change_by_staff(
                courier, given["phone"], reason=given["reason"], by=me(request)
            ),
            done="已更换 {} 位快递小哥的手机号，他的登录已全部退出。",
        )  # fmt: skip
        return None

    @action(description="按手机号查找", icon="phone_enabled", permissions=["view"])
    def find_by_phone(self, request: HttpRequest) -> HttpResponse:
        """By POST: a number in an address would stand in histories and logs."""
        form = PhoneForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                found = self._with_phone(request, form.cleaned_data["phone"])
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                return HttpResponseRedirect(reverse("admin:accounts_courier_change", args=[found.pk]))
        return self.form_page(request, form, title="按手机号查找快递小哥", button="查找")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        if MOBILE.search(term):
            messages.info(request, "查手机号请用右上角的“按手机号查找”。")
            return queryset.none(), False
        found: tuple[QuerySet, bool] = super().get_search_results(request, queryset, term)
        return found

    def _with_phone(self, request: HttpRequest, phone: str) -> Courier:
        user = User.objects.by_phone(clean_phone(phone))
        found: Courier | None = self.get_queryset(request).filter(user=user).first() if user else None
        if found is None:
            raise NotThere("您的范围内没有这个号码的快递小哥。", field="phone")
        return found
