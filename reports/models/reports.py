"""A report, its way through the hands, and what the reporter says in the end."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Courier, Organisation
from fengchao.core import geo
from reports.models.categories import Category
from reports.models.keys import ApiKey
from reports.querysets import ReportQuerySet
from reports.states import DONE, MOVES, OPEN, TONES, WITH_UNIT, Party, RejectReason, ReportState

_ASSIGNED = (ReportState.ASSIGNED, ReportState.IN_PROGRESS, *DONE)


class Report(models.Model):
    """Something a courier saw and told, with a place, pictures and a state. `reports.services` alone changes it."""

    number = models.CharField("编号", max_length=12, unique=True)
    courier = models.ForeignKey(
        Courier, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name="上报人", db_index=False
    )
    # Of what a partner's program filed: nobody here stands behind it, so nobody earns and nobody is asked.
    api_key = models.ForeignKey(
        ApiKey, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name="接入方", db_index=False
    )
    client_key = models.CharField("草稿编号", max_length=64, blank=True)
    call_digest = models.CharField("内容摘要", max_length=64, blank=True)  # of a partner's call, to know it again
    category = models.ForeignKey(Category, models.PROTECT, related_name="reports", verbose_name="类别")
    # Whose staff decide about it: the street of the nearest station, of a confidential report its unit.
    area = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="辖区", db_index=False)
    text = models.TextField("情况", max_length=4000, blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    lat = models.FloatField("纬度", null=True, blank=True)
    lng = models.FloatField("经度", null=True, blank=True)
    accuracy_m = models.PositiveIntegerField("定位精度（米）", null=True, blank=True)
    answers = models.JSONField("补充信息", default=dict, blank=True)
    media_url = models.URLField("外部图片", max_length=500, blank=True)
    happened_at = models.DateTimeField("发生时间")
    filed_at = models.DateTimeField("上报时间")
    expected_on = models.DateField("预计办结")
    by_sms = models.BooleanField("短信通知", default=False)
    state = models.CharField("状态", max_length=20, choices=ReportState, default=ReportState.SUBMITTED)
    state_before = models.CharField("提问前的状态", max_length=20, choices=ReportState, blank=True)
    assigned_to = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="办理单位"
    )
    due_on = models.DateField("办理期限", null=True, blank=True)
    # When three times the days are over: worked out with the deadline, since working days do not multiply.
    long_due_on = models.DateField("三倍期限", null=True, blank=True)
    resolved_at = models.DateTimeField("办结时间", null=True, blank=True)
    reject_reason = models.CharField("不受理原因", max_length=12, choices=RejectReason, blank=True)
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates", verbose_name="并入", db_index=False
    )
    was_reopened = models.BooleanField("上报人要求过重办", default=False)
    was_appealed = models.BooleanField("申诉过", default=False)
    # Raised when what it earned is taken back, so that an upheld appeal can earn again (points.ledger.Source).
    round = models.PositiveSmallIntegerField("积分轮次", default=0)
    updated_at = models.DateTimeField("最近变动")

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "随手拍"
        verbose_name_plural = "随手拍"
        constraints = [
            models.UniqueConstraint(
                fields=["courier", "client_key"], condition=~Q(client_key=""), name="report_once_per_draft"
            ),
            models.UniqueConstraint(
                fields=["api_key", "client_key"], condition=~Q(client_key=""), name="report_once_per_call"
            ),
            models.CheckConstraint(condition=Q(courier=None) | Q(api_key=None), name="report_of_one_side"),
            # A courier's pictures lie here, behind his rights; a partner's lie with the partner.
            models.CheckConstraint(
                condition=Q(media_url="") | Q(api_key__isnull=False), name="report_media_of_partner"
            ),
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="report_state_known"),
            models.CheckConstraint(
                condition=Q(lat=None, lng=None)
                | Q(lat__isnull=False, lng__isnull=False, lat__range=geo.LATITUDES, lng__range=geo.LONGITUDES),
                name="report_position_whole_in_china",
            ),
            # Somebody must be able to go there. The words are erased with the reporter's account, when it is over.
            models.CheckConstraint(
                condition=Q(lat__isnull=False) | ~Q(place="") | ~Q(state__in=OPEN), name="report_has_a_place"
            ),
            models.CheckConstraint(
                condition=Q(
                    assigned_to__isnull=False,
                    due_on__isnull=False,
                    long_due_on__isnull=False,
                    long_due_on__gte=F("due_on"),
                )
                | Q(assigned_to=None, due_on=None, long_due_on=None) & ~Q(state__in=_ASSIGNED),
                name="report_assigned_whole",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False) | ~Q(state__in=DONE), name="report_done_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(state=ReportState.WAITING_FOR_REPORTER) & Q(state_before__in=MOVES["ask"][0])
                | ~Q(state=ReportState.WAITING_FOR_REPORTER) & Q(state_before=""),
                name="report_asked_remembers",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[ReportState.REJECTED, ReportState.APPEALED], reject_reason__in=RejectReason.values
                )
                | ~Q(state__in=[ReportState.REJECTED, ReportState.APPEALED]) & Q(reject_reason=""),
                name="report_rejected_says_why",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of=None) | Q(reject_reason=RejectReason.DUPLICATE) & ~Q(duplicate_of=F("pk")),
                name="report_duplicate_of_another",
            ),
        ]
        indexes = [
            models.Index(fields=["courier", "-filed_at"], name="report_of_courier"),  # his own list
            # The street's queue: what waits for a decision, oldest first.
            models.Index(
                fields=["area", "filed_at"],
                condition=Q(state__in=["submitted", "accepted", "appealed"]),
                name="report_waiting_for_staff",
            ),
            # The unit's queue: most urgent first.
            models.Index(
                fields=["assigned_to", "due_on"],
                condition=Q(state__in=["assigned", "in_progress", "waiting_for_reporter"]),
                name="report_with_unit",
            ),
            # Similar ones nearby, before a report is sent, and the map of open ones.
            models.Index(
                fields=["category", "lat", "lng"],
                condition=Q(state__in=[state.value for state in OPEN]),
                name="report_open_nearby",
            ),
            models.Index(fields=["resolved_at"], condition=Q(state="resolved"), name="report_to_close"),
            # What the public figures count: by the day of filing, and mended in the last 30 days.
            models.Index(fields=["filed_at"], name="report_filed"),
            models.Index(fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="report_mended"),
            models.Index(fields=["area", "-filed_at"], name="report_of_area"),  # the admin's list
            # What other programs ask for: one kind of report by day, and what has changed since they last asked.
            models.Index(fields=["category", "-filed_at"], name="report_of_category"),
            models.Index(fields=["-updated_at"], name="report_updated"),
            models.Index(fields=["api_key", "-filed_at"], condition=Q(api_key__isnull=False), name="report_of_key"),
            models.Index(fields=["duplicate_of"], condition=Q(duplicate_of__isnull=False), name="report_duplicates"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("report", args=[self.number])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def tone(self) -> str:
        return TONES[ReportState(self.state)]

    @property
    def is_with_unit(self) -> bool:
        return self.state in WITH_UNIT and self.assigned_to_id is not None


class Assignment(models.Model):
    """A report was handed to a unit. The one without an end is where it is now."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="assignments", verbose_name="随手拍")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="办理单位", db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="派单人",
        db_index=False,
    )
    at = models.DateTimeField("派单时间")
    due_on = models.DateField("办理期限")
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = "派单"
        verbose_name_plural = "派单"
        constraints = [
            models.UniqueConstraint(fields=["report"], condition=Q(ended_at=None), name="assignment_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("at")), name="assignment_ends_after_start"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_end_changes", exclude=["ended_at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.organisation}"


class Step(models.Model):
    """One move of a report: its history, which the reporter reads in plain words. Never changed, but for the reporter's
    own words, which go with his account."""

    # No index of its own where none is read: this table has the most rows of the app.
    report = models.ForeignKey(Report, models.PROTECT, related_name="steps", verbose_name="随手拍", db_index=False)
    move = models.CharField("动作", max_length=12)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁",
        db_index=False,
    )
    party = models.CharField("身份", max_length=8, choices=Party)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位", db_index=False
    )
    state_after = models.CharField("之后的状态", max_length=20, choices=ReportState)
    text = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "办理记录"
        verbose_name_plural = "办理记录"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(party__in=Party.values), name="step_party_known")]
        indexes = [models.Index(fields=["report", "id"], name="step_of_report")]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_words_go", exclude=["text"]),
            pgtrigger.Protect(
                name="words_only_go",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(new__text=pgtrigger.F("old__text"))
                & (~pgtrigger.Q(new__text="") | ~pgtrigger.Q(old__party="reporter")),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.move}"


class Feedback(models.Model):
    """What the reporter says of the work, once."""

    report = models.OneToOneField(Report, models.PROTECT, related_name="feedback", verbose_name="随手拍")
    stars = models.PositiveSmallIntegerField("星级")
    text = models.CharField("评价", max_length=200, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "评价"
        verbose_name_plural = "评价"
        constraints = [models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="feedback_stars_1_to_5")]

    def __str__(self) -> str:
        return f"{self.stars} 星"
