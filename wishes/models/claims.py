"""Who stands for a wish."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from wishes.models.improvements import Improvement
from wishes.models.wishes import Wish
from wishes.querysets import ClaimQuerySet


class Claim(models.Model):
    """An organisation and a person of it took a wish on. The one that was not released is the live one: the one that
    is being worked on, or that lit the wish."""

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="claims", verbose_name="微心愿")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="认领单位", db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="认领人", db_index=False
    )
    improvement = models.ForeignKey(
        Improvement, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name="蜂巢改进"
    )
    at = models.DateTimeField("认领时间")
    # The clock of day 5 and day 7 runs from here: the claim, then each note.
    progress_at = models.DateTimeField("最近进展")
    warned_at = models.DateTimeField("提醒时间", null=True, blank=True)
    released_at = models.DateTimeField("退回时间", null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "认领"
        verbose_name_plural = "认领"
        constraints = [
            models.UniqueConstraint(fields=["wish"], condition=Q(released_at=None), name="claim_one_live_per_wish"),
            models.CheckConstraint(condition=Q(progress_at__gte=F("at")), name="claim_progress_after_claim"),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(released_at__gte=F("at")), name="claim_released_after_claim"
            ),
        ]
        indexes = [
            models.Index(fields=["progress_at"], condition=Q(released_at=None), name="claim_by_progress"),  # the clock
            models.Index(fields=["organisation", "-at"], name="claim_of_organisation"),  # its history, figures
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_times_change", exclude=["progress_at", "warned_at", "released_at"]),
            pgtrigger.Protect(
                name="released_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__released_at__isnull=False),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.wish_id} {self.organisation}"
