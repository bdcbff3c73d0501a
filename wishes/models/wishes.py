"""A wish, and its way from the hanging to the light."""

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Courier, Organisation
from fengchao.core.words import without_phone_numbers
from stations.models import Station
from wishes.querysets import WishQuerySet
from wishes.states import LIVE, PUBLIC, TAKEN, TONES, Flag, Party, WishCategory, WishState

if TYPE_CHECKING:
    from wishes.models.claims import Claim

DEAREST = 100_000


class Wish(models.Model):
    """A small thing that a courier hopes for, hung at a station's tree. `wishes.services` alone changes it."""

    courier = models.ForeignKey(
        Courier, models.PROTECT, related_name="wishes", verbose_name="许愿人", db_index=False
    )  # fmt: skip
    station = models.ForeignKey(
        Station, models.PROTECT, related_name="wishes", verbose_name="挂在哪个蜂巢", db_index=False
    )
    category = models.CharField("类别", max_length=10, choices=WishCategory)
    # What it says of the courier may go with his account; the title of a granted wish is the district's record.
    title = models.CharField("想要什么", max_length=30, blank=True)
    text = models.TextField("为什么", max_length=300, blank=True)
    for_whom = models.CharField("给谁", max_length=20, blank=True)
    price = models.PositiveIntegerField("预算（元）")
    is_anonymous = models.BooleanField("匿名", default=False)
    shown_name = models.CharField("公开的名字", max_length=80)
    flags = ArrayField(models.CharField(max_length=16, choices=Flag), verbose_name="提示", default=list, blank=True)
    state = models.CharField("状态", max_length=10, choices=WishState, default=WishState.REVIEW)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="代为登记", db_index=False,
    )  # fmt: skip
    claimed_by = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="认领单位", db_index=False
    )
    hung_at = models.DateTimeField("挂上时间")
    opened_at = models.DateTimeField("公开时间", null=True, blank=True)
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    lit_at = models.DateTimeField("点亮时间", null=True, blank=True)
    thanks = models.CharField("道谢", max_length=200, blank=True)
    thanked_at = models.DateTimeField("道谢时间", null=True, blank=True)
    thanks_hidden = models.BooleanField("不公开道谢", default=False)
    updated_at = models.DateTimeField("最近变动")

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = "微心愿"
        verbose_name_plural = "微心愿"
        constraints = [
            models.UniqueConstraint(
                fields=["courier"], condition=Q(state__in=[state.value for state in LIVE]), name="wish_one_live_each"
            ),
            models.CheckConstraint(condition=Q(state__in=WishState.values), name="wish_state_known"),
            models.CheckConstraint(condition=Q(category__in=WishCategory.values), name="wish_category_known"),
            models.CheckConstraint(condition=Q(price__range=(1, DEAREST)), name="wish_has_a_price"),
            models.CheckConstraint(
                condition=Q(state__in=[WishState.REJECTED, WishState.WITHDRAWN]) | ~Q(title=""), name="wish_has_a_title"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=False) | ~Q(state__in=PUBLIC), name="wish_public_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=TAKEN, claimed_by__isnull=False) | ~Q(state__in=TAKEN) & Q(claimed_by=None),
                name="wish_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[WishState.DELIVERED, WishState.FULFILLED], delivered_at__isnull=False)
                | ~Q(state__in=[WishState.DELIVERED, WishState.FULFILLED]) & Q(delivered_at=None),
                name="wish_delivered_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state=WishState.FULFILLED, lit_at__isnull=False)
                | ~Q(state=WishState.FULFILLED) & Q(lit_at=None),
                name="wish_lit_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(thanks="", thanked_at=None)
                | Q(state=WishState.FULFILLED, thanked_at__isnull=False),
                name="wish_thanks_for_what_came",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["courier", "-hung_at"], name="wish_of_courier"),  # his own list
            # The street's queue, oldest first.
            models.Index(fields=["hung_at"], condition=Q(state="review"), name="wish_in_review"),
            # What can be claimed; the public list, newest first; and those of one tree.
            models.Index(fields=["state", "-opened_at"], name="wish_by_state"),
            models.Index(
                fields=["-opened_at", "-id"],
                condition=Q(state__in=[state.value for state in PUBLIC]),
                name="wish_hangs",
            ),
            models.Index(fields=["station", "state", "-opened_at"], name="wish_of_tree"),
            models.Index(
                fields=["-lit_at", "-id"], condition=Q(state="fulfilled"), name="wish_lit"
            ),  # figures, the light
            models.Index(fields=["delivered_at"], condition=Q(state="delivered"), name="wish_to_confirm"),
            models.Index(fields=["claimed_by", "state"], condition=Q(claimed_by__isnull=False), name="wish_of_claimer"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title or f"心愿 {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("wish", args=[self.pk])

    @property
    def tone(self) -> str:
        return TONES[WishState(self.state)]

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC

    @property
    def is_lit(self) -> bool:
        return self.state == WishState.FULFILLED

    @property
    def live_claim(self) -> "Claim | None":
        """The claim that stands; of rows read `with_claims` without asking again."""
        return next((claim for claim in self.claims.all() if claim.released_at is None), None)

    @property
    def public_title(self) -> str:
        return without_phone_numbers(self.title)

    @property
    def public_text(self) -> str:
        """For everybody: nobody's telephone number, even where a moderator let it pass."""
        return without_phone_numbers(self.text)

    @property
    def public_for_whom(self) -> str:
        return without_phone_numbers(self.for_whom)

    @property
    def public_thanks(self) -> str:
        return "" if self.thanks_hidden else without_phone_numbers(self.thanks)


class Step(models.Model):
    """One move of a wish: its history in plain words. Never changed, but for the courier's own words, which go with his
    account."""

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="steps", verbose_name="微心愿", db_index=False)
    move = models.CharField("动作", max_length=12)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="谁", db_index=False,
    )  # fmt: skip
    party = models.CharField("身份", max_length=8, choices=Party)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位", db_index=False
    )
    state_after = models.CharField("之后的状态", max_length=10, choices=WishState)
    text = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "心愿记录"
        verbose_name_plural = "心愿记录"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(party__in=Party.values), name="wish_step_party_known")]
        indexes = [models.Index(fields=["wish", "id"], name="step_of_wish")]
        triggers = [
            pgtrigger.ReadOnly(name="only_its_words_go", exclude=["text"]),
            pgtrigger.Protect(
                name="words_only_go",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(new__text=pgtrigger.F("old__text"))
                & (~pgtrigger.Q(new__text="") | ~pgtrigger.Q(old__party="courier")),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.wish_id} {self.move}"
