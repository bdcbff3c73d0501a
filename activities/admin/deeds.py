"""Deeds that couriers told of: looked at with their pictures, approved or not, by somebody else."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from activities import rules, services
from activities.admin.forms import ReasonForm
from activities.models import Deed
from activities.states import DEED_PHOTO, DeedState
from fengchao.core import photos
from fengchao.core.admin import DaysFilter, LedgerAdmin, me, moment
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name

LABELS = {DeedState.SUBMITTED: "warning", DeedState.APPROVED: "success", DeedState.REJECTED: "danger"}


@admin.register(Deed)
class DeedAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("rider", "short", "place", "happened_on", "minutes", "organisation", "status", "points")
    list_filter = (("state", ChoicesDropdownFilter), DaysFilter.over("told_at"))
    list_select_related = ("courier__user", "courier__outlet__enterprise", "organisation", "decided_by")
    search_fields = ("text", "place")
    search_help_text = "做了什么或在哪里"
    ordering = ("-told_at", "-pk")
    actions = ("approve_chosen", "reject_chosen")
    fields = (
        ("rider", "state"),
        "text",
        ("place", "happened_on"),
        ("minutes", "witness"),
        ("organisation", "told"),
        ("decision", "points"),
        "reason",
    )
    change_form_outer_before_template = "admin/activities/deed.html"
    export_name = "好事"
    export_columns = {
        "编号": "pk",
        "快递小哥": "rider",
        "做了什么": "text",
        "在哪里": "place",
        "哪一天": "happened_on",
        "分钟": "minutes",
        "谁看见了": "witness",
        "由谁审核": "organisation",
        "状态": "get_state_display",
        "上报时间": "told_at",
        "审核时间": "decided_at",
        "审核人": "decided_by",
        "原因": "reason",
        "积分": "points",
    }

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(_beside(found, request) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    @action(description="通过", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        by = me(request)
        self.each(request, chosen, lambda row: services.approve(row, by=by), done="已通过 {} 件，积分已到账。")
        return self.onward(request)

    @action(description="不通过", permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, ReasonForm, title="不通过所选好事", button="不通过")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: Deed) -> object:
            return services.reject(row, reason=given["reason"], by=by)

        self.each(request, chosen, act, done="已答复 {} 件没有通过。", key=given["key"])
        return self.onward(request)

    @display(description="快递小哥")
    def rider(self, row: Deed) -> str:
        return mask_name(row.courier.user.name) if row.courier.user.is_active else "（已注销）"

    @display(description="做了什么")
    def short(self, row: Deed) -> str:
        return f"{row.text[:20]}…" if len(row.text) > 20 else row.text

    @display(description="状态", label=LABELS)
    def status(self, row: Deed) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @display(description="上报时间")
    def told(self, row: Deed) -> str:
        return moment(row.told_at)

    @display(description="审核")
    def decision(self, row: Deed) -> str:
        return f"{moment(row.decided_at)} {row.decided_by}" if row.decided_at else "—"


def _beside(deed: Deed, request: HttpRequest) -> dict[str, Any]:
    return {
        "deed": deed,
        "pictures": photos.of(str(deed.pk), DEED_PHOTO),
        "may_decide": rules.may_decide(me(request), deed),
        "is_own": deed.courier_id == me(request).pk,
        "list_address": reverse("admin:activities_deed_changelist"),
    }
