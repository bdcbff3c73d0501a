"""The books. How they are written and what the database itself refuses stands at the top of `ledger.py`."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from points.querysets import EntryQuerySet, HoldQuerySet

POINTS = "points"
"""The unit of a courier's account; a station's stock of a gift is counted in the unit `gift:<code>`."""

YEARS_KEPT = 5
"""Years of earning that a balance remembers, this one included, so points live at most four years after theirs."""

GOODS = ["stock", "supplier", "handed_out", "written_off", "counted"]
"""The kinds of account that are kept in pieces of a gift."""


class Account(models.Model):
    """Somebody or something that points or pieces come from and go to. Never changed, never deleted."""

    class Kind(models.TextChoices):
        COURIER = "courier", "快递小哥"
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
        COUNTED = "counted", "盘点差异"

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
                condition=Q(kind__in=GOODS, unit__startswith="gift:") | (~Q(kind__in=GOODS) & Q(unit=POINTS)),
                name="account_unit_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.owner_id or self.period or ''} {self.unit}"


def nothing_earned() -> list[int]:
    return [0] * YEARS_KEPT


class Balance(models.Model):
    """What a courier or a stock account holds; changed by `points_post` only, under the lock of this row.

    `earned` is what a courier earned in `earned_year` and in the four years before it, the newest first, less what was
    taken back: what he has beyond the years that count is older, and expires. `held` is the sum of his open holds.
    """

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, verbose_name="账户")
    posted = models.BigIntegerField("余额", default=0)
    held = models.BigIntegerField("占用", default=0)
    version = models.BigIntegerField(default=0)
    overdraft = models.BooleanField("透支", default=False)
    earned_year = models.SmallIntegerField(default=0)
    earned = ArrayField(models.BigIntegerField(), size=YEARS_KEPT, default=nothing_earned)

    class Meta:
        verbose_name = "余额"
        verbose_name_plural = "余额"
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0), name="balance_held_not_negative"),
            models.CheckConstraint(
                condition=Q(overdraft=True) | Q(held__lte=F("posted")), name="balance_available_not_negative"
            ),
            models.CheckConstraint(condition=Q(version__gte=0), name="balance_version_not_negative"),
            models.CheckConstraint(condition=Q(earned__len=YEARS_KEPT), name="balance_remembers_five_years"),
        ]

    def __str__(self) -> str:
        return f"{self.posted}"

    @property
    def available(self) -> int:
        return self.posted - self.held

    def earned_since(self, year: int) -> int:
        """Points earned in `year` and later, less those taken back."""
        return sum(self.earned[: max(0, self.earned_year - year + 1)])


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


class Hold(models.Model):
    """Points or pieces of an account that are promised and cannot be spent until the promise is kept, ended or over."""

    class Resolution(models.TextChoices):
        POSTED = "posted", "已兑现"
        VOIDED = "voided", "已取消"
        EXPIRED = "expired", "已过期"

    account = models.ForeignKey(Account, models.PROTECT, related_name="holds", db_index=False, verbose_name="账户")
    amount = models.BigIntegerField("数额")
    source_kind = models.CharField("来源", max_length=24)
    source_key = models.CharField("来源编号", max_length=64)
    created_at = models.DateTimeField("时间")
    expires_at = models.DateTimeField("到期")
    resolved_at = models.DateTimeField("结束", null=True)
    resolution = models.CharField("结果", max_length=8, blank=True, choices=Resolution)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = "占用"
        verbose_name_plural = "占用"
        constraints = [
            models.UniqueConstraint(fields=["source_kind", "source_key", "account"], name="hold_once_per_source"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_holds_something"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolution="")
                | Q(resolved_at__isnull=False, resolution__in=["posted", "voided", "expired"]),
                name="hold_resolved_whole",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="hold_ends_after_start"),
        ]
        # Read by the check that what an account holds is the sum of its open holds.
        indexes = [models.Index(fields=["account"], condition=Q(resolved_at=None), name="hold_open")]
        triggers = [
            pgtrigger.ReadOnly(name="only_resolution_changes", exclude=["resolved_at", "resolution"]),
            pgtrigger.Protect(
                name="resolved_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__resolved_at__isnull=False),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class ClosedDay(models.Model):
    """A Shanghai day whose totals are folded; the database takes no transfer of that day or an earlier one any more."""

    day = models.DateField("日期", primary_key=True)
    closed_at = models.DateTimeField("结账时间")

    class Meta:
        verbose_name = "已结账日"
        verbose_name_plural = "已结账日"
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.day}"


class DayTotal(models.Model):
    """What an account without a balance moved on a closed day: `received` came to it, `given` left it (both >= 0)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="day_totals", db_index=False, verbose_name="账户")
    day = models.DateField("日期")
    received = models.BigIntegerField("收入")
    given = models.BigIntegerField("支出")

    class Meta:
        verbose_name = "日合计"
        verbose_name_plural = "日合计"
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="day_total_once"),
            models.CheckConstraint(condition=Q(received__gte=0, given__gte=0), name="day_total_not_negative"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.day} {self.received - self.given:+d}"
