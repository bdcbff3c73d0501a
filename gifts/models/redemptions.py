"""What was handed over, what was refused, and what was written on paper while the system was away."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Courier
from gifts.models.catalogue import Gift
from gifts.querysets import PaperSlipQuerySet, RedemptionQuerySet, RefusedAttemptQuerySet
from gifts.states import Attempt, RedemptionState, SlipState
from points.models import Transfer
from stations.models import Station

ANNUL_FIELDS = ["state", "annulled_at", "annulled_by", "annul_reason", "annul_transfer"]


class Redemption(models.Model):
    """A gift handed to a courier for his points. It can be annulled once; nothing else of it ever changes."""

    number = models.CharField("单号", max_length=12, unique=True)
    courier = models.ForeignKey(Courier, models.PROTECT, related_name="redemptions", verbose_name="快递小哥")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="redemptions", verbose_name="礼品")
    station = models.ForeignKey(Station, models.PROTECT, related_name="redemptions", verbose_name="蜂巢")
    points = models.PositiveIntegerField("积分")
    state = models.CharField("状态", max_length=12, choices=RedemptionState, default=RedemptionState.HANDED_OVER)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="redemption", verbose_name="记账")
    annulled_at = models.DateTimeField("撤销时间", null=True, blank=True)
    annulled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤销人"
    )
    annul_reason = models.CharField("撤销原因", max_length=200, blank=True)
    annul_transfer = models.OneToOneField(
        Transfer, models.PROTECT, null=True, blank=True, related_name="annulled_redemption", verbose_name="冲销"
    )

    # What the courier had after the last transfer: set by the services, annotated by `RedemptionQuerySet.with_balance`.
    balance_after: int

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = "兑换"
        verbose_name_plural = "兑换"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RedemptionState.values), name="redemption_state_known"),
            models.CheckConstraint(condition=Q(points__gt=0), name="redemption_costs_points"),
            models.CheckConstraint(
                condition=Q(
                    state=RedemptionState.HANDED_OVER,
                    annulled_at=None,
                    annulled_by=None,
                    annul_reason="",
                    annul_transfer=None,
                )
                | (
                    Q(
                        state=RedemptionState.ANNULLED,
                        annulled_at__isnull=False,
                        annulled_by__isnull=False,
                        annul_transfer__isnull=False,
                    )
                    & ~Q(annul_reason="")
                ),
                name="redemption_annulled_whole",
            ),
            models.CheckConstraint(
                condition=Q(annul_transfer=None) | ~Q(annul_transfer=F("transfer")),
                name="redemption_annulled_by_another_transfer",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "-at"], name="redemption_of_day"),  # the counter's list of today
            models.Index(fields=["courier", "gift", "-at"], name="redemption_month"),  # the monthly limit
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_annul_changes", exclude=ANNUL_FIELDS),
            pgtrigger.Protect(
                name="annulled_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="annulled")
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number


class RefusedAttempt(models.Model):
    """A hand-over or a reservation that a rule refused, and which rule it was."""

    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    courier = models.ForeignKey(
        Courier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="快递小哥"
    )
    gift = models.ForeignKey(Gift, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="礼品")
    station = models.ForeignKey(Station, models.PROTECT, related_name="refused_attempts", verbose_name="蜂巢")
    attempt = models.CharField("办理", max_length=12, choices=Attempt, default=Attempt.REDEEM)
    code = models.CharField("原因代码", max_length=40)
    detail = models.CharField("说明", max_length=200)

    objects = RefusedAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = "未成功的兑换"
        verbose_name_plural = "未成功的兑换"
        indexes = [models.Index(fields=["station", "-at"], name="refused_of_day")]  # the counter's list of today
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"


class PaperSlip(models.Model):
    """A hand-over that only paper knew of during an outage: entered by the counter, posted when the street approves."""

    number = models.CharField("单号", max_length=12, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="paper_slips", verbose_name="蜂巢")
    courier = models.ForeignKey(Courier, models.PROTECT, related_name="+", verbose_name="快递小哥")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="+", verbose_name="礼品")
    handed_over_at = models.DateTimeField("交付时间")
    reason = models.CharField("补录原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="录入人")
    at = models.DateTimeField("录入时间")
    state = models.CharField("状态", max_length=10, choices=SlipState, default=SlipState.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    decision_note = models.CharField("审核意见", max_length=200, blank=True)
    redemption = models.OneToOneField(
        Redemption, models.PROTECT, null=True, blank=True, related_name="paper_slip", verbose_name="兑换"
    )

    objects = PaperSlipQuerySet.as_manager()

    class Meta:
        verbose_name = "纸质单补录"
        verbose_name_plural = "纸质单补录"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SlipState.values), name="slip_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="slip_has_a_reason"),
            models.CheckConstraint(condition=Q(handed_over_at__lt=F("at")), name="slip_entered_afterwards"),
            models.CheckConstraint(
                condition=Q(state=SlipState.PENDING, decided_by=None, decided_at=None, redemption=None)
                | Q(
                    state=SlipState.APPROVED,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    redemption__isnull=False,
                )
                | Q(state=SlipState.REJECTED, decided_by__isnull=False, decided_at__isnull=False, redemption=None),
                name="slip_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(by=F("courier"))
                & (Q(decided_by=None) | (~Q(decided_by=F("by")) & ~Q(decided_by=F("courier")))),
                name="slip_needs_two_others",
            ),
            models.UniqueConstraint(
                fields=["courier", "gift", "station", "handed_over_at"],
                condition=~Q(state=SlipState.REJECTED),
                name="slip_entered_once",
            ),
        ]
        indexes = [models.Index(fields=["station", "-at"], name="slip_of_station")]  # the desk's list
        triggers = [
            pgtrigger.ReadOnly(
                name="only_decision_changes",
                exclude=["state", "decided_by", "decided_at", "decision_note", "redemption"],
            ),
            pgtrigger.Protect(
                name="decided_is_final",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="pending"),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number
