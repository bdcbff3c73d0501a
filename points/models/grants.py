"""Points given by hand."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Courier
from points.models.books import Transfer
from points.querysets import GrantQuerySet

AT_ONCE = 50
"""The most points that one clerk gives without a second person."""


DECISION_FIELDS = [
    "state",
    "decided_by",
    "decided_at",
    "decision_note",
    "transfer",
    "taken_back_at",
    "taken_back_by",
    "taken_back_reason",
    "taken_back",
]


class Grant(models.Model):
    """Points that a clerk gives a courier by hand, with a reason: at once, or when a second person has approved.

    What was written is what is decided on: only the decision and a later taking back change a row.
    """

    class State(models.TextChoices):
        POSTED = "posted", "已入账"
        PENDING = "pending", "待审核"
        REJECTED = "rejected", "已驳回"

    courier = models.ForeignKey(Courier, models.PROTECT, related_name="grants", verbose_name="快递小哥")
    points = models.PositiveIntegerField("积分")
    reason = models.CharField("事由", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    decision_note = models.CharField("审核意见", max_length=200, blank=True)
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, blank=True, verbose_name="流水")
    taken_back_at = models.DateTimeField("收回时间", null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收回人"
    )
    taken_back_reason = models.CharField("收回原因", max_length=200, blank=True)
    taken_back = models.OneToOneField(
        Transfer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收回流水"
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = "积分发放"
        verbose_name_plural = "积分发放"
        indexes = [models.Index(fields=["by", "at"], name="grant_by_clerk")]  # read for the clerk's sum of the day
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="grant_gives_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="posted", transfer__isnull=False)
                | Q(state__in=["pending", "rejected"], transfer=None),
                name="grant_transfer_when_posted",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("by"))),
                name="grant_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="posted") | Q(points__lte=AT_ONCE) | Q(decided_by__isnull=False),
                name="grant_above_the_limit_has_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | Q(decided_by__isnull=False), name="grant_rejected_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(by=F("courier")) & (Q(decided_by=None) | ~Q(decided_by=F("courier"))),
                name="grant_not_for_oneself",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_reason="", taken_back=None)
                | (
                    Q(
                        state="posted",
                        taken_back_at__isnull=False,
                        taken_back_by__isnull=False,
                        taken_back__isnull=False,
                    )
                    & ~Q(taken_back_reason="")
                ),
                name="grant_taken_back_whole",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_decisions_change", exclude=DECISION_FIELDS),
            pgtrigger.Protect(
                name="decided_is_final",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="pending") & pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            ),
            pgtrigger.Protect(
                name="taken_back_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taken_back_at__isnull=False),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"+{self.points} {self.reason}"
