"""What events earn, what an award was refused for, and what a programme may cost in a year."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Courier
from points.models.books import Account
from points.querysets import RefusedAwardQuerySet, RuleQuerySet


class EarningRule(models.Model):
    """What an event earns, within caps per courier. A change is a new version; old ones stay for the record."""

    event = models.SlugField("事件", max_length=32)
    version = models.PositiveIntegerField("版本", default=1)
    title = models.CharField("明细摘要", max_length=40)
    programme = models.CharField("项目", max_length=16, choices=Account.Kind)
    points = models.PositiveIntegerField("积分")
    day_cap = models.PositiveIntegerField("每日上限", null=True, blank=True)
    month_cap = models.PositiveIntegerField("每月上限", null=True, blank=True)
    valid_from = models.DateTimeField("生效", default=timezone.now)
    valid_until = models.DateTimeField("失效", null=True, blank=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "积分规则"
        verbose_name_plural = "积分规则"
        constraints = [
            models.UniqueConstraint(fields=["event", "version"], name="earning_rule_once_per_version"),
            models.CheckConstraint(condition=Q(points__gt=0), name="earning_rule_gives_something"),
            models.CheckConstraint(
                condition=Q(programme__in=["manual", "reports", "deeds", "checkins"]),
                name="earning_rule_names_a_programme",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="earning_rule_ends_after_start",
            ),
        ]
        triggers = [
            # What was earned by a version stays explained by it; a version can only be ended.
            pgtrigger.ReadOnly(name="only_its_end_changes", exclude=["valid_until"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.title} +{self.points}"


class RefusedAward(models.Model):
    """An award that a cap left nothing of: the event went on, the courier can be told why."""

    courier = models.ForeignKey(Courier, models.CASCADE, related_name="+", verbose_name="快递小哥")
    event = models.SlugField("事件", max_length=32)
    code = models.CharField("原因", max_length=32)
    source_kind = models.CharField(max_length=24)
    source_key = models.CharField(max_length=64)
    source_round = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField("时间")

    objects = RefusedAwardQuerySet.as_manager()

    class Meta:
        verbose_name = "未发放积分"
        verbose_name_plural = "未发放积分"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "source_kind", "source_key", "source_round"], name="refused_award_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.code}"


class Budget(models.Model):
    """What a programme may give in a year. A report and a warning, never a refusal."""

    programme = models.CharField("项目", max_length=16, choices=Account.Kind)
    year = models.PositiveSmallIntegerField("年度")
    points = models.PositiveBigIntegerField("积分")

    class Meta:
        verbose_name = "年度预算"
        verbose_name_plural = "年度预算"
        constraints = [
            models.UniqueConstraint(fields=["programme", "year"], name="budget_once_per_year"),
            models.CheckConstraint(
                condition=Q(programme__in=["manual", "reports", "deeds", "checkins"]), name="budget_names_a_programme"
            ),
            models.CheckConstraint(condition=Q(year__gte=2020, year__lte=2100), name="budget_year_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.get_programme_display()} {self.year}"
