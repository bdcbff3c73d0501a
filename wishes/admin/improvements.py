"""What stations get because many wished for it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from fengchao.core.admin import LedgerAdmin, me, moment
from fengchao.core.templatetags.fengchao import when
from wishes import services
from wishes.admin.filters import DoneFilter, StreetFilter
from wishes.admin.forms import FinishForm
from wishes.models import Improvement


@admin.register(Improvement)
class ImprovementAdmin(LedgerAdmin):
    list_display = ("title", "station", "status", "how_many", "decided", "person", "done")
    list_filter = (DoneFilter, StreetFilter)
    list_select_related = ("station", "by")
    search_fields = ("title", "station__name")
    search_help_text = "改进或蜂巢"
    ordering = ("-at",)
    actions = ("finish_chosen",)
    fields = (("title", "station"), ("state", "how_many"), ("decided", "person"), ("done", "note"))
    change_form_outer_before_template = "admin/wishes/finish.html"
    change_form_outer_after_template = "admin/wishes/improvement.html"

    def scoped(self, queryset: Any, user: Any) -> Any:
        return queryset.in_scope(user).annotate(wishes=Count("claims", filter=Q(claims__released_at=None)))

    def has_finish_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(_beside(found, me(request)) if found else {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    @action(description="完成", permissions=["finish"])
    def finish_chosen(self, request: HttpRequest, chosen: Any) -> HttpResponse | None:
        asked = self.ask(request, chosen, FinishForm, title="完成所选改进", button="完成")
        if isinstance(asked, HttpResponse):
            return asked
        given, by = asked.cleaned_data, me(request)

        def act(row: Improvement) -> object:
            return services.finish(row, note=given["note"], by=by)

        self.each(request, chosen, act, done="已完成 {} 项，许愿人会收到通知。", key=given["key"])
        marks = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if len(marks) != 1:
            return None
        return HttpResponseRedirect(reverse("admin:wishes_improvement_change", args=marks))

    @display(description="状态", label={"done": "success", "under_way": "info"})
    def status(self, row: Improvement) -> tuple[str, str]:
        return ("done", "已完成") if row.done_at else ("under_way", "正在改进")

    @display(description="状态")
    def state(self, row: Improvement) -> str:
        return str(self.status(row)[1])

    @display(description="心愿")
    def how_many(self, row: Any) -> str:
        return f"{row.wishes} 个"

    @display(description="决定时间")
    def decided(self, row: Improvement) -> str:
        return when(row.at)

    @display(description="决定人")
    def person(self, row: Improvement) -> str:
        return str(row.by)

    @display(description="完成时间")
    def done(self, row: Improvement) -> str:
        return moment(row.done_at)


def _beside(improvement: Improvement, user: Any) -> dict[str, Any]:
    """Its wishes, and whether `user` may end it."""
    claims = improvement.claims.live().select_related("wish").order_by("pk")
    manages = Improvement.objects.managed_by(user).under_way().filter(pk=improvement.pk).exists()
    return {
        "improvement": improvement,
        "may_finish": manages,
        "list_address": reverse("admin:wishes_improvement_changelist"),
        "wishes": [
            {"wish": claim.wish, "address": reverse("admin:wishes_wish_change", args=[claim.wish_id])}
            for claim in claims
        ],
    }
