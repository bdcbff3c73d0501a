"""Visits, what was needed on them, and outlet × month. Only services write these rows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesRadioFilter, DropdownFilter, RadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Organisation
from accounts.roles import READERS
from accounts.scope import paths
from activities.care_states import MONTHS, MOST_PIECES, PHOTO, CareState, NeedState
from activities.models import CareVisit, Kit, Need, VisitedOutlet
from activities.services import kits
from activities.services.care_figures import left_by, months, totals
from activities.services.kits import NOTE_LENGTH
from fengchao.core import clock, photos, standings
from fengchao.core.admin import AskForm, DaysFilter, LedgerAdmin, ReadOnly, me, moment
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import day, when

STREETS = (Organisation.Kind.STREET, Organisation.Kind.ZONE)


class OutletStreetFilter(DropdownFilter):
    """A street takes its communities along."""

    title = "网点所在街道"
    parameter_name = "street"
    path = "outlet__organisation__path"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.streets = list(Organisation.objects.filter(kind__in=STREETS).order_by("path"))
        return [(str(street.pk), street.name) for street in self.streets]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        found = next((street.path for street in self.streets if str(street.pk) == self.value()), None)
        return queryset.filter(**{f"{self.path}__startswith": found}) if found else queryset


class BoardStreetFilter(OutletStreetFilter):
    path = "organisation__path"


class NeedStreetFilter(OutletStreetFilter):
    path = "visit__outlet__organisation__path"


class LateFilter(RadioFilter):
    title = "哪一堆"
    parameter_name = "heap"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("today", "今天"),
            ("late", "过期未走"),
            ("done", "已走访"),
            ("missed", "没见到人"),
            ("needs", "有需要待跟进"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        today = clock.shanghai_day(clock.now())
        heaps: dict[str | None, Any] = {
            "today": lambda: queryset.due_on(today),
            "late": lambda: queryset.overdue(today),
            "done": lambda: queryset.done(),
            "missed": lambda: queryset.done().exclude(contact="met"),
            "needs": lambda: queryset.filter(pk__in=Need.objects.open().values("visit")),
        }
        found: QuerySet = heaps.get(self.value(), lambda: queryset)()
        return found


class VisitedFilter(RadioFilter):
    title = "走访"
    parameter_name = "visited"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("never", "从未走访"), ("not_lately", "近 12 个月没有"), ("yes", "近 12 个月走访过")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        heaps: dict[str | None, Any] = {
            "never": lambda: queryset.filter(last_visit=None),
            "not_lately": lambda: queryset.filter(visits=0),
            "yes": lambda: queryset.filter(visits__gt=0),
        }
        found: QuerySet = heaps.get(self.value(), lambda: queryset)()
        return found


class GiveBackForm(AskForm):
    kit = forms.ModelChoiceField(Kit.objects.order_by("name"), label="慰问包", widget=UnfoldAdminSelectWidget)
    pieces = forms.IntegerField(
        label="少发了几份", min_value=1, max_value=MOST_PIECES, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(label="原因", max_length=NOTE_LENGTH, widget=UnfoldAdminTextInputWidget)


@admin.register(CareVisit)
class CareVisitAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("place", "organisation", "planned_on", "status", "visited", "met", "couriers_reached", "route")
    list_filter = (LateFilter, OutletStreetFilter, DaysFilter.over("visited_at"))
    list_select_related = ("outlet__enterprise", "organisation", "planned_by", "ended_by")
    search_fields = ("outlet__name", "outlet__enterprise__name", "route", "organisation__name")
    search_help_text = "网点、企业、路线或走访单位"
    ordering = ("-planned_on", "-pk")
    actions = ("give_back_chosen",)
    fields = (
        ("place", "organisation"), ("planned_on", "route"), ("status_in_words", "visitors"), ("visited", "met"),
        ("couriers_reached", "left"), "notes", "cancel_reason", ("planned_by", "ended_by"),
    )  # fmt: skip
    change_form_outer_after_template = "admin/activities/care_visit.html"
    export_name = "走访"
    export_columns = {
        "网点": "place", "走访单位": "organisation", "计划日期": "planned_on", "路线": "route",
        "状态": "status_in_words", "到访时间": "visited_at", "见到人": "met", "慰问人数": "couriers_reached",
        "走访人员": "visitors", "情况": "notes", "取消原因": "cancel_reason",
    }  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(_beside(found, me(request)) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def has_give_back_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="更正发放的慰问包", permissions=["give_back"])
    def give_back_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, GiveBackForm, title="更正发放的慰问包", button="退回库存")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: CareVisit) -> object:
            return kits.give_back(row, given["kit"], pieces=given["pieces"], reason=given["reason"], by=by)

        self.each(request, chosen, act, done="已更正 {} 次走访，慰问包退回库存。", key=given["key"])
        return None

    @display(description="网点")
    def place(self, row: CareVisit) -> str:
        return str(row.outlet)

    @display(description="状态", label={"planned": "warning", "done": "success"})
    def status(self, row: CareVisit) -> tuple[str, str]:
        return row.state, CareState(row.state).label

    @display(description="状态")
    def status_in_words(self, row: CareVisit) -> str:
        return str(CareState(row.state).label)

    @display(description="到访时间")
    def visited(self, row: CareVisit) -> str:
        return moment(row.visited_at)

    @display(description="见到人")
    def met(self, row: CareVisit) -> str:
        return str(row.get_contact_display()) or "—"

    @display(description="慰问包")
    def left(self, row: CareVisit) -> str:
        return "、".join(f"{name} {pieces} 份" for name, pieces in left_by(row)) or "—"


@admin.register(Need)
class NeedAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("text", "place", "status", "raised", "outcome", "ended")
    list_filter = (("state", ChoicesRadioFilter), NeedStreetFilter, DaysFilter.over("raised_at"))
    list_select_related = ("visit__outlet__enterprise", "visit__organisation", "raised_by", "ended_by")
    search_fields = ("text", "visit__outlet__name")
    search_help_text = "需要或网点"
    fields = ("text", ("place", "by_whom"), ("status_in_words", "outcome"), ("raised", "ended"), "became_key")
    export_name = "走访中的需要"
    export_columns = {
        "需要": "text", "网点": "place", "走访单位": "by_whom", "状态": "status_in_words", "登记时间": "raised_at",
        "结果": "outcome", "转成": "became_key", "办理时间": "ended_at",
    }  # fmt: skip

    @display(description="网点")
    def place(self, row: Need) -> str:
        return str(row.visit.outlet)

    @display(description="走访单位")
    def by_whom(self, row: Need) -> str:
        return str(row.visit.organisation)

    @display(description="状态", label={"open": "warning", "wish": "info", "report": "info", "settled": "success"})
    def status(self, row: Need) -> tuple[str, str]:
        return row.state, NeedState(row.state).label

    @display(description="状态")
    def status_in_words(self, row: Need) -> str:
        return str(NeedState(row.state).label)

    @display(description="登记时间")
    def raised(self, row: Need) -> str:
        return when(row.raised_at)

    @display(description="办理时间")
    def ended(self, row: Need) -> str:
        return moment(row.ended_at)


@admin.register(VisitedOutlet)
class VisitedOutletAdmin(ExportAdmin, ReadOnly):
    """Outlet × month: never visited first, then whose visit is longest ago."""

    list_filter = (VisitedFilter, BoardStreetFilter)
    list_select_related = ("enterprise", "organisation")
    search_fields = ("name", "enterprise__name")
    search_help_text = "网点或企业"
    fields = (("name", "enterprise"), ("organisation", "address"), ("last", "visits"))
    list_before_template = "admin/activities/care_totals.html"
    export_name = "走访进度"

    def scoped(self, queryset: Any, user: Any) -> Any:
        return queryset.read_by(user).on_board(clock.now())

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """In the board's own order."""
        found: QuerySet = self.scoped(VisitedOutlet.objects.all(), me(request))
        return found

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return ("shown", "street", "last", *_columns(), "visits", "reached")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        user = me(request)
        whole = any(len(path) == Organisation.steplen for path in paths(user, *READERS))
        ours = VisitedOutlet.objects.read_by(user)
        context = {**(extra_context or {}), "totals": totals(ours, clock.now(), whole_district=whole)}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    @property
    def export_columns(self) -> dict[str, str]:  # type: ignore[override]  # its headings are this year's months
        headings = months(clock.now())
        each = {heading: f"month_{index}" for index, heading in enumerate(headings)}
        return {
            "网点": "shown",
            "街道": "street",
            "上次走访": "last_visit",
            **each,
            "走访次数": "visits",
            "慰问人次": "reached",
        }

    @display(description="网点")
    def shown(self, row: VisitedOutlet) -> str:
        return str(row)

    @display(description="街道")
    def street(self, row: VisitedOutlet) -> str:
        return str(row.organisation)

    @display(description="上次走访")
    def last(self, row: Any) -> str:
        return day(row.last_visit) if row.last_visit else "从未"

    @display(description="走访次数")
    def visits(self, row: Any) -> int:
        return int(row.visits)

    @display(description="慰问人次")
    def reached(self, row: Any) -> int:
        return int(row.reached)


def _columns() -> list[Any]:
    """One for each month of the board, named as of today."""
    return [_column(index, heading) for index, heading in enumerate(months(clock.now())[:MONTHS])]


def _column(index: int, heading: str) -> Any:
    def month(row: Any) -> str:
        return str(getattr(row, f"month_{index}") or "")

    month.short_description = heading  # type: ignore[attr-defined]  # as the admin reads it
    month.__name__ = f"month_{index}"
    return month


def _beside(visit: CareVisit, user: Any) -> dict[str, Any]:
    heard = list(visit.needs.order_by("pk"))
    became = standings.of(((need.state, need.became_key) for need in heard), user)
    return {
        "pictures": photos.of(str(visit.pk), PHOTO),
        "needs": [(need, became.get((need.state, need.became_key))) for need in heard],
    }
