"""The register of outlets, with what this app knows of them: when somebody was there last."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from unfold.decorators import display

from accounts.admin.outlets import OutletAdmin
from accounts.models import Outlet
from accounts.services.exchange import OutletSheet
from activities.care_states import CareState, Contact
from activities.models import CareVisit
from fengchao.core import clock

LAST_VISIT = "最近走访"


class VisitedOutletSheet(OutletSheet):
    """An exported register comes back unchanged: this column is said and not asked."""

    passed_over: ClassVar[tuple[str, ...]] = (*OutletSheet.passed_over, LAST_VISIT)


class VisitedOutletAdmin(OutletAdmin):
    sheet = VisitedOutletSheet
    list_display = (*OutletAdmin.list_display, "last_visit")
    export_columns = {**OutletAdmin.export_columns, LAST_VISIT: "last_visit"}

    def scoped(self, queryset: QuerySet, user: Any) -> Any:
        met = CareVisit.objects.filter(outlet=OuterRef("pk"), state=CareState.DONE, contact=Contact.MET)
        newest = met.order_by("-visited_at").values("visited_at")[:1]
        return super().scoped(queryset, user).annotate(visited=Subquery(newest))

    @display(description=LAST_VISIT, ordering="visited")
    def last_visit(self, outlet: Any) -> str:
        return str(clock.shanghai_day(outlet.visited)) if outlet.visited else "从未"


admin.site.unregister(Outlet)
admin.site.register(Outlet, VisitedOutletAdmin)
