"""A good deed that a courier did unasked, and tells of."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Courier, Organisation
from activities.querysets import DeedQuerySet
from activities.states import DeedState

LONGEST = 8 * 60  # minutes of one deed


class Deed(models.Model):
    """What he did, when, how long, and who saw it. Somebody else reviews it."""

    courier = models.ForeignKey(Courier, models.PROTECT, related_name="deeds", verbose_name="快递小哥")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="由谁审核")
    state = models.CharField("状态", max_length=10, choices=DeedState, default=DeedState.SUBMITTED, editable=False)
    text = models.TextField("做了什么", max_length=500)
    place = models.CharField("在哪里", max_length=120)
    happened_on = models.DateField("哪一天")
    minutes = models.PositiveSmallIntegerField("用了多久（分钟）")
    witness = models.CharField("谁看见了", max_length=60)
    told_at = models.DateTimeField("上报时间")
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )
    reason = models.CharField("原因", max_length=200, blank=True)
    points = models.PositiveSmallIntegerField("所得积分", default=0)

    objects = DeedQuerySet.as_manager()

    class Meta:
        verbose_name = "好事"
        verbose_name_plural = "好事"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeedState.values), name="deed_state_known"),
            models.CheckConstraint(condition=Q(minutes__range=(1, LONGEST)), name="deed_minutes_plausible"),
            models.CheckConstraint(
                condition=Q(state=DeedState.SUBMITTED, decided_at=None, decided_by=None, points=0)
                | ~Q(state=DeedState.SUBMITTED) & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="deed_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("courier")), name="deed_not_by_himself"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeedState.REJECTED) | ~Q(reason="") & Q(points=0), name="deed_rejected_with_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "told_at", "id"], condition=Q(state="submitted"), name="deed_to_review"
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["courier", "happened_on", "minutes", "told_at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decided_at__isnull=False)
                & (
                    pgtrigger.Q(new__state__df=pgtrigger.F("old__state"))
                    | pgtrigger.Q(new__points__df=pgtrigger.F("old__points"))
                    | pgtrigger.Q(new__decided_by__df=pgtrigger.F("old__decided_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.happened_on:%m-%d} {self.text[:20]}"

    def get_absolute_url(self) -> str:
        return reverse("deed", args=[self.pk])
