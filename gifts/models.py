"""Gifts, what was handed over for points, and what came into and left a station's stock.

How many pieces lie where is not kept here: stock is an account of the books (`points`), in the unit of the gift.
"""

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Courier
from fengchao.core.models import Photo
from gifts.querysets import AtStation, GiftQuerySet, RedemptionQuerySet
from gifts.states import MovementKind, RedemptionState
from points.models import Transfer
from stations.models import Station

ANNUL_FIELDS = ["state", "annulled_at", "annulled_by", "annul_reason", "annul_transfer"]
LARGEST_QUANTITY = 10_000


class Gift(models.Model):
    """A thing couriers can have for points."""

    code = models.SlugField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=30)
    points = models.PositiveIntegerField("所需积分")
    icon = models.CharField("图标", max_length=40, default="gift", help_text="lucide 图标名，没有照片时显示")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片")
    sponsor = models.CharField("赞助单位", max_length=60, blank=True)
    unit_cost = models.DecimalField("单价（元）", max_digits=8, decimal_places=2, null=True, blank=True)
    monthly_limit = models.PositiveSmallIntegerField("每人每月限兑", null=True, blank=True)
    on_sale_from = models.DateTimeField("上架时间", null=True, blank=True)
    on_sale_until = models.DateTimeField("下架时间", null=True, blank=True)
    is_active = models.BooleanField("启用", default=True)

    # Annotated by `GiftQuerySet.with_stock`.
    on_hand: int
    reserved: int

    objects = GiftQuerySet.as_manager()

    class Meta:
        verbose_name = "礼品"
        verbose_name_plural = "礼品"
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="gift_costs_points"),
            models.CheckConstraint(
                condition=Q(monthly_limit=None) | Q(monthly_limit__gt=0), name="gift_limit_positive"
            ),
            models.CheckConstraint(condition=Q(unit_cost=None) | Q(unit_cost__gte=0), name="gift_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(on_sale_from=None) | Q(on_sale_until=None) | Q(on_sale_until__gt=models.F("on_sale_from")),
                name="gift_on_sale_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_on_sale(self, at: datetime) -> bool:
        began = self.on_sale_from is None or self.on_sale_from <= at
        over = self.on_sale_until is not None and self.on_sale_until <= at
        return self.is_active and began and not over


class Redemption(models.Model):
    """A gift handed to a courier for his points. It can be annulled once; nothing else of it ever changes."""

    number = models.CharField("单号", max_length=12, unique=True)
    courier = models.ForeignKey(Courier, models.PROTECT, related_name="redemptions", verbose_name="骑手")
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
    """A hand-over that a rule refused, and which rule it was."""

    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    courier = models.ForeignKey(Courier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="骑手")
    gift = models.ForeignKey(Gift, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="礼品")
    station = models.ForeignKey(Station, models.PROTECT, related_name="refused_attempts", verbose_name="蜂巢")
    code = models.CharField("原因代码", max_length=40)
    detail = models.CharField("说明", max_length=200)

    objects = AtStation.as_manager()

    class Meta:
        verbose_name = "未成功的兑换"
        verbose_name_plural = "未成功的兑换"
        indexes = [models.Index(fields=["station", "-at"], name="refused_of_day")]  # the counter's list of today
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"


class Movement(models.Model):
    """Pieces that came into a station's stock or left it, other than by a hand-over."""

    number = models.CharField("单号", max_length=12, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="movements", verbose_name="蜂巢")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="movements", verbose_name="礼品")
    kind = models.CharField("类别", max_length=12, choices=MovementKind)
    quantity = models.PositiveIntegerField("数量")
    to_station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="调往"
    )
    note = models.CharField("备注", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="movement", verbose_name="记账")

    objects = AtStation.as_manager()

    class Meta:
        verbose_name = "出入库"
        verbose_name_plural = "出入库"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="movement_kind_known"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=LARGEST_QUANTITY), name="movement_quantity_in_range"
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind=MovementKind.TRANSFERRED, to_station__isnull=False) & ~Q(to_station=models.F("station"))
                )
                | (~Q(kind=MovementKind.TRANSFERRED) & Q(to_station=None)),
                name="movement_to_another_station",
            ),
        ]
        indexes = [models.Index(fields=["station", "gift", "-at"], name="movement_of_gift")]  # a gift's stock card
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
