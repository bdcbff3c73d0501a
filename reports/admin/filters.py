"""Heaps, categories and units of the list of reports."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

from fengchao.core import clock
from fengchao.core.admin import me
from reports.models import Category
from reports.services import units
from reports.states import ReportState

S = ReportState

HEAPS = {
    "mine": "等我处理",
    "submitted": "待受理",
    "accepted": "待派单",
    "appealed": "申诉待复核",
    "overdue": "超期",
    "long_overdue": "三倍超期",
}
ORDERS = {
    **dict.fromkeys(("mine", "submitted", "accepted", "appealed"), ("filed_at", "pk")),
    **dict.fromkeys(("overdue", "long_overdue"), ("due_on", "pk")),
}
"""A heap shows what has waited longest first."""


class HeapFilter(RadioFilter):
    """Exactly what the dashboard counts."""

    title = "要办的"
    parameter_name = "heap"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(HEAPS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = heap(queryset, str(self.value()), me(request))
        return found


def heap(queryset: Any, name: str, user: Any) -> Any:
    match name:
        case "mine":
            return queryset.decidable_by(user)
        case "submitted" | "accepted" | "appealed":
            return queryset.filter(state=name)
        case "overdue":
            return queryset.overdue(clock.now())
        case "long_overdue":
            return queryset.long_overdue(clock.now())
    return queryset


class CategoryFilter(DropdownFilter):
    """An upper category takes its lower ones along."""

    title = "类别"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = Category.objects.filter(is_confidential=False).select_related("parent").order_by("order", "pk")
        rows = sorted(found, key=lambda one: (one.parent or one).order)
        return [(str(one.pk), f"　{one.name}" if one.parent_id else one.name) for one in _tree(rows)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        key = _number(self.value())
        return queryset.filter(Q(category=key) | Q(category__parent=key)) if key else queryset


class UnitFilter(DropdownFilter):
    title = "办理单位"
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(unit.pk), unit.name) for unit in units()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        key = _number(self.value())
        return queryset.filter(assigned_to=key) if key else queryset


def _tree(rows: list[Category]) -> list[Category]:
    found = []
    for top in (one for one in rows if one.parent_id is None):
        found += [top, *(one for one in rows if one.parent_id == top.pk)]
    return found


def _number(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
