"""What waits for the person who looks at a list."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from fengchao.core.admin import me


class WaitingFilter(RadioFilter):
    """Of a list whose queryset knows `decidable_by(user)`: exactly what the dashboard counts."""

    title = "审核"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "等我审核")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        found: QuerySet = queryset.decidable_by(me(request)) if self.value() == "me" else queryset
        return found
