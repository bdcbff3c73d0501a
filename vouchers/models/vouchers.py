"""A card, and its way from the sponsor's gift to a morning at the clinic."""

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Courier, Enterprise
from vouchers.models.programmes import Item, Programme
from vouchers.querysets import VoucherQuerySet
from vouchers.states import TONES, UNCOUNTED, Party, VoucherState

if TYPE_CHECKING:
    from vouchers.models.bookings import Booking

_UNCOUNTED = ", ".join(f"'{state.value}'" for state in UNCOUNTED)

# Whoever writes a voucher, by whatever statement: the counts of its programme and of its enterprise's places follow,
# and their constraints refuse what would be one too many.
_COUNT = f"""
    step := (NEW.state NOT IN ({_UNCOUNTED}))::int;
    IF TG_OP = 'UPDATE' THEN
        step := step - (OLD.state NOT IN ({_UNCOUNTED}))::int;
    END IF;
    IF step <> 0 THEN
        UPDATE vouchers_programme SET issued = issued + step WHERE id = NEW.programme_id;
        UPDATE vouchers_allotment SET issued = issued + step
        WHERE programme_id = NEW.programme_id AND enterprise_id = NEW.enterprise_id;
    END IF;
    RETURN NEW;
"""


class Voucher(models.Model):
    """One card of a programme for one courier. `vouchers.services` alone changes it."""

    code = models.CharField("卡号", max_length=12, unique=True)
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="vouchers", verbose_name="体检项目", db_index=False
    )
    courier = models.ForeignKey(
        Courier, models.PROTECT, related_name="vouchers", verbose_name="快递小哥", db_index=False
    )
    # Whose places it took: the enterprise he rode for when he got it.
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="企业", db_index=False
    )
    state = models.CharField("状态", max_length=10, choices=VoucherState, default=VoucherState.ISSUED)
    issued_at = models.DateTimeField("发放时间")
    valid_until = models.DateField("有效期至")
    no_shows = models.PositiveSmallIntegerField("未到次数", default=0)
    checked_in_at = models.DateTimeField("报到时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    updated_at = models.DateTimeField("最近变动")

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = "体检卡"
        verbose_name_plural = "体检卡"
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "courier"],
                condition=~Q(state__in=[state.value for state in UNCOUNTED]),
                name="voucher_one_live_each",
            ),
            models.CheckConstraint(condition=Q(state__in=VoucherState.values), name="voucher_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["checked_in", "completed", "partial"], checked_in_at__isnull=False)
                | ~Q(state__in=["checked_in", "completed", "partial"]),
                name="voucher_checked_in_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "booked", "checked_in"], ended_at=None)
                | ~Q(state__in=["issued", "booked", "checked_in"]) & Q(ended_at__isnull=False),
                name="voucher_over_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["courier", "-issued_at"], name="voucher_of_courier"),
            models.Index(fields=["programme", "state", "-issued_at"], name="voucher_of_programme"),  # lists, figures
            models.Index(fields=["valid_until"], condition=Q(state="issued"), name="voucher_to_expire"),
            models.Index(fields=["checked_in_at"], condition=Q(state="checked_in"), name="voucher_to_complete"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["code", "programme", "courier", "enterprise", "issued_at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="counted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("step", "integer")],
                func=_COUNT,
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("voucher", args=[self.code])

    @property
    def live_booking(self) -> "Booking | None":
        """Of rows read `with_bookings` without asking again."""
        return next((booking for booking in self.bookings.all() if not booking.outcome), None)

    @property
    def tone(self) -> str:
        return TONES[VoucherState(self.state)]


class Tick(models.Model):
    """An item that was done, when, and by whom. Done or not done only: no result is ever stored."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="ticks", verbose_name="体检卡")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="检查项目", db_index=False)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁", db_index=False
    )

    class Meta:
        verbose_name = "勾选"
        verbose_name_plural = "勾选"
        constraints = [models.UniqueConstraint(fields=["voucher", "item"], name="tick_once_per_item")]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.item}"


class Step(models.Model):
    """One move of a voucher: its history. Never changed."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="steps", verbose_name="体检卡", db_index=False)
    move = models.CharField("动作", max_length=12)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="谁", db_index=False,
    )  # fmt: skip
    party = models.CharField("身份", max_length=8, choices=Party)
    state_after = models.CharField("之后的状态", max_length=10, choices=VoucherState)
    text = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "体检卡记录"
        verbose_name_plural = "体检卡记录"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(party__in=Party.values), name="voucher_step_party_known")]
        indexes = [models.Index(fields=["voucher", "id"], name="step_of_voucher")]
        triggers = [
            pgtrigger.ReadOnly(name="never_changed"),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.move}"
