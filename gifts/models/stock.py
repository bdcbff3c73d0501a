"""What came into and left a station's stock, and what was counted on its shelves.

How many pieces lie where is not kept here: stock is an account of the books (`points`), in the unit of the gift.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from gifts.models.catalogue import Gift
from gifts.querysets import MovementQuerySet, StockTakeQuerySet
from gifts.states import LIVE_STOCK_TAKES, MovementKind, StockTakeState
from points.models import Transfer
from stations.models import Station

LARGEST_QUANTITY = 10_000


class StockTake(models.Model):
    """A count of what lies at a station: written down by the counter, confirmed by it, posted by street or district."""

    number = models.CharField("单号", max_length=12, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="stock_takes", verbose_name="蜂巢")
    state = models.CharField("状态", max_length=10, choices=StockTakeState, default=StockTakeState.DRAFT)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="开始人")
    begun_at = models.DateTimeField("开始时间")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审定人"
    )
    ended_at = models.DateTimeField("审定时间", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    objects = StockTakeQuerySet.as_manager()

    class Meta:
        verbose_name = "盘点"
        verbose_name_plural = "盘点"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=StockTakeState.values), name="stock_take_state_known"),
            models.UniqueConstraint(
                fields=["station"], condition=Q(state__in=LIVE_STOCK_TAKES), name="stock_take_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state=StockTakeState.DRAFT, confirmed_by=None, confirmed_at=None, ended_by=None)
                | Q(
                    state=StockTakeState.CONFIRMED,
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    ended_by=None,
                )
                | Q(state=StockTakeState.FINAL, confirmed_by__isnull=False, ended_by__isnull=False)
                | Q(state=StockTakeState.CANCELLED, ended_by__isnull=False),
                name="stock_take_moves_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(state=StockTakeState.FINAL) | ~Q(ended_by=F("confirmed_by")),
                name="stock_take_posted_by_another",
            ),
        ]
        indexes = [models.Index(fields=["station", "-begun_at"], name="stock_take_of_station")]  # the desk's list
        triggers = [
            pgtrigger.ReadOnly(name="only_state_changes", fields=["number", "station", "begun_by", "begun_at"]),
            pgtrigger.Protect(
                name="ended_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["final", "cancelled"]),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number


class Movement(models.Model):
    """Pieces that came into a station's stock or left it, other than by a hand-over.

    A count has what was found as its `quantity`, and the `difference` to the books that it posted; where there was
    none it posted nothing.
    """

    number = models.CharField("单号", max_length=12, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="movements", verbose_name="蜂巢")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="movements", verbose_name="礼品")
    kind = models.CharField("类别", max_length=12, choices=MovementKind)
    quantity = models.PositiveIntegerField("数量")
    to_station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="调往"
    )
    difference = models.IntegerField("盘点差异", null=True, blank=True)
    stock_take = models.ForeignKey(
        StockTake, models.PROTECT, null=True, blank=True, related_name="movements", verbose_name="盘点"
    )
    note = models.CharField("备注", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, null=True, blank=True, related_name="movement", verbose_name="记账"
    )

    objects = MovementQuerySet.as_manager()

    class Meta:
        verbose_name = "出入库"
        verbose_name_plural = "出入库"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="movement_kind_known"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=LARGEST_QUANTITY)
                | Q(kind=MovementKind.COUNTED, quantity__gte=0, quantity__lte=LARGEST_QUANTITY),
                name="movement_quantity_in_range",
            ),
            models.CheckConstraint(
                condition=(Q(kind=MovementKind.COUNTED, difference__isnull=False))
                | (~Q(kind=MovementKind.COUNTED) & Q(difference=None, stock_take=None)),
                name="movement_difference_when_counted",
            ),
            models.CheckConstraint(
                condition=Q(difference=0, transfer=None)
                | (Q(transfer__isnull=False) & (Q(difference=None) | ~Q(difference=0))),
                name="movement_posts_what_moved",
            ),
            models.CheckConstraint(
                condition=(Q(kind=MovementKind.TRANSFERRED, to_station__isnull=False) & ~Q(to_station=F("station")))
                | (~Q(kind=MovementKind.TRANSFERRED) & Q(to_station=None)),
                name="movement_to_another_station",
            ),
        ]
        indexes = [models.Index(fields=["station", "gift", "-at"], name="movement_of_gift")]  # a gift's stock card
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class StockTakeLine(models.Model):
    """What was counted of one gift, beside what the books said at that moment: so an open counter disturbs no count."""

    stock_take = models.ForeignKey(StockTake, models.PROTECT, related_name="lines", db_index=False, verbose_name="盘点")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="+", verbose_name="礼品")
    counted = models.PositiveIntegerField("实盘")
    expected = models.PositiveIntegerField("账面")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="盘点人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "盘点明细"
        verbose_name_plural = "盘点明细"
        constraints = [
            models.UniqueConstraint(fields=["stock_take", "gift"], name="stock_take_line_once_per_gift"),
            models.CheckConstraint(condition=Q(counted__lte=LARGEST_QUANTITY), name="stock_take_line_in_range"),
        ]
        triggers = [
            # Once confirmed, a count stays as it was confirmed.
            pgtrigger.Trigger(
                name="only_in_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("v_state", "text")],
                func="""
                    SELECT state INTO v_state FROM gifts_stocktake
                        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.stock_take_id ELSE NEW.stock_take_id END;
                    IF v_state <> 'draft' THEN
                        RAISE EXCEPTION 'the lines of a % stock-take do not change', v_state
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_take_line_only_in_draft';
                    END IF;
                    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gift} {self.counted}"

    @property
    def difference(self) -> int:
        return self.counted - self.expected
