"""What a sponsor gives: how many cards, for what, for whom."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Courier, Enterprise, Organisation
from vouchers.querysets import ProgrammeQuerySet, WaitingQuerySet
from vouchers.states import UNCOUNTED


class Programme(models.Model):
    """A sponsor's gift of check-ups at a centre. `issued` is kept by a trigger of the vouchers, whoever writes them."""

    name = models.CharField("名称", max_length=60)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="主办", help_text="谁来发放，一般是区"
    )
    sponsor = models.CharField("赞助单位", max_length=60)
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="体检中心")
    address = models.CharField("体检地址", max_length=120)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    face_value = models.PositiveIntegerField("面值（元）")
    quota = models.PositiveIntegerField("总名额")
    issued = models.PositiveIntegerField("已发放", default=0, editable=False)
    valid_from = models.DateField("开始日期")
    valid_until = models.DateField("截止日期")
    needs_verified = models.BooleanField("须已核验", default=True)
    needs_honour = models.CharField(
        "须有荣誉", max_length=30, blank=True, help_text="如 优秀快递员；留空不限"
    )  # fmt: skip
    excludes_served = models.BooleanField("以前体检过的不发", default=False)
    is_active = models.BooleanField("启用", default=True)
    is_example = models.BooleanField("示例", default=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "体检项目"
        verbose_name_plural = "体检项目"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="programme_has_a_name"),
            models.CheckConstraint(condition=Q(issued__lte=F("quota")), name="programme_issued_within_quota"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="programme_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int:
        return self.quota - self.issued


class Item(models.Model):
    """One examination of a programme, in the order in which the centre goes through them."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="items", verbose_name="体检项目")
    order = models.PositiveSmallIntegerField("顺序")
    name = models.CharField("名称", max_length=20)

    class Meta:
        verbose_name = "检查项目"
        verbose_name_plural = "检查项目"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="item_once_in_programme"),
            models.CheckConstraint(condition=~Q(name=""), name="item_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


_UNCOUNTED = ", ".join(f"'{state.value}'" for state in UNCOUNTED)

# Whoever writes places of an enterprise: what its couriers have got already counts against them.
_COUNT = f"""
    NEW.issued := (
        SELECT count(*) FROM vouchers_voucher WHERE programme_id = NEW.programme_id
            AND enterprise_id = NEW.enterprise_id AND state NOT IN ({_UNCOUNTED})
    );
    RETURN NEW;
"""


class Allotment(models.Model):
    """How many cards of a programme the couriers of an enterprise may get. A programme without any is for all."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="allotments", verbose_name="体检项目")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业")
    places = models.PositiveIntegerField("名额")
    issued = models.PositiveIntegerField("已发放", default=0, editable=False)

    class Meta:
        verbose_name = "企业名额"
        verbose_name_plural = "企业名额"
        constraints = [
            models.UniqueConstraint(fields=["programme", "enterprise"], name="allotment_once_per_enterprise"),
            models.CheckConstraint(condition=Q(issued__lte=F("places")), name="allotment_issued_within_places"),
        ]
        triggers = [
            pgtrigger.Trigger(name="counted", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_COUNT),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} {self.places}"


class Waiting(models.Model):
    """A courier who gets a card of a programme when a place comes back. The row goes when he has it or leaves."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="waiting", verbose_name="体检项目")
    courier = models.ForeignKey(Courier, models.CASCADE, related_name="+", verbose_name="快递小哥")
    at = models.DateTimeField("登记时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False
    )

    objects = WaitingQuerySet.as_manager()

    class Meta:
        verbose_name = "候补"
        verbose_name_plural = "候补名单"
        constraints = [models.UniqueConstraint(fields=["programme", "courier"], name="waiting_once_per_programme")]
        indexes = [models.Index(fields=["programme", "at", "id"], name="waiting_in_turn")]

    def __str__(self) -> str:
        return f"{self.programme} {self.courier_id}"
