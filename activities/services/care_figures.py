"""How far the visits are: against the outlets and couriers of a place, and what they left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Sum

from activities.care_querysets import month_starts
from activities.models import CareVisit, KitMovement, VisitedOutlet


@dataclass(frozen=True)
class Totals:
    """Of the months that the board shows; `target` only where all of the district's outlets are counted."""

    outlets: int
    visited: int
    never: int
    visits: int
    reached: int
    kits: int
    target: int | None

    @property
    def share(self) -> float:
        return self.visited / self.outlets if self.outlets else 0.0


def totals(outlets: Any, at: datetime, *, whole_district: bool) -> Totals:
    """Of `outlets` (a queryset of VisitedOutlet without annotations): how many were visited, how many couriers met."""
    start = month_starts(at)[0]
    met = CareVisit.objects.met().filter(outlet__in=outlets)
    lately = met.filter(visited_at__gte=start)
    sums = lately.aggregate(
        visited=Count("outlet", distinct=True), visits=Count("pk"), reached=Sum("couriers_reached", default=0)
    )
    number = outlets.count()
    left = KitMovement.objects.handed_out().filter(visit__in=lately).aggregate(sum=Sum("number", default=0))["sum"]
    return Totals(
        outlets=number, visited=sums["visited"], never=number - met.aggregate(n=Count("outlet", distinct=True))["n"],
        visits=sums["visits"], reached=sums["reached"], kits=-left,
        target=settings.CARE_TARGET_COURIERS if whole_district else None,
    )  # fmt: skip


def left_by(visit: CareVisit) -> list[tuple[str, int]]:
    """(kit, pieces) that a visit left, less what was given back."""
    rows = KitMovement.objects.filter(visit=visit).values_list("kit__name").annotate(sum=Sum("number"))
    return [(name, -number) for name, number in rows.order_by("kit__name") if number]


def last_visits(outlets: Any) -> dict[int, datetime]:
    """Outlet → when somebody was met there last."""
    rows = CareVisit.objects.met().filter(outlet__in=outlets).values_list("outlet")
    return dict(rows.annotate(last=Max("visited_at")).order_by())


def months(at: datetime) -> list[str]:
    """Headings of the board: 1月 … 12月, the year where it turns."""
    starts = [start.date() for start in month_starts(at)]
    return [
        f"{day.year}年{day.month}月" if index == 0 or day.month == 1 else f"{day.month}月"
        for index, day in enumerate(starts)
    ]


def board_rows(outlets: Any) -> list[dict[str, Any]]:
    """Rows of `VisitedOutletQuerySet.on_board` with their months in one list."""
    return [{"outlet": outlet, "months": months_of(outlet)} for outlet in outlets]


def months_of(outlet: VisitedOutlet) -> list[int]:
    found = vars(outlet)
    return [found[f"month_{index}"] for index in range(len([name for name in found if name.startswith("month_")]))]
