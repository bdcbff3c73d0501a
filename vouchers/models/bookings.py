"""The centre's own line for a programme, and who takes which place in it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from fengchao.core import clock
from vouchers.models.programmes import Programme
from vouchers.models.vouchers import Voucher
from vouchers.querysets import BookingQuerySet, SlotQuerySet
from vouchers.states import Outcome

# Whoever writes a booking: the count of its slot follows, and its constraint refuses what would be one too many.
_COUNT = """
    IF TG_OP = 'UPDATE' AND (OLD.outcome = 'cancelled') <> (NEW.outcome = 'cancelled') THEN
        UPDATE vouchers_slot SET booked = booked + (CASE WHEN NEW.outcome = 'cancelled' THEN -1 ELSE 1 END)
        WHERE id = NEW.slot_id;
    ELSIF TG_OP = 'INSERT' AND NEW.outcome <> 'cancelled' THEN
        UPDATE vouchers_slot SET booked = booked + 1 WHERE id = NEW.slot_id;
    END IF;
    RETURN NEW;
"""


class Slot(models.Model):
    """A time on a day with so many places. `booked` is kept by a trigger of the bookings."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="slots", verbose_name="体检项目", db_index=False
    )
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    capacity = models.PositiveSmallIntegerField("人数")
    booked = models.PositiveSmallIntegerField("已约", default=0, editable=False)
    is_closed = models.BooleanField("停约", default=False)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = "时段"
        verbose_name_plural = "时段"
        constraints = [
            models.UniqueConstraint(fields=["programme", "starts_at"], name="slot_once_at_a_time"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="slot_ends_after_start"),
            models.CheckConstraint(condition=Q(booked__lte=F("capacity")), name="slot_booked_within_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}"

    @property
    def free(self) -> int:
        return self.capacity - self.booked


class Booking(models.Model):
    """A voucher's place in a slot. The one without an outcome is the live one."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="bookings", verbose_name="体检卡")
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="bookings", verbose_name="时段")
    at = models.DateTimeField("预约时间")
    outcome = models.CharField("结果", max_length=10, choices=Outcome, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    reminded_at = models.DateTimeField("提醒时间", null=True, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = "预约"
        verbose_name_plural = "预约"
        constraints = [
            models.UniqueConstraint(fields=["voucher"], condition=Q(outcome=""), name="booking_one_live_per_voucher"),
            models.CheckConstraint(condition=Q(outcome__in=["", *Outcome.values]), name="booking_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | ~Q(outcome="") & Q(ended_at__isnull=False),
                name="booking_over_has_its_time",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["voucher", "slot", "at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="counted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_COUNT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher} {self.slot}"


class SlotWaiting(models.Model):
    """A voucher that gets a place in a full slot when one comes free. The row goes when it has it or stops waiting."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="waiting", verbose_name="时段", db_index=False)
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="waiting", verbose_name="体检卡")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "时段候补"
        verbose_name_plural = "时段候补"
        constraints = [models.UniqueConstraint(fields=["slot", "voucher"], name="slot_waiting_once")]
        indexes = [models.Index(fields=["slot", "at", "id"], name="slot_waiting_in_turn")]

    def __str__(self) -> str:
        return f"{self.slot} {self.voucher}"
