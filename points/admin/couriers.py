"""The courier list with his points, and points for those ticked in it; `vouchers.admin` registers it."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from accounts.admin import CourierAdmin
from accounts.models import Courier
from fengchao.core.admin import me
from fengchao.core.templatetags.fengchao import points as grouped
from points.admin.forms import GrantForm
from points.models import POINTS, Account, Balance, Grant
from points.services import grant


class CourierWithPoints(CourierAdmin):
    list_display = (*CourierAdmin.list_display, "balance")
    actions: tuple[str, ...] = (
        "verify_chosen",
        "grant_chosen",
        "honour_chosen",
        "freeze_chosen",
        "unfreeze_chosen",
        "change_number",
    )
    fields = (("name", "phone"), ("state", "balance"), *CourierAdmin.fields[2:])
    export_columns = {**CourierAdmin.export_columns, "积分": "points"}

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        courier = {"account__kind": Account.Kind.COURIER, "account__unit": POINTS, "account__period": 0}
        mine = Balance.objects.filter(**courier, account__owner_id=OuterRef("pk"))
        return super().scoped(queryset, user).annotate(points=Subquery(mine.values("posted")))

    @display(description="积分", ordering="points")
    def balance(self, courier: Any) -> str:
        return grouped(courier.points or 0)

    @action(description="给所选快递小哥发积分", permissions=["manage"])
    def grant_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        form = self.ask(request, chosen, GrantForm, title="给所选快递小哥发积分", button="发放")
        if isinstance(form, HttpResponse):
            return form
        given, waiting = form.cleaned_data, []

        def act(courier: Courier) -> None:
            posted = grant(courier, given["points"], reason=given["reason"], by=me(request))
            if posted.state == Grant.State.PENDING:
                waiting.append(posted)

        self.each(request, chosen, act, done="已为 {} 位快递小哥登记发放。", key=given["key"])
        if waiting:
            messages.info(request, f"其中 {len(waiting)} 笔超过当场额度，等另一位管理员审核后入账。")
        return None
