"""Kits that visitors carry to outlets, and how many of them an organisation has."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from activities.care_querysets import KitMovementQuerySet, KitStockQuerySet
from activities.care_states import MOST_PIECES, OF_A_VISIT, KitMove
from activities.models.care import CareVisit

# Whoever writes a movement, by whatever statement: the stock follows, and its constraint refuses what is not there.
# First the update: PostgreSQL would check a proposed row, with a number below zero, before it finds the conflict.
_FOLLOW = """
    IF NEW.visit_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM activities_carevisit v WHERE v.id = NEW.visit_id AND v.organisation_id = NEW.organisation_id
            AND v.state = 'done' AND v.contact = 'met'
    ) THEN
        RAISE EXCEPTION 'kits go with a visit of this organisation that met somebody' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE activities_kitstock SET on_hand = on_hand + NEW.number
    WHERE organisation_id = NEW.organisation_id AND kit_id = NEW.kit_id;
    IF NOT FOUND THEN
        INSERT INTO activities_kitstock AS stock (organisation_id, kit_id, on_hand)
        VALUES (NEW.organisation_id, NEW.kit_id, NEW.number)
        ON CONFLICT (organisation_id, kit_id) DO UPDATE SET on_hand = stock.on_hand + NEW.number;
    END IF;
    RETURN NEW;
"""


class Kit(models.Model):
    """A kind of kit, such as 消暑礼包, with what is in it."""

    name = models.CharField("名称", max_length=30, unique=True)
    contents = models.CharField("里面有什么", max_length=200, blank=True)
    is_active = models.BooleanField("在用", default=True)
    is_example = models.BooleanField("示例", default=False)

    class Meta:
        verbose_name = "慰问包"
        verbose_name_plural = "慰问包"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="kit_has_a_name")]

    def __str__(self) -> str:
        return self.name


class KitStock(models.Model):
    """How many kits of a kind an organisation has. Kept by a trigger of the movements."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="单位", db_index=False
    )
    kit = models.ForeignKey(Kit, models.PROTECT, related_name="stock", verbose_name="慰问包")
    on_hand = models.IntegerField("现有", editable=False)

    objects = KitStockQuerySet.as_manager()

    class Meta:
        verbose_name = "慰问包库存"
        verbose_name_plural = "慰问包库存"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kit"], name="kit_stock_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="kit_on_hand_not_negative"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kit} {self.on_hand}"


class KitMovement(models.Model):
    """Kits that came (above zero) or went (below). Never changed: what was wrong is corrected by another."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="单位", db_index=False
    )  # fmt: skip
    kit = models.ForeignKey(Kit, models.PROTECT, related_name="+", verbose_name="慰问包", db_index=False)
    kind = models.CharField("类别", max_length=10, choices=KitMove)
    number = models.IntegerField("数量")
    visit = models.ForeignKey(
        CareVisit, models.PROTECT, null=True, blank=True, related_name="kit_movements", verbose_name="走访"
    )
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人", db_index=False
    )
    at = models.DateTimeField("时间")

    objects = KitMovementQuerySet.as_manager()

    class Meta:
        verbose_name = "慰问包出入"
        verbose_name_plural = "慰问包出入"
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "kit"], condition=Q(kind=KitMove.HANDED_OUT), name="kit_handed_out_once_a_visit"
            ),
            models.CheckConstraint(condition=Q(kind__in=KitMove.values), name="kit_movement_kind_known"),
            models.CheckConstraint(
                condition=~Q(number=0) & Q(number__range=(-MOST_PIECES, MOST_PIECES)), name="kit_movement_moves_some"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OF_A_VISIT, visit__isnull=False) | ~Q(kind__in=OF_A_VISIT) & Q(visit=None),
                name="kit_movement_with_its_visit",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[KitMove.RECEIVED, KitMove.RETURNED], number__gt=0)
                | Q(kind=KitMove.HANDED_OUT, number__lt=0)
                | Q(kind__in=[KitMove.PASSED_ON, KitMove.CORRECTED]),
                name="kit_movement_goes_its_way",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "kit", "-at"], name="kit_movement_of_stock")]
        triggers = [
            pgtrigger.ReadOnly(name="never_changed"),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(name="followed", when=pgtrigger.After, operation=pgtrigger.Insert, func=_FOLLOW),
        ]

    def __str__(self) -> str:
        return f"{self.kit} {self.number:+d}"
