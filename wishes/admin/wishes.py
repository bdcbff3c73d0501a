"""The list of wishes: to be moderated first, and then on their way to the light."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from fengchao.core.admin import me, moment
from fengchao.core.export import ExportAdmin
from fengchao.core.masking import mask_name
from fengchao.core.templatetags.fengchao import ago
from wishes.admin import figures
from wishes.admin.detail import beside
from wishes.admin.filters import HEAPS, ORDERS, FlagFilter, HeapFilter, OrganisationFilter, StreetFilter, heap_of
from wishes.admin.moves import Moves
from wishes.models import Wish
from wishes.services.flags import reasons
from wishes.services.streets import Streets
from wishes.states import WishState

S = WishState
STATES = {
    S.REVIEW: "warning", S.OPEN: "warning", S.CLAIMED: "info", S.DELIVERED: "info", S.FULFILLED: "success",
    S.REJECTED: "danger", S.WITHDRAWN: "default",
}  # fmt: skip
TITLE, PLACE = 14, 8  # characters that leave a row on two lines


@admin.register(Wish)
class WishAdmin(ExportAdmin, Moves):
    list_display = ("what", "flagged", "where", "name", "status", "age", "claimer")
    list_filter = (HeapFilter, StreetFilter, ("category", ChoicesDropdownFilter), FlagFilter, OrganisationFilter)
    list_select_related = ("station__organisation", "claimed_by")
    search_fields = ("title", "text")
    search_help_text = "想要什么或为什么"
    actions_list = ("figures",)
    list_before_template = "admin/wishes/heaps.html"
    fields = (
        ("title", "state"),
        ("text", "for_whom"),
        ("category", "budget"),
        ("station", "street"),
        ("shown_name", "claimer"),
        ("rider", "verified"),
        ("hung", "opened"),
        ("delivered", "lit"),
        ("thanks", "shown_thanks"),
    )
    change_form_outer_before_template = "admin/wishes/moves.html"
    change_form_outer_after_template = "admin/wishes/detail.html"
    export_name = "微心愿"
    export_columns = {
        "编号": "pk",
        "想要什么": "title",
        "为什么": "text",
        "给谁": "for_whom",
        "类别": "get_category_display",
        "预算（元）": "price",
        "蜂巢": "station_name",
        "街道": "street",
        "公开的名字": "shown_name",
        "提示": "flags_in_words",
        "状态": "get_state_display",
        "挂上时间": "hung_at",
        "公开时间": "opened_at",
        "认领单位": "claimer",
        "送达时间": "delivered_at",
        "点亮时间": "lit_at",
        "道谢": "public_thanks",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        self.streets = Streets()  # names for the rows of whoever asks next
        return super().get_queryset(request)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ORDERS.get(heap_of(request), ("-hung_at", "-pk"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what the page of one wish shows, in the same query."""
        try:
            found = self.get_queryset(request).shown().prefetch_related("claims")  # type: ignore[attr-defined]
            return found.get(pk=int(object_id))
        except (Wish.DoesNotExist, ValueError, OverflowError):
            return None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        here = heap_of(request)
        heaps = [{"name": name, "address": f"?heap={word}", "is_here": word == here} for word, name in HEAPS.items()]
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "heaps": heaps})
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(beside(found, me(request)) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def has_figures_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    @action(description="微心愿统计", icon="bar_chart", permissions=["figures"])
    def figures(self, request: HttpRequest) -> HttpResponse:
        return figures.page(request, me(request), {**self.admin_site.each_context(request), "opts": self.opts})

    @display(description="心愿")
    def what(self, row: Wish) -> str:
        facts = f"{row.get_category_display()} · {self.budget(row)}"
        return format_html("{}<br><small>{}</small>", _short(str(row), TITLE), facts)

    @display(description="提示")
    def flagged(self, row: Wish) -> str:
        found = format_html_join("", "<b>{}</b> <small>{}</small><br>", reasons(row))
        return format_html('<div class="wish-flags">{}</div>', found) if found else "—"

    @display(description="预算")
    def budget(self, row: Wish) -> str:
        return f"{row.price:,} 元"

    @display(description="蜂巢和街道")
    def where(self, row: Wish) -> str:
        return format_html("{}<br><small>{}</small>", _short(row.station.name, PLACE), self.street(row))

    @display(description="公开的名字")
    def name(self, row: Wish) -> str:
        return row.shown_name

    @display(description="状态", label=STATES)
    def status(self, row: Wish) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @display(description="多久了")
    def age(self, row: Wish) -> str:
        """Since it came to where it is waiting."""
        since = {S.REVIEW: row.hung_at, S.OPEN: row.opened_at, S.DELIVERED: row.delivered_at, S.FULFILLED: row.lit_at}
        return ago(since.get(S(row.state)) or row.updated_at)

    @display(description="认领单位")
    def claimer(self, row: Wish) -> str:
        return row.claimed_by.name if row.claimed_by else "—"

    @display(description="街道")
    def street(self, row: Wish) -> str:
        return self.streets.name(row.station.organisation.path)

    @display(description="许愿人")
    def rider(self, row: Wish) -> str:
        return mask_name(row.courier.user.name) if row.courier.user.is_active else "（已注销）"

    @display(description="核验")
    def verified(self, row: Wish) -> str:
        return "已核验" if row.courier.is_verified else "待核验"

    @display(description="挂上时间")
    def hung(self, row: Wish) -> str:
        return moment(row.hung_at)

    @display(description="公开时间")
    def opened(self, row: Wish) -> str:
        return moment(row.opened_at)

    @display(description="送达时间")
    def delivered(self, row: Wish) -> str:
        return moment(row.delivered_at)

    @display(description="点亮时间")
    def lit(self, row: Wish) -> str:
        return moment(row.lit_at)

    @display(description="公开道谢")
    def shown_thanks(self, row: Wish) -> str:
        return ("不公开" if row.thanks_hidden else "公开") if row.thanks else "—"

    def station_name(self, row: Wish) -> str:
        return str(row.station.name)

    def flags_in_words(self, row: Wish) -> str:
        return "；".join(f"{name}：{why}" if why else name for name, why in reasons(row))


def _short(text: str, most: int) -> str:
    return f"{text[:most]}…" if len(text) > most else text
