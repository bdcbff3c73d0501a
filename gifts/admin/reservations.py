"""What couriers have set aside."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesRadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from fengchao.core.admin import DaysFilter, LedgerAdmin
from fengchao.core.templatetags.fengchao import points as grouped
from gifts.models import Reservation
from gifts.states import ReservationState


@admin.register(Reservation)
class ReservationAdmin(LedgerAdmin):
    """Without the pickup code, which is the courier's: who has heard it from him may search by it."""

    list_display = ("at", "rider", "gift", "cost", "station", "status", "expires_at", "ended_at")
    list_filter = (
        ("state", ChoicesRadioFilter),
        DaysFilter,
        ("station", RelatedDropdownFilter),
        ("gift", RelatedDropdownFilter),
    )
    list_select_related = ("courier__user", "gift", "station")
    search_fields = ("=pickup_code", "courier__user__name", "station__name")
    search_help_text = "取货码、快递小哥姓名或蜂巢"
    fields = (
        ("at", "expires_at"),
        ("rider", "status"),
        ("gift", "cost"),
        ("station", "ended_at"),
        "redemption",
    )

    @display(description="快递小哥")
    def rider(self, row: Reservation) -> str:
        return str(row.courier)

    @display(description="积分")
    def cost(self, row: Reservation) -> str:
        return grouped(row.points)

    @display(description="状态", label={"待取": "warning", "已取": "success"})
    def status(self, row: Reservation) -> str:
        return str(ReservationState(row.state).label)
