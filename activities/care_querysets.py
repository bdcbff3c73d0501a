"""Words for sets of visits, outlets to visit, kits and needs."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum

from accounts.querysets import OutletQuerySet
from accounts.roles import READERS, Role
from accounts.scope import NOTHING, within
from activities.care_rules import territories
from activities.care_states import MONTHS, CareState, Contact, KitMove, NeedState
from activities.organisers import ORGANISERS
from fengchao.core import clock

if TYPE_CHECKING:
    from accounts.models import User


class CareVisitQuerySet(models.QuerySet):
    def shown(self) -> Self:
        """With what every page asks of a visit."""
        return self.select_related("outlet__enterprise", "outlet__organisation", "organisation")

    def in_scope(self, user: "User") -> Self:
        """What `user` reads: visits of organisations in his scope, and as staff those to outlets in it."""
        ours = within(user, "organisation", *READERS, Role.COUNTER)
        return self.filter(ours | within(user, "outlet__organisation", *READERS))

    def made_by(self, user: "User") -> Self:
        """Visits of the organisations in whose name `user` visits."""
        return self.filter(within(user, "organisation", *ORGANISERS))

    def planned(self) -> Self:
        return self.filter(state=CareState.PLANNED)

    def done(self) -> Self:
        return self.filter(state=CareState.DONE)

    def met(self) -> Self:
        """Done, and somebody was there: what counts as visited."""
        return self.filter(state=CareState.DONE, contact=Contact.MET)

    def due_on(self, day: date) -> Self:
        return self.planned().filter(planned_on=day)

    def overdue(self, day: date) -> Self:
        return self.planned().filter(planned_on__lt=day)

    def ahead(self, day: date) -> Self:
        return self.planned().filter(planned_on__gt=day)


class VisitedOutletQuerySet(OutletQuerySet):
    """Outlets as the board of visits sees them."""

    def visitable_by(self, user: "User") -> Self:
        """In the street or zone of the organisations in whose name `user` visits; of the district's, all."""
        reached = NOTHING
        for path in territories(user):
            reached |= Q(organisation__path__startswith=path)
        return self.filter(reached)

    def read_by(self, user: "User") -> Self:
        """On the board of `user` as staff of the street or district."""
        return self.filter(within(user, "organisation", *READERS))

    def never_visited(self) -> Self:
        """Nobody was ever met there."""
        visits = self.model._meta.apps.get_model("activities", "CareVisit").objects
        return self.filter(~Exists(visits.met().filter(outlet=OuterRef("pk"))))

    def on_board(self, at: datetime, months: int = MONTHS) -> Self:
        """Each with `last_visit`, `visits`, `reached` of this month and those before it, and `month_0` (the oldest) and
        on: how often somebody was met in it. Never visited first, then whose visit is longest ago. One grouped query.
        """
        starts = month_starts(at, months)
        met = Q(care_visits__state=CareState.DONE, care_visits__contact=Contact.MET)
        span = met & Q(care_visits__visited_at__gte=starts[0])
        counted: dict[str, Any] = {
            f"month_{index}": Count("care_visits", filter=met & _between(start, end))
            for index, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True))
        }
        return self.annotate(
            last_visit=Max("care_visits__visited_at", filter=met),
            visits=Count("care_visits", filter=span),
            reached=Sum("care_visits__couriers_reached", filter=span, default=0),
            **counted,
        ).order_by(F("last_visit").asc(nulls_first=True), "pk")

    def by_last_visit(self) -> Self:
        """Each with `last_visit` and `next_plan`; never visited first."""
        visits = self.model._meta.apps.get_model("activities", "CareVisit").objects.filter(outlet=OuterRef("pk"))
        latest = visits.met().order_by("-visited_at").values("visited_at")[:1]
        following = visits.planned().order_by("planned_on").values("planned_on")[:1]
        found = self.annotate(last_visit=Subquery(latest), next_plan=Subquery(following))
        return found.order_by(F("last_visit").asc(nulls_first=True), "pk")


class KitStockQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *READERS, Role.COUNTER))

    def of_organisers(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *ORGANISERS))


class KitMovementQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        return self.filter(within(user, "organisation", *READERS, Role.COUNTER))

    def handed_out(self) -> Self:
        """What visits gave, less what was given back: sums are negative."""
        return self.filter(kind__in=(KitMove.HANDED_OUT, KitMove.RETURNED))


class NeedQuerySet(models.QuerySet):
    def in_scope(self, user: "User") -> Self:
        """As the visits that they were heard on."""
        ours = within(user, "visit__organisation", *READERS, Role.COUNTER)
        return self.filter(ours | within(user, "visit__outlet__organisation", *READERS))

    def followed_by(self, user: "User") -> Self:
        """What `user` may turn into something, or settle."""
        return self.filter(within(user, "visit__organisation", *ORGANISERS))

    def open(self) -> Self:
        return self.filter(state=NeedState.OPEN)

    def shown(self) -> Self:
        return self.select_related("visit__outlet__enterprise", "visit__outlet__organisation", "visit__organisation",
                                   "courier__user")  # fmt: skip


def month_starts(at: datetime, months: int = MONTHS) -> list[datetime]:
    """When each of the last `months` months began in Shanghai, the oldest first; this one is the last."""
    first = clock.month_bounds(at)[0].date()
    return [
        clock.day_bounds(date(*divmod_month(first, back)))[0] for back in range(months - 1, -1, -1)
    ]  # fmt: skip


def divmod_month(first: date, back: int) -> tuple[int, int, int]:
    """The first of the month `back` months before `first`."""
    year, month = divmod(first.year * 12 + first.month - 1 - back, 12)
    return year, month + 1, 1


def _between(start: datetime, end: datetime | None) -> Q:
    inside = Q(care_visits__visited_at__gte=start)
    return inside & Q(care_visits__visited_at__lt=end) if end else inside
