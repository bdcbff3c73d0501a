"""Gifts that couriers have set aside from their phones."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Courier
from fengchao.core import clock
from gifts.models.catalogue import Gift
from gifts.models.redemptions import Redemption
from gifts.querysets import ReservationQuerySet
from gifts.states import ReservationState
from stations.models import Station


class Reservation(models.Model):
    """A gift set aside for a courier at a station: points and piece are held until he fetches it with his pickup code,
    cancels, or lets it lapse."""

    pickup_code = models.CharField("取货码", max_length=8, unique=True)
    courier = models.ForeignKey(Courier, models.PROTECT, related_name="reservations", verbose_name="快递小哥")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="reservations", verbose_name="礼品")
    station = models.ForeignKey(Station, models.PROTECT, related_name="reservations", verbose_name="蜂巢")
    points = models.PositiveIntegerField("积分")
    state = models.CharField("状态", max_length=12, choices=ReservationState, default=ReservationState.RESERVED)
    at = models.DateTimeField("预约时间")
    expires_at = models.DateTimeField("保留到")
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    redemption = models.OneToOneField(
        Redemption, models.PROTECT, null=True, blank=True, related_name="reservation", verbose_name="兑换"
    )

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = "预约"
        verbose_name_plural = "预约"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReservationState.values), name="reservation_state_known"),
            models.CheckConstraint(condition=Q(points__gt=0), name="reservation_costs_points"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("at")), name="reservation_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state=ReservationState.RESERVED, ended_at=None, redemption=None)
                | Q(state=ReservationState.HANDED_OVER, ended_at__isnull=False, redemption__isnull=False)
                | Q(
                    state__in=[ReservationState.CANCELLED, ReservationState.EXPIRED],
                    ended_at__isnull=False,
                    redemption=None,
                ),
                name="reservation_ended_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["courier", "-at"], name="reservation_of_courier"),  # his own list, and the limit
            # Read by the round that ends what is over.
            models.Index(fields=["expires_at"], condition=Q(state="reserved"), name="reservation_due"),
            models.Index(fields=["station", "-at"], name="reservation_of_station"),  # the desk's list
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_end_changes", exclude=["state", "ended_at", "redemption"]),
            pgtrigger.Protect(
                name="ended_is_final", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="reserved")
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        """Without the code: whoever knows it fetches the gift, and staff need not."""
        return f"{self.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"

    def waits(self, at: datetime) -> bool:
        return self.state == ReservationState.RESERVED and at < self.expires_at
