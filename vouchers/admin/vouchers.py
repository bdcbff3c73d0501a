"""The cards: given to one, to many from a sheet, looked at, voided. Only services write them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from accounts.models.users import MOBILE
from accounts.services.lookup import courier_named
from fengchao.core import codes
from fengchao.core.admin import LedgerAdmin, me, moment
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name
from vouchers import services
from vouchers.admin import figures
from vouchers.admin.detail import beside
from vouchers.admin.filters import EnterpriseFilter, LapsingFilter, ProgrammeFilter
from vouchers.admin.forms import CourierAndProgrammeForm, ReasonForm
from vouchers.admin.sheet import FromSheet
from vouchers.models import Booking, Voucher
from vouchers.states import VoucherState

S = VoucherState
STATES = {
    S.ISSUED: "warning", S.BOOKED: "info", S.CHECKED_IN: "info", S.COMPLETED: "success", S.PARTIAL: "success",
    S.EXPIRED: "default", S.RETURNED: "danger", S.VOID: "danger",
}  # fmt: skip


@admin.register(Voucher)
class VoucherAdmin(FromSheet, ExportAdmin, LedgerAdmin):
    list_display = ("code", "programme", "rider", "enterprise", "status", "booked_for", "no_shows")
    list_filter = (ProgrammeFilter, ("state", ChoicesDropdownFilter), EnterpriseFilter, LapsingFilter)
    list_select_related = ("programme", "courier__user", "enterprise")
    search_fields = ("code",)
    search_help_text = "卡号"
    ordering = ("-issued_at", "-pk")
    actions = ("void_chosen",)
    actions_list = ("figures",)
    fields = (
        ("code", "state"),
        ("programme", "enterprise"),
        ("rider", "issued"),
        ("valid_until", "booked_for"),
        ("arrived", "ended"),
        "no_shows",
    )
    change_form_outer_before_template = "admin/vouchers/moves.html"
    change_form_outer_after_template = "admin/vouchers/detail.html"
    export_name = "体检卡"
    export_columns = {
        "卡号": "code",
        "体检项目": "programme",
        "快递小哥": "rider",
        "企业": "enterprise",
        "状态": "get_state_display",
        "发放时间": "issued_at",
        "有效期至": "valid_until",
        "预约的时间": "slot",
        "报到时间": "checked_in_at",
        "结束时间": "ended_at",
        "未到次数": "no_shows",
    }

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        booked = Booking.objects.live().filter(voucher=OuterRef("pk"))
        return super().scoped(queryset, user).annotate(slot=Subquery(booked.values("slot__starts_at")[:1]))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what the page of one card shows."""
        try:
            found: Any = self.get_queryset(request)
            return found.shown().with_bookings().get(pk=int(object_id))
        except (Voucher.DoesNotExist, ValueError, OverflowError):
            return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def has_figures_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """By POST: a number in an address would stand in histories and logs."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = me(request)
        form = CourierAndProgrammeForm(request.POST if request.method == "POST" else None, user=by)
        if form.is_bound and form.is_valid():
            given = form.cleaned_data

            def act() -> None:
                services.issue(given["programme"], courier_named(given["phone"], given["name"], by=by), by=by)

            try:
                self.act_once(request, given["key"], act)
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, f"已发放一张“{given['programme']}”，他会收到通知。")
                return HttpResponseRedirect(reverse("admin:vouchers_voucher_changelist"))
        return self.form_page(request, form, title="发放体检卡", button="发放")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(beside(found, me(request)) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        """By code as people type it."""
        if MOBILE.search(term):
            messages.info(request, "查手机号请到“快递小哥”，用右上角的“按手机号查找”。")
            return queryset.none(), False
        wanted = codes.as_meant(term)
        return (queryset.filter(code__startswith=wanted) if wanted else queryset), False

    @action(description="作废", permissions=["manage"])
    def void_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, ReasonForm, title="作废所选体检卡", button="作废")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: Voucher) -> object:
            return services.void(row, reason=given["reason"], by=by)

        self.each(request, chosen, act, done="已作废 {} 张，快递小哥会收到通知。", key=given["key"])
        marks = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if len(marks) != 1 or not self.get_queryset(request).filter(pk=marks[0]).exists():
            return None
        return HttpResponseRedirect(reverse("admin:vouchers_voucher_change", args=marks))

    @action(description="体检统计", icon="bar_chart", permissions=["figures"])
    def figures(self, request: HttpRequest) -> HttpResponse:
        return figures.page(request, me(request), {**self.admin_site.each_context(request), "opts": self.opts})

    @display(description="快递小哥")
    def rider(self, row: Voucher) -> str:
        return mask_name(row.courier.user.name) if row.courier.user.is_active else "（已注销）"

    @display(description="状态", label=STATES)
    def status(self, row: Voucher) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @display(description="预约的时间")
    def booked_for(self, row: Any) -> str:
        return moment(row.slot)

    @display(description="发放时间")
    def issued(self, row: Voucher) -> str:
        return moment(row.issued_at)

    @display(description="报到时间")
    def arrived(self, row: Voucher) -> str:
        return moment(row.checked_in_at)

    @display(description="结束时间")
    def ended(self, row: Voucher) -> str:
        return moment(row.ended_at)
