"""Programmes, days and enterprises by which the lists are narrowed."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

from accounts.models import Enterprise
from fengchao.core import clock
from fengchao.core.admin import me
from vouchers.models import Programme

COMING, ALL = "coming", "all"


class ProgrammeFilter(DropdownFilter):
    """Those in scope."""

    title = "体检项目"
    parameter_name = "programme"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = Programme.objects.in_scope(me(request)).order_by("-valid_from", "pk")
        return [(str(key), name) for key, name in found.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(programme=self.value()) if self.value() in known else queryset


class EnterpriseFilter(DropdownFilter):
    title = "企业"
    parameter_name = "enterprise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in Enterprise.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(enterprise=self.value()) if self.value() in known else queryset


class LapsingFilter(RadioFilter):
    """Exactly what the first page counts."""

    title = "快过期"
    parameter_name = "lapsing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "两周内过期，还没约")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset.lapsing(clock.now()) if self.value() == "1" else queryset
        return found


class DayFilter(RadioFilter):
    """Slots from today on, unless asked for others. Marked rows are found wherever they are."""

    title = "哪几天"
    parameter_name = "days"
    all_option = None

    def value(self) -> str:
        return super().value() or COMING

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(COMING, "今天起"), ("today", "今天"), ("week", "7 天内"), ("past", "以前"), (ALL, "全部")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if request.method == "POST":
            return queryset
        today, tomorrow = clock.day_bounds(clock.shanghai_day(clock.now()))
        match self.value():
            case "today":
                return queryset.filter(starts_at__gte=today, starts_at__lt=tomorrow)
            case "week":
                return queryset.filter(starts_at__gte=today, starts_at__lt=today + timedelta(days=7))
            case "past":
                return queryset.filter(starts_at__lt=today).reverse()
            case "coming":
                return queryset.filter(starts_at__gte=today)
        return queryset
