"""Gifts and what couriers would like."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from fengchao.core.admin import BaseAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from gifts.models import Gift


@admin.register(Gift)
class GiftAdmin(BaseAdmin):
    list_display = ("name", "code", "price", "monthly_limit", "sponsor", "unit_cost", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code", "sponsor")
    search_help_text = "名称、代码或赞助单位"
    ordering = ("-is_active", "points", "pk")
    fieldsets = (
        (None, {"fields": (("name", "code"), ("points", "monthly_limit"), ("icon", "is_active"))}),
        ("来源", {"fields": (("sponsor", "unit_cost"),)}),
        ("上架", {"fields": ("on_sale_from", "on_sale_until")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # the unit of its stock

    @display(description="所需积分", ordering="points")
    def price(self, gift: Gift) -> str:
        return grouped(gift.points)
