"""What many wished for becomes a better station."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stations.models import Station
from wishes.querysets import ImprovementQuerySet


class Improvement(models.Model):
    """Something a station gets because many wished for it: 冰水 for all instead of a bottle for each. Its wishes are
    claimed by the station's own organisation and delivered together when it is there."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="improvements", verbose_name="蜂巢")
    title = models.CharField("改进什么", max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="决定人", db_index=False
    )
    at = models.DateTimeField("决定时间")
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    note = models.CharField("完成说明", max_length=300, blank=True)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        verbose_name = "蜂巢改进"
        verbose_name_plural = "蜂巢改进"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="improvement_has_a_title"),
            models.CheckConstraint(
                condition=Q(done_at=None, note="") | Q(done_at__isnull=False, done_at__gte=F("at")) & ~Q(note=""),
                name="improvement_done_says_how",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_end_changes", exclude=["done_at", "note"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.station.name} · {self.title}"
