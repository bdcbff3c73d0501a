"""The audit log, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import display

from accounts.models import Membership, Organisation
from accounts.scope import paths, within
from fengchao.core.admin import DaysFilter, LedgerAdmin, with_person
from fengchao.core.masking import mask_name
from fengchao.core.models import AuditLog

VERBS = {
    "courier": "骑手",
    "grant": "积分发放",
    "redemption": "兑换",
    "stock": "出入库",
    "membership": "任职",
    "user": "账号",
    "station": "蜂巢",
    "gift": "礼品",
    "outlet": "网点",
}


class WhatFilter(RadioFilter):
    """The first word of a verb says what it was about."""

    title = "事项"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(VERBS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb__startswith=f"{self.value()}.") if self.value() in VERBS else queryset


@admin.register(AuditLog)
class AuditLogAdmin(LedgerAdmin):
    list_display = ("at", "who", "verb", "subject", "what")
    list_filter = (WhatFilter, DaysFilter)
    search_fields = ("=subject_key", "=request_id", "^verb")
    search_help_text = "对象编号、动作或请求编号"
    fields = ("at", "who", "verb", "subject", "what", "request_id")

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        """What people of the subtree did. What couriers and the timetable did is for those who read at the root."""
        found = with_person(queryset, "actor_id")
        roles = self.rights().see
        if any(len(path) == Organisation.steplen for path in paths(user, *roles)):
            return found
        people = Membership.objects.filter(within(user, "organisation", *roles))
        return found.filter(actor_id__in=people.values("user_id"))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in ("subject_kind", "subject_key") or super().lookup_allowed(lookup, value, request)

    @display(description="操作人")
    def who(self, row: Any) -> str:
        return mask_name(row.person or "") or (f"用户 {row.actor_id}" if row.actor_id else "定时任务")

    @display(description="对象")
    def subject(self, row: AuditLog) -> str:
        return f"{row.subject_kind} {row.subject_key}"

    @display(description="变更")
    def what(self, row: AuditLog) -> str:
        return "；".join(f"{name}：{_spoken(value)}" for name, value in row.changed.items()) or "—"


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return " → ".join(_spoken(part) for part in value)
    text = "无" if value in (None, "") else str(value)
    return "（已隐去）" if text.startswith("hmac:") else text
