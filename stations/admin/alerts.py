"""Notices of heat and cold."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import display

from accounts.admin.organisations import InTree
from fengchao.core import clock
from stations.models import Alert


@admin.register(Alert)
class AlertAdmin(InTree):
    list_display = ("text", "kind", "organisation", "starts_at", "ends_at", "standing")
    list_filter = (("kind", ChoicesRadioFilter),)
    list_select_related = ("organisation",)
    search_fields = ("text",)
    search_help_text = "内容"
    ordering = ("-starts_at", "-pk")
    fields = ("kind", "text", "organisation", "starts_at", "ends_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "starts_at": timezone.now()}

    @display(description="现在", label={"显示中": "success", "未开始": "warning", "已结束": "default"})
    def standing(self, alert: Alert) -> str:
        now = clock.now()
        if now < alert.starts_at:
            return "未开始"
        return "显示中" if now < alert.ends_at else "已结束"
