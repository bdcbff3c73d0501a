"""What couriers can have for points, and what they would like to."""

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Courier
from fengchao.core.models import Photo
from gifts.querysets import GiftQuerySet, SuggestionQuerySet
from gifts.states import SuggestionState


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
    low_stock = models.PositiveSmallIntegerField("剩几件时提醒补货", default=5)
    is_active = models.BooleanField("启用", default=True)

    # Annotated by `GiftQuerySet.with_stock`.
    on_hand: int
    reserved: int
    came: bool

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
        triggers = [pgtrigger.ReadOnly(name="code_stays", fields=["code"])]  # the unit of its stock

    def __str__(self) -> str:
        return self.name

    def is_on_sale(self, at: datetime) -> bool:
        began = self.on_sale_from is None or self.on_sale_from <= at
        over = self.on_sale_until is not None and self.on_sale_until <= at
        return self.is_active and began and not over


class Suggestion(models.Model):
    """A gift that a courier would like to see on the shelf, and what the district says to it."""

    courier = models.ForeignKey(Courier, models.CASCADE, related_name="suggestions", verbose_name="快递小哥")
    text = models.CharField("想要的礼品", max_length=60)
    at = models.DateTimeField("时间")
    state = models.CharField("状态", max_length=10, choices=SuggestionState, default=SuggestionState.NEW)
    reply = models.CharField("回复", max_length=200, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="回复人"
    )
    answered_at = models.DateTimeField("回复时间", null=True, blank=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = "礼品建议"
        verbose_name_plural = "礼品建议"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SuggestionState.values), name="suggestion_state_known"),
            models.CheckConstraint(condition=~Q(text=""), name="suggestion_says_something"),
            models.CheckConstraint(
                condition=Q(state=SuggestionState.NEW, answered_by=None, answered_at=None)
                | (~Q(state=SuggestionState.NEW) & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="suggestion_answered_whole",
            ),
        ]
        indexes = [models.Index(fields=["courier", "-at"], name="suggestion_of_courier")]  # his own list, and its limit

    def __str__(self) -> str:
        return self.text
