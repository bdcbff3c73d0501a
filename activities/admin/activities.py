"""Activities of the whole district, and who was there. They are written and held at the desk; here they are looked at,
called off and counted."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RadioFilter
from unfold.decorators import action, display

from accounts.models import Organisation
from activities import services
from activities.admin.forms import ReasonForm
from activities.models import Activity, Enrolment
from activities.states import ActivityState, EnrolmentState
from fengchao.core.admin import DaysFilter, LedgerAdmin, me, moment
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name

A, E = ActivityState, EnrolmentState
ACTIVITY_LABELS = {
    A.DRAFT: "default", A.PUBLISHED: "info", A.RUNNING: "info", A.DONE: "success", A.CANCELLED: "danger"
}  # fmt: skip
ENROLMENT_LABELS = {
    E.ENROLLED: "info", E.WAITING: "warning", E.ATTENDED: "success", E.NO_SHOW: "danger", E.LEFT: "default"
}  # fmt: skip


class ToConfirmFilter(RadioFilter):
    """Exactly what the first page counts."""

    title = "到场"
    parameter_name = "confirm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "还没确认"), ("done", "已确认")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        match self.value():
            case "waiting":
                queryset = queryset.to_confirm()
            case "done":
                queryset = queryset.confirmed()
        found: QuerySet = queryset
        return found


@admin.register(Activity)
class ActivityAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("title", "kind", "organisation", "begins", "places", "present", "status")
    list_filter = (
        ("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), DaysFilter.over("starts_at")
    )  # fmt: skip
    list_select_related = ("organisation", "station")
    search_fields = ("title", "place", "organisation__name")
    search_help_text = "名称、地点或主办单位"
    ordering = ("-starts_at", "-pk")
    actions = ("cancel_chosen",)
    change_form_outer_before_template = "admin/activities/activity.html"
    fields = (
        ("title", "state"),
        ("kind", "organisation"),
        "helpers",
        ("begins", "ends"),
        ("station", "place"),
        ("places", "present"),
        ("points", "contact"),
        "text",
        "reason",
    )
    export_name = "活动"
    export_columns = {
        "编号": "pk",
        "名称": "title",
        "类别": "get_kind_display",
        "主办": "organisation",
        "共办": "helpers",
        "开始": "starts_at",
        "结束": "ends_at",
        "地点": "where",
        "名额": "capacity",
        "已报名": "taken",
        "到场": "present",
        "积分": "points",
        "状态": "get_state_display",
        "取消原因": "reason",
    }

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        came = Enrolment.objects.confirmed().filter(activity=OuterRef("pk")).order_by().values("activity")
        there = Coalesce(Subquery(came.annotate(people=Count("pk")).values("people")), 0)
        hosts = Prefetch("hosts", Organisation.objects.order_by("pk"))
        return super().scoped(queryset, user).annotate(there=there).prefetch_related(hosts)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="取消", permissions=["decide"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, ReasonForm, title="取消所选活动", button="取消活动")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: Activity) -> object:
            return services.cancel(row, reason=given["reason"], by=by)

        self.each(request, chosen, act, done="已取消 {} 个，报名的人会收到通知。", key=given["key"])
        return None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "key": object_id, "may_hold": self.has_decide_permission(request)}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    @display(description="开始")
    def begins(self, row: Activity) -> str:
        return moment(row.starts_at)

    @display(description="结束")
    def ends(self, row: Activity) -> str:
        return moment(row.ends_at)

    @display(description="报名")
    def places(self, row: Activity) -> str:
        return f"{row.taken} / {row.capacity}"

    @display(description="到场")
    def present(self, row: Any) -> int:
        return int(row.there)

    @display(description="共办单位")
    def helpers(self, row: Activity) -> str:
        return "、".join(host.name for host in row.hosts.all()) or "—"

    @display(description="状态", label=ACTIVITY_LABELS)
    def status(self, row: Activity) -> tuple[str, str]:
        return row.state, str(row.get_state_display())


class ActivityFilter(RadioFilter):
    """One activity, as its own page leads here."""

    title = "活动"
    parameter_name = "activity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        wanted = request.GET.get("activity", "")
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
            return []
        found = Activity.objects.in_scope(me(request)).filter(pk=int(wanted)).first()
        return [(wanted, found.title)] if found else []

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(activity=self.value()) if self.value() in known else queryset


@admin.register(Enrolment)
class EnrolmentAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("rider", "activity", "status", "enrolled", "came", "confirmed", "points")
    list_filter = (ActivityFilter, ("state", ChoicesDropdownFilter), ToConfirmFilter)
    list_select_related = ("activity__organisation", "courier__user", "courier__outlet__enterprise", "confirmed_by")
    search_fields = ("activity__title",)
    search_help_text = "活动名称"
    actions = ("confirm_chosen",)
    fields = (("rider", "outlet"), ("activity", "state"), ("enrolled", "came"), ("confirmed", "points"))
    export_name = "报名和到场"
    export_columns = {
        "活动": "activity",
        "快递小哥": "rider",
        "网点": "outlet",
        "状态": "get_state_display",
        "报名时间": "at",
        "到场时间": "came_at",
        "签到方式": "get_came_by_display",
        "确认时间": "confirmed_at",
        "确认人": "confirmed_by",
        "积分": "points",
    }

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="确认到场", permissions=["decide"])
    def confirm_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        by = me(request)

        def act(row: Enrolment) -> object:
            return services.confirm(row.activity, [row.courier_id], by=by)

        self.each(request, chosen, act, done="已确认 {} 人到场，积分已到账。")

    @display(description="快递小哥")
    def rider(self, row: Enrolment) -> str:
        return mask_name(row.courier.user.name) if row.courier.user.is_active else "（已注销）"

    @display(description="网点")
    def outlet(self, row: Enrolment) -> str:
        return str(row.courier.outlet or "—")

    @display(description="状态", label=ENROLMENT_LABELS)
    def status(self, row: Enrolment) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @display(description="报名时间")
    def enrolled(self, row: Enrolment) -> str:
        return moment(row.at)

    @display(description="到场时间")
    def came(self, row: Enrolment) -> str:
        return f"{moment(row.came_at)}（{row.get_came_by_display()}）" if row.came_at else "—"

    @display(description="确认")
    def confirmed(self, row: Enrolment) -> str:
        return f"{moment(row.confirmed_at)} {row.confirmed_by}" if row.confirmed_at else "—"
