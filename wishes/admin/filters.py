"""Heaps, streets, flags and organisations of the lists."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

from accounts.models import Organisation
from fengchao.core import clock
from fengchao.core.admin import me
from wishes.models import Claim
from wishes.services.streets import Streets
from wishes.states import Flag, WishState

S = WishState

REVIEW, ALL = "review", "all"
HEAPS = {
    REVIEW: "待审核",
    "mine": "待我审核",
    "flagged": "有提示",
    "open": "待认领",
    "claimed": "已认领",
    "ending": "快到期",
    "delivered": "已送达",
    "lit": "已点亮",
    ALL: "全部",
}
ORDERS = {
    **dict.fromkeys((REVIEW, "mine", "flagged"), ("hung_at", "pk")),
    "open": ("opened_at", "pk"),
    "delivered": ("delivered_at", "pk"),
    "lit": ("-lit_at", "-pk"),
}
"""What has waited longest first, where somebody has to do something."""


def heap_of(request: HttpRequest) -> str:
    """The heap that is asked for: what is to be moderated where the address asks for nothing at all. Marked rows are
    found wherever they are by now, so that each is answered for."""
    if request.method == "POST":
        return ALL
    return request.GET.get("heap") or (ALL if set(request.GET) - {"p"} else REVIEW)


class HeapFilter(RadioFilter):
    """`mine` is exactly what the dashboard counts."""

    title = "哪一堆"
    parameter_name = "heap"
    all_option = None

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.here = heap_of(request)
        super().__init__(request, params, model, model_admin)

    def value(self) -> str:
        return self.here

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(HEAPS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = heap(queryset, self.here, me(request))
        return found


def heap(wishes: Any, name: str, user: Any) -> Any:
    match name:
        case "review" | "open" | "claimed" | "delivered":
            return wishes.filter(state=name)
        case "mine":
            return wishes.filter(state=S.REVIEW).moderated_by(user)
        case "flagged":
            return wishes.filter(state=S.REVIEW).exclude(flags=[])
        case "ending":
            return wishes.filter(pk__in=Claim.objects.ending(clock.now()).values("wish"))
        case "lit":
            return wishes.lit()
    return wishes


class StreetFilter(DropdownFilter):
    """A street takes its communities along."""

    title = "街道"
    parameter_name = "street"
    path = "station__organisation__path"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.streets = Streets().all
        return [(str(street.pk), street.name) for street in self.streets]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        found = next((street.path for street in self.streets if str(street.pk) == self.value()), None)
        return queryset.filter(**{f"{self.path}__startswith": found}) if found else queryset


class FlagFilter(DropdownFilter):
    title = "提示"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Flag.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(flags__contains=[self.value()]) if self.value() in Flag.values else queryset


class OrganisationFilter(DropdownFilter):
    """Those that have claimed something, anywhere: the tree names them to everybody."""

    title = "认领单位"
    parameter_name = "organisation"
    field = "claimed_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        claimed = Exists(Claim.objects.filter(organisation=OuterRef("pk")))
        found = Organisation.objects.filter(claimed).order_by("path")
        return [(str(key), name) for key, name in found.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(**{self.field: self.value()}) if self.value() in known else queryset


class ClaimHeapFilter(RadioFilter):
    title = "进行到哪里"
    parameter_name = "heap"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "正在办"), ("ending", "快到期"), ("improving", "蜂巢改进"), ("released", "已退回")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset
        match self.value():
            case "running":
                found = queryset.running()
            case "ending":
                found = queryset.ending(clock.now())
            case "improving":
                found = queryset.live().exclude(improvement=None)
            case "released":
                found = queryset.exclude(released_at=None)
        return found


class DoneFilter(RadioFilter):
    title = "状态"
    parameter_name = "heap"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("under_way", "正在改进"), ("done", "已完成")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset
        if self.value() == "under_way":
            found = queryset.under_way()
        elif self.value() == "done":
            found = queryset.exclude(done_at=None)
        return found
