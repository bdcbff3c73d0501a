"""Who stood for which wish, with the clock. Only services write these rows."""

from django.contrib import admin
from unfold.decorators import display

from fengchao.core import clock
from fengchao.core.admin import DaysFilter, LedgerAdmin
from fengchao.core.export import ExportAdmin
from fengchao.core.templatetags.fengchao import day, when
from wishes.admin.filters import ClaimHeapFilter, OrganisationFilter, StreetFilter
from wishes.models import Claim
from wishes.services.claims import ends_at, is_ending
from wishes.states import WishState


class ClaimStreetFilter(StreetFilter):
    path = "wish__station__organisation__path"


class ClaimOrganisationFilter(OrganisationFilter):
    field = "organisation"


@admin.register(Claim)
class ClaimAdmin(ExportAdmin, LedgerAdmin):
    list_display = ("what", "organisation", "person", "claimed", "progress", "until", "outcome")
    list_filter = (ClaimHeapFilter, ClaimStreetFilter, ClaimOrganisationFilter, DaysFilter.over("at"))
    list_select_related = ("wish__station", "organisation", "by", "improvement")
    search_fields = ("wish__title", "organisation__name")
    search_help_text = "心愿或认领单位"
    ordering = ("-at",)
    fields = (
        ("what", "place"),
        ("organisation", "person"),
        ("claimed", "progress"),
        ("until_in_words", "outcome_in_words"),
        "improvement",
    )
    export_name = "心愿认领"
    export_columns = {
        "心愿": "what",
        "蜂巢": "place",
        "认领单位": "organisation",
        "认领人": "person",
        "认领时间": "at",
        "最近进展": "progress_at",
        "到期": "until_in_words",
        "结果": "outcome_in_words",
        "退回时间": "released_at",
        "蜂巢改进": "improvement",
    }

    @display(description="心愿")
    def what(self, row: Claim) -> str:
        return str(row.wish)

    @display(description="蜂巢")
    def place(self, row: Claim) -> str:
        return str(row.wish.station.name)

    @display(description="认领人")
    def person(self, row: Claim) -> str:
        return str(row.by)

    @display(description="认领时间")
    def claimed(self, row: Claim) -> str:
        return when(row.at)

    @display(description="最近进展")
    def progress(self, row: Claim) -> str:
        return when(row.progress_at)

    @display(description="到期", label={"ending": "danger", "running": "info"})
    def until(self, row: Claim) -> tuple[str, str] | str:
        """Nothing where no clock runs: given back, delivered, or a station's improvement."""
        if row.released_at or row.improvement_id or row.wish.state != WishState.CLAIMED:
            return "—"
        return "ending" if is_ending(row, clock.now()) else "running", day(ends_at(row))

    @display(description="结果", label={"released": "default", "live": "info", "lit": "success"})
    def outcome(self, row: Claim) -> tuple[str, str]:
        if row.released_at:
            return "released", "已退回"
        lit = row.wish.state == WishState.FULFILLED
        return "lit" if lit else "live", str(row.wish.get_state_display())

    @display(description="到期")
    def until_in_words(self, row: Claim) -> str:
        found = self.until(row)
        return str(found[1] if isinstance(found, tuple) else found)

    @display(description="结果")
    def outcome_in_words(self, row: Claim) -> str:
        return str(self.outcome(row)[1])
