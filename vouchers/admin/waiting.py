"""Who gets the next card that comes back, in turn."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from accounts.services.lookup import courier_named
from fengchao.core.admin import AskForm, ReadOnly, me
from fengchao.core.errors import RuleBroken
from fengchao.core.masking import mask_name
from vouchers import services
from vouchers.admin.filters import ProgrammeFilter
from vouchers.admin.forms import CourierAndProgrammeForm
from vouchers.models import Waiting
from vouchers.services.waiting import take_off


@admin.register(Waiting)
class WaitingAdmin(ReadOnly):
    called = "候补名单"
    list_display = ("rider", "outlet", "programme", "at", "person")
    list_filter = (ProgrammeFilter,)
    list_select_related = ("programme", "courier__user", "courier__outlet__enterprise", "by")
    ordering = ("at", "pk")
    actions = ("remove_chosen",)
    fields = ("programme", ("rider", "outlet"), ("at", "person"))

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().add))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """By POST: a number in an address would stand in histories and logs."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = me(request)
        form = CourierAndProgrammeForm(request.POST if request.method == "POST" else None, user=by)
        if form.is_bound and form.is_valid():
            given = form.cleaned_data

            def act() -> None:
                services.wait(given["programme"], courier_named(given["phone"], given["name"], by=by), by=by)

            try:
                self.act_once(request, given["key"], act)
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, "已登记候补，有名额就按先后发给他。")
                return HttpResponseRedirect(reverse("admin:vouchers_waiting_changelist"))
        return self.form_page(request, form, title="登记候补", button="登记")

    @action(description="移出候补", permissions=["manage"])
    def remove_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        asked = self.ask(request, chosen, AskForm, title="把所选快递小哥移出候补？", button="移出")
        if isinstance(asked, HttpResponse):
            return asked
        by = me(request)
        self.each(
            request, chosen, lambda row: take_off(row, by=by), done="已移出 {} 位。", key=asked.cleaned_data["key"]
        )
        return None

    @display(description="快递小哥")
    def rider(self, row: Waiting) -> str:
        return mask_name(row.courier.user.name)

    @display(description="网点")
    def outlet(self, row: Waiting) -> str:
        return str(row.courier.outlet or "—")

    @display(description="登记人")
    def person(self, row: Waiting) -> str:
        return str(row.by)
