"""Words for sets of reports and categories."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, When

from accounts.roles import MANAGERS, READERS, Role
from accounts.scope import within
from fengchao.core import clock
from fengchao.core.nearby import PlacedQuerySet
from reports.states import AFTERWARDS, OPEN, WAITING_FOR_STAFF, WITH_UNIT, ReportState

if TYPE_CHECKING:
    from accounts.models import Courier, User


class CategoryQuerySet(models.QuerySet):
    def fileable(self) -> Self:
        """What a report may name: categories in use, of the lower level or without children."""
        active = self.filter(is_active=True).filter(Q(parent=None) | Q(parent__is_active=True))
        return active.filter(children=None)


class ReportQuerySet(PlacedQuerySet):
    def shown(self) -> Self:
        """With what every page and rule asks of a report."""
        return self.select_related("category__parent", "area", "assigned_to", "courier__user", "feedback", "api_key")

    def of_courier(self, courier: "Courier") -> Self:
        return self.filter(courier=courier)

    def under_way(self, courier: "Courier", at: datetime) -> Self:
        """What he may want to look at now: open, or changed in the last 14 days. First what waits for him."""
        lately = Q(state__in=OPEN) | Q(updated_at__gt=at - AFTERWARDS)
        waits = Case(When(state=ReportState.WAITING_FOR_REPORTER, then=0), default=1)
        return self.of_courier(courier).filter(lately).order_by(waits, "-updated_at", "-pk")

    def in_scope(self, user: "User") -> Self:
        """What `user` may read: ordinary reports of his street or district, what is assigned to a unit of his, and a
        confidential one only there. His own ones are `of_courier`."""
        unit = within(user, "assigned_to", Role.HANDLER)
        ordinary = Q(category__is_confidential=False) & within(user, "area", *READERS)
        secret = Q(category__is_confidential=True) & within(user, "area", Role.HANDLER)
        return self.filter(ordinary | unit | secret)

    def triaged_by(self, user: "User") -> Self:
        """What `user` decides about."""
        ordinary = Q(category__is_confidential=False) & within(user, "area", *MANAGERS)
        secret = Q(category__is_confidential=True) & within(user, "area", Role.HANDLER)
        return self.filter(ordinary | secret)

    def for_staff(self, user: "User") -> Self:
        """What stands in the admin of `user`: ordinary reports of his street or district, and never a confidential one,
        whatever other roles he has."""
        return self.filter(within(user, "area", *READERS), category__is_confidential=False)

    def for_desk(self, user: "User") -> Self:
        """What stands at the desk of `user`: dispatched to a unit of his, and confidential ones that are his unit's."""
        secret = Q(category__is_confidential=True) & within(user, "area", Role.HANDLER)
        return self.filter(within(user, "assigned_to", Role.HANDLER) | secret)

    def decidable_by(self, user: "User") -> Self:
        """What waits for `user`: not his own, and no appeal against his own no."""
        steps = apps.get_model("reports", "Step").objects  # the models import this file
        said_no = steps.filter(report=OuterRef("pk"), state_after=ReportState.REJECTED).order_by("-pk").values("by")[:1]
        return (
            self.triaged_by(user)
            .waiting_for_staff()
            .filter(Q(courier=None) | ~Q(courier=user.pk))
            .exclude(pk__in=self.model._base_manager.filter(state=ReportState.APPEALED)
                     .annotate(no_by=Subquery(said_no)).filter(no_by=user.pk).values("pk"))
        )  # fmt: skip

    def waiting_for_staff(self) -> Self:
        return self.filter(state__in=WAITING_FOR_STAFF)

    def with_unit(self) -> Self:
        return self.filter(state__in=WITH_UNIT, assigned_to__isnull=False)

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def public_kind(self) -> Self:
        """Of no confidential category: what public counts may count."""
        return self.filter(category__is_confidential=False)

    def overdue(self, at: datetime) -> Self:
        """With a unit after the last day of its time."""
        return self.with_unit().filter(due_on__lt=clock.shanghai_day(at))

    def long_overdue(self, at: datetime) -> Self:
        """With a unit after three times its time."""
        return self.with_unit().filter(long_due_on__lt=clock.shanghai_day(at))

    def to_close(self, before: datetime) -> Self:
        return self.filter(state=ReportState.RESOLVED, resolved_at__lt=before)
