"""The centre's line: many slots made at once, and closed, opened, widened or taken away one by one or many."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from fengchao.core import clock
from fengchao.core.admin import AskForm, ReadOnly, me
from fengchao.core.errors import RuleBroken
from fengchao.core.export import ExportAdmin
from vouchers.admin.filters import DayFilter, ProgrammeFilter
from vouchers.admin.forms import CapacityForm, SlotsForm
from vouchers.models import Slot
from vouchers.services import line

LABELS = {"closed": "danger", "over": "default", "full": "warning", "open": "success"}


@admin.register(Slot)
class SlotAdmin(ExportAdmin, ReadOnly):
    list_display = ("day", "hours", "programme", "filled", "in_line", "status")
    list_display_links = ("day", "hours")
    list_filter = (DayFilter, ProgrammeFilter)
    list_select_related = ("programme",)
    list_per_page = 100
    ordering = ("starts_at", "pk")
    actions = ("close_chosen", "open_chosen", "capacity_chosen", "remove_chosen")
    fields = ("programme", ("day", "hours"), ("filled", "in_line"), "status_in_words")
    export_name = "体检时段"
    export_columns = {
        "体检项目": "programme",
        "日期": "day",
        "时间": "hours",
        "人数": "capacity",
        "已约": "booked",
        "候补": "in_line",
        "状态": "status_in_words",
    }

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        return super().scoped(queryset, user).annotate(waits=Count("waiting"))

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = me(request)
        form = SlotsForm(request.POST if request.method == "POST" else None, user=by)
        if form.is_bound and form.is_valid():
            made: list[tuple[int, int]] = []
            try:
                self.act_once(
                    request, form.cleaned_data["key"],
                    lambda: made.append(line.make(form.cleaned_data["programme"], form.plan(), by=by)),
                )  # fmt: skip
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                for new, known in made:
                    kept = f"，另有 {known} 个原来就有，没有变" if known else ""
                    messages.success(request, f"已开 {new} 个时段{kept}。")
                for year in form.plan().unknown_years:
                    messages.warning(
                        request, f"{year} 年的放假安排还没有公布，周一到周五都排了，公布后请停约放假的那几天。"
                    )  # fmt: skip
                return HttpResponseRedirect(reverse("admin:vouchers_slot_changelist"))
        return self.form_page(request, form, title="批量开时段", button="开这些时段")

    @action(description="停约", permissions=["manage"])
    def close_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        by = me(request)
        self.each(request, chosen, lambda slot: line.close(slot, by=by), done="已停约 {} 个时段，约好的照常。")

    @action(description="恢复预约", permissions=["manage"])
    def open_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        by = me(request)
        self.each(request, chosen, lambda slot: line.open_again(slot, by=by), done="{} 个时段可以预约了。")

    @action(description="改人数", permissions=["manage"])
    def capacity_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        by = me(request)

        def act(form: AskForm) -> Callable[[Slot], object]:
            return lambda slot: line.set_capacity(slot, form.cleaned_data["capacity"], by=by)

        return self._asked(request, chosen, CapacityForm, act, title="改所选时段的人数", button="修改",
                           done="已改 {} 个时段的人数。")  # fmt: skip

    @action(description="删除", permissions=["manage"])
    def remove_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        by = me(request)
        return self._asked(
            request, chosen, AskForm, lambda form: lambda slot: line.remove(slot, by=by),
            title="删除所选时段？有人约过的不会删除。", button="删除", done="已删除 {} 个时段。",
        )  # fmt: skip

    def _asked(
        self,
        request: HttpRequest,
        chosen: QuerySet,
        form_class: type[AskForm],
        act: Callable[[AskForm], Callable[[Slot], object]],
        *,
        title: str,
        button: str,
        done: str,
    ) -> HttpResponse | None:
        asked = self.ask(request, chosen, form_class, title=title, button=button)
        if isinstance(asked, HttpResponse):
            return asked
        self.each(request, chosen, act(asked), done=done, key=asked.cleaned_data["key"])
        return None

    @display(description="日期")
    def day(self, row: Slot) -> str:
        day = clock.shanghai_day(row.starts_at)
        return f"{day} 周{'一二三四五六日'[day.weekday()]}"

    @display(description="时间")
    def hours(self, row: Slot) -> str:
        start, end = (at.astimezone(clock.SHANGHAI) for at in (row.starts_at, row.ends_at))
        return f"{start:%H:%M}–{end:%H:%M}"

    @display(description="已约 / 人数")
    def filled(self, row: Slot) -> str:
        return f"{row.booked} / {row.capacity}"

    @display(description="候补")
    def in_line(self, row: Any) -> int:
        return int(row.waits)

    @display(description="状态", label=LABELS)
    def status(self, row: Slot) -> tuple[str, str]:
        if row.starts_at <= clock.now():
            return "over", "已过"
        if row.is_closed:
            return "closed", "停约"
        return ("open", "可约") if row.free > 0 else ("full", "约满")

    @display(description="状态")
    def status_in_words(self, row: Slot) -> str:
        return str(self.status(row)[1])
