"""What organisations lend each other, and which of them work together."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import Organisation
from activities.sharing_querysets import LoanQuerySet, PairingQuerySet, ResourceQuerySet
from activities.sharing_states import ENDED, MOVES, TONES, LoanState, ResourceKind

S = LoanState


class Resource(models.Model):
    """A room, a device or a kit that its owner lends to other organisations of the district."""

    name = models.CharField("名称", max_length=40)
    kind = models.CharField("类别", max_length=8, choices=ResourceKind)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="归谁所有")
    place = models.CharField("在哪里", max_length=120, help_text="到哪里用，或到哪里取")
    notes = models.CharField("说明", max_length=200, blank=True, help_text="能坐几个人、要带什么、找谁拿钥匙")
    is_active = models.BooleanField("可以借", default=True)
    is_example = models.BooleanField("示例", default=False)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = "共享资源"
        verbose_name_plural = "共享资源"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="resource_once_per_owner"),
            models.CheckConstraint(condition=~Q(name=""), name="resource_has_a_name"),
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="resource_kind_known"),
        ]
        triggers = [pgtrigger.ReadOnly(name="owner_stays", fields=["organisation"])]

    def __str__(self) -> str:
        return f"{self.organisation.name} · {self.name}"


class Loan(models.Model):
    """One organisation has a resource of another for a while. `activities.services.sharing` alone changes it.

    The exclusion needs no extension: a range of one key meets only itself.
    """

    resource = models.ForeignKey(
        Resource, models.PROTECT, related_name="loans", verbose_name="资源", db_index=False
    )  # fmt: skip
    borrower = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="借用方")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    purpose = models.CharField("用途", max_length=100)
    state = models.CharField("状态", max_length=10, choices=LoanState, default=S.REQUESTED)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人", db_index=False
    )
    at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人",
        db_index=False,
    )  # fmt: skip
    decided_at = models.DateTimeField("答复时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收尾人",
        db_index=False,
    )  # fmt: skip
    ended_at = models.DateTimeField("取消或归还时间", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = LoanQuerySet.as_manager()

    class Meta:
        verbose_name = "借用"
        verbose_name_plural = "借用"
        constraints = [
            ExclusionConstraint(
                name="loan_of_one_thing_at_a_time",
                expressions=[
                    (Func(F("resource_id"), F("resource_id"), Value("[]"), function="int8range"), "&&"),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(state=S.APPROVED.value),
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="loan_ends_after_start"),
            models.CheckConstraint(condition=Q(state__in=LoanState.values), name="loan_state_known"),
            models.CheckConstraint(condition=~Q(purpose=""), name="loan_has_a_purpose"),
            models.CheckConstraint(
                condition=Q(state=S.REQUESTED.value, decided_at=None, decided_by=None)
                | Q(state=S.CANCELLED.value)
                | Q(
                    state__in=[S.APPROVED.value, S.DECLINED.value, S.RETURNED.value],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="loan_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ENDED], ended_at__isnull=False, ended_by__isnull=False)
                | ~Q(state__in=[state.value for state in ENDED]) & Q(ended_at=None, ended_by=None),
                name="loan_ended_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state=S.DECLINED.value) | ~Q(note=""), name="loan_declined_says_why"),
        ]
        indexes = [
            models.Index(fields=["resource", "starts_at"], name="loan_of_resource"),
            models.Index(fields=["state", "starts_at"], name="loan_by_state"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_stay", fields=["resource", "borrower", "starts_at", "ends_at", "purpose", "by", "at"]
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="goes_its_way",
                field="state",
                transitions=[(start.value, end.value) for starts, end in MOVES.values() for start in starts],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource.name} · {self.borrower.name}"

    @property
    def tone(self) -> str:
        return TONES[LoanState(self.state)]


class Pairing(models.Model):
    """A party organisation of enterprises and a community or street that work together, 组织共建."""

    party = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="企业党组织")
    community = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="社区或街道")
    since = models.DateField("开始日期")
    until = models.DateField("结束日期", null=True, blank=True)
    what = models.CharField("一起做什么", max_length=300)
    contact = models.CharField("怎么联系", max_length=100, blank=True, help_text="如：社区党群办，周一例会时碰头")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False
    )
    at = models.DateTimeField("登记时间")
    is_example = models.BooleanField("示例", default=False)

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = "组织共建"
        verbose_name_plural = "组织共建"
        constraints = [
            models.UniqueConstraint(
                fields=["party", "community"], condition=Q(until=None), name="pairing_one_live_of_the_same_two"
            ),
            models.CheckConstraint(condition=~Q(party=F("community")), name="pairing_of_two"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__isnull=False, until__gte=F("since")), name="pairing_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(what=""), name="pairing_says_what_for"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=["party", "community", "since", "by", "at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.party.name} · {self.community.name}"
