"""What people say about a station: a facility is broken, crowded or fine again; the data are right, or wrong."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stations.models.places import Facility, Station
from stations.querysets import ObservationQuerySet
from stations.states import DECIDED, CorrectionState, Kind, Subject, Value


class Observation(models.Model):
    """One thing that one person said at one moment. Never changed but for the decision on a correction, and for words
    that are erased with their author's account."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="observations", verbose_name="蜂巢")
    kind = models.CharField("类别", max_length=12, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁说的")
    as_staff = models.BooleanField("工作人员", default=False)
    at = models.DateTimeField("时间")
    day = models.DateField("日期")  # in Shanghai: one confirmation of a courier and station a day
    facility = models.ForeignKey(
        Facility, models.PROTECT, null=True, blank=True, related_name="observations", verbose_name="设施"
    )
    value = models.CharField("情况", max_length=8, choices=Value, blank=True)
    expires_at = models.DateTimeField("显示到", null=True, blank=True)
    note = models.CharField("备注", max_length=100, blank=True)
    subject = models.CharField("更正什么", max_length=16, choices=Subject, blank=True)
    before = models.CharField("原来的内容", max_length=200, blank=True)
    proposed = models.CharField("建议的内容", max_length=200, blank=True)
    state = models.CharField("处理", max_length=10, choices=CorrectionState, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人"
    )
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    decision_note = models.CharField("处理意见", max_length=200, blank=True)
    applied = models.CharField("改成的内容", max_length=200, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = "现场反馈"
        verbose_name_plural = "现场反馈"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind=Kind.FACILITY,
                    facility__isnull=False,
                    value__in=Value.values,
                    expires_at__gt=F("at"),
                    subject="",
                    state="",
                )
                | Q(
                    kind=Kind.CONFIRMATION,
                    facility=None,
                    value="",
                    expires_at=None,
                    subject="",
                    state="",
                    note="",
                )
                | Q(
                    kind=Kind.CORRECTION,
                    facility=None,
                    value="",
                    expires_at=None,
                    subject__in=Subject.values,
                    state__in=CorrectionState.values,
                ),
                name="observation_whole_by_kind",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DECIDED, decided_by__isnull=False, decided_at__isnull=False)
                | Q(state=CorrectionState.WITHDRAWN, decided_by=None, decided_at__isnull=False)
                | Q(state__in=["", CorrectionState.PENDING], decided_by=None, decided_at=None),
                name="observation_decided_whole",
            ),
            models.UniqueConstraint(
                fields=["by", "station", "day"], condition=Q(kind=Kind.CONFIRMATION), name="confirmation_once_a_day"
            ),
        ]
        indexes = [
            # The state of facilities: read with every list of stations.
            models.Index(
                fields=["station", "facility", "-at"], condition=Q(kind="facility"), name="observation_of_facility"
            ),
            models.Index(fields=["at"], condition=Q(state="pending"), name="correction_waiting"),  # the staff's queue
            models.Index(fields=["by", "-at"], name="observation_of_person"),  # his own, also for his data
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="only_its_decision_changes",
                exclude=["state", "decided_by", "decided_at", "decision_note", "applied", "note", "proposed"],
            ),
            pgtrigger.Protect(
                name="decided_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=[*DECIDED, CorrectionState.WITHDRAWN])
                & ~pgtrigger.Q(new__state=pgtrigger.F("old__state")),
            ),
            pgtrigger.Protect(
                name="words_only_go",
                operation=pgtrigger.Update,
                condition=(~pgtrigger.Q(new__note=pgtrigger.F("old__note")) & ~pgtrigger.Q(new__note=""))
                | (~pgtrigger.Q(new__proposed=pgtrigger.F("old__proposed")) & ~pgtrigger.Q(new__proposed="")),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        about = (self.facility_id and self.get_value_display()) or self.get_subject_display()
        return f"{self.get_kind_display()} {about}".strip()
