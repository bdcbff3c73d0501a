"""The courier list with what may be given to those ticked in it: points, titles, cards."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from accounts.models import Courier
from fengchao.core.admin import me
from fengchao.core.errors import RuleBroken
from points.admin.couriers import CourierWithPoints
from vouchers import services
from vouchers.admin.forms import ProgrammeForm

TITLE = "给所选快递小哥发体检卡"


@admin.register(Courier)
class CourierWithVouchers(CourierWithPoints):
    actions = (*CourierWithPoints.actions, "issue_chosen", "wait_chosen")

    @action(description="发体检卡", permissions=["district"])
    def issue_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """To all of them or to nobody."""
        by = me(request)
        asked = self.ask(request, chosen, ProgrammeForm, title=TITLE, button="发放", user=by)
        if isinstance(asked, HttpResponse):
            return asked
        given, rows = asked.cleaned_data, list(chosen)

        def act() -> None:
            _, refused = services.issue_to_all(given["programme"], rows, by=by)
            if refused:
                reasons = "；".join(f"{_called(courier)}：{refusal.message}" for courier, refusal in refused)
                raise RuleBroken(f"一张也没有发，{len(refused)} 位不行。{reasons}")

        try:
            self.act_once(request, given["key"], act)
        except RuleBroken as refusal:
            asked.refuse(refusal)
            return self.form_page(request, asked, title=TITLE, button="发放", rows=rows)
        messages.success(request, f"已给 {len(rows)} 位快递小哥发“{given['programme']}”的体检卡。")
        return None

    @action(description="登记体检候补", permissions=["district"])
    def wait_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        by = me(request)
        asked = self.ask(request, chosen, ProgrammeForm, title="给所选快递小哥登记候补", button="登记", user=by)
        if isinstance(asked, HttpResponse):
            return asked
        given = asked.cleaned_data
        self.each(
            request, chosen, lambda courier: services.wait(given["programme"], courier, by=by),
            done="已给 {} 位快递小哥登记候补。", key=given["key"],
        )  # fmt: skip
        return None


def _called(courier: Courier) -> str:
    """Masked as in the list, with the outlet, since a masked name alone may be that of several."""
    return f"{courier}（{courier.outlet}）" if courier.outlet else str(courier)
