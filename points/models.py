"""The books. How they are written and what the database itself refuses stands at the top of `ledger.py`."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Courier
from points.querysets import EntryQuerySet, GrantQuerySet, RuleQuerySet

POINTS = "points"
"""The unit of a courier's account; a station's stock of a gift is counted in the unit `gift:<code>`."""


class Account(models.Model):
    """Somebody or something that points or pieces come from and go to. Never changed, never deleted."""

    class Kind(models.TextChoices):
        COURIER = "courier", "骑手"
        MANUAL = "manual", "人工发放"
        REPORTS = "reports", "随手拍"
        DEEDS = "deeds", "用心做"
        CHECKINS = "checkins", "到站签到"
        GIFTS = "gifts", "兑换礼品"
        EXPIRED = "expired", "过期"
        STOCK = "stock", "库存"
        SUPPLIER = "supplier", "入库来源"
        HANDED_OUT = "handed_out", "已发放礼品"
        WRITTEN_OFF = "written_off", "报损"

    kind = models.CharField("类别", max_length=16, choices=Kind)
    unit = models.CharField("单位", max_length=48, default=POINTS)
    # The courier's or the station's id, 0 for programmes: a plain number, because the books know no station.
    owner_id = models.BigIntegerField("所有者", default=0)
    period = models.SmallIntegerField("年度", default=0)
    # Only what must not go below zero keeps its sum in a row; a programme's would be the hottest row of all.
    cached = models.BooleanField(default=False)

    class Meta:
        verbose_name = "账户"
        verbose_name_plural = "账户"
        constraints = [
            models.UniqueConstraint(fields=["kind", "unit", "owner_id", "period"], name="account_once"),
            # What an entry's (account, unit) refers to, so an entry cannot be in another unit than its account.
            models.UniqueConstraint(fields=["id", "unit"], name="account_has_one_unit"),
            models.CheckConstraint(
                condition=Q(cached=True, kind__in=["courier", "stock"])
                | (Q(cached=False) & ~Q(kind__in=["courier", "stock"])),
                name="account_cached_when_limited",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["courier", "stock"], owner_id__gt=0)
                | (~Q(kind__in=["courier", "stock"]) & Q(owner_id=0)),
                name="account_owner_when_limited",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["stock", "supplier", "handed_out", "written_off"], unit__startswith="gift:")
                | (~Q(kind__in=["stock", "supplier", "handed_out", "written_off"]) & Q(unit=POINTS)),
                name="account_unit_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.owner_id or self.period or ''} {self.unit}"


class Balance(models.Model):
    """What a courier or a stock account holds; changed by `points_post` only, under the lock of this row.

    `earned` is what was earned in `earned_year`: the rest is older, and so expires first.
    """

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, verbose_name="账户")
    posted = models.BigIntegerField("余额", default=0)
    held = models.BigIntegerField("占用", default=0)
    version = models.BigIntegerField(default=0)
    overdraft = models.BooleanField("透支", default=False)
    earned_year = models.SmallIntegerField(default=0)
    earned = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "余额"
        verbose_name_plural = "余额"
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0), name="balance_held_not_negative"),
            models.CheckConstraint(
                condition=Q(overdraft=True) | Q(held__lte=F("posted")), name="balance_available_not_negative"
            ),
            models.CheckConstraint(condition=Q(version__gte=0), name="balance_version_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.posted}"

    @property
    def available(self) -> int:
        return self.posted - self.held


class Transfer(models.Model):
    """One movement between accounts, with where it came from. Written once; corrected by a reversing one."""

    kind = models.CharField("类别", max_length=32)
    title = models.CharField("摘要", max_length=80, blank=True)
    actor_id = models.BigIntegerField("经办人", null=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by", verbose_name="冲正")
    source_kind = models.CharField("来源", max_length=24)
    source_key = models.CharField("来源编号", max_length=64)
    source_round = models.PositiveSmallIntegerField(default=0)
    rule_version = models.PositiveIntegerField("规则版本", null=True)
    created_at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "流水"
        verbose_name_plural = "流水"
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_key", "source_round", "kind"], name="transfer_once_per_source"
            ),
            models.CheckConstraint(
                condition=~Q(kind="") & ~Q(source_kind="") & ~Q(source_key=""), name="transfer_names_its_source"
            ),
            models.CheckConstraint(
                condition=Q(reverses=None) | ~Q(reverses=F("id")), name="transfer_does_not_reverse_itself"
            ),
        ]
        # Read by figures: what was issued and redeemed since a day.
        indexes = [BrinIndex(fields=["created_at"], name="transfer_created_at")]

    def __str__(self) -> str:
        return self.title or self.kind


class Entry(models.Model):
    """One account's side of a transfer. For cached accounts with the balance after it, numbered without a gap."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="entries", verbose_name="流水")
    # The constraint is on (account, unit) together, and the unique index below serves look-ups by account.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="entries", db_constraint=False, db_index=False, verbose_name="账户"
    )
    unit = models.CharField("单位", max_length=48)
    amount = models.BigIntegerField("数额")
    balance_after = models.BigIntegerField("余额", null=True)
    version = models.BigIntegerField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "分录"
        verbose_name_plural = "分录"
        constraints = [
            # Also the index of the statement, and proof that no update of a balance was lost or doubled.
            models.UniqueConstraint(fields=["account", "version"], name="entry_once_per_version"),
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
            models.CheckConstraint(
                condition=Q(version=None, balance_after=None) | Q(version__gt=0, balance_after__isnull=False),
                name="entry_balance_with_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"


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
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="earning_rule_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} +{self.points}"


class RefusedAward(models.Model):
    """An award that a cap left nothing of: the event went on, the courier can be told why."""

    courier = models.ForeignKey(Courier, models.CASCADE, related_name="+", verbose_name="骑手")
    event = models.SlugField("事件", max_length=32)
    code = models.CharField("原因", max_length=32)
    source_kind = models.CharField(max_length=24)
    source_key = models.CharField(max_length=64)
    source_round = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField("时间")

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


class Grant(models.Model):
    """Points that a clerk gives a courier by hand, with a reason."""

    class State(models.TextChoices):
        POSTED = "posted", "已入账"
        PENDING = "pending", "待审核"
        REJECTED = "rejected", "已驳回"

    courier = models.ForeignKey(Courier, models.PROTECT, related_name="grants", verbose_name="骑手")
    points = models.PositiveIntegerField("积分")
    reason = models.CharField("事由", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, blank=True, verbose_name="流水")

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
        ]

    def __str__(self) -> str:
        return f"+{self.points} {self.reason}"
