"""What can be reported, in two levels, and what each kind asks, promises and earns."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from reports.querysets import CategoryQuerySet
from reports.states import LISTS, MOVES, DeadlineKind, QuestionKind


class Category(models.Model):
    """A kind of report. The upper level groups; what is filed names a category of the lower one."""

    code = models.SlugField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=20)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级类别"
    )
    icon = models.CharField("图标", max_length=40, blank=True, help_text="lucide 图标名，如 flame")
    hint = models.CharField(
        "说明", max_length=80, blank=True, help_text="给小哥看的一句话，如“电动车飞线充电、占用消防通道”"
    )
    order = models.PositiveSmallIntegerField("排序", default=0)
    is_active = models.BooleanField("启用", default=True)
    is_confidential = models.BooleanField("保密", default=False, help_text="只有办理单位看得到，不对外公开")
    handler = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="默认办理单位"
    )
    deadline_days = models.PositiveSmallIntegerField("办理期限", default=5)
    deadline_kind = models.CharField("期限单位", max_length=8, choices=DeadlineKind, default=DeadlineKind.WORK)
    points_accepted = models.PositiveIntegerField("受理积分", default=0)
    points_resolved = models.PositiveIntegerField("办结积分", default=0)
    points_duplicate = models.PositiveIntegerField("重复但有新内容的积分", default=0)
    changed_at = models.DateTimeField("最近修改", auto_now=True)  # its questions as well: programs keep what it asks
    stop_notice = models.CharField(
        "先行提示", max_length=80, blank=True, help_text="如“有人受伤或起火，请先拨打 110/119”"
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = "上报类别"
        verbose_name_plural = "上报类别"
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(deadline_days__range=(1, 365)), name="category_deadline_in_a_year"),
            models.CheckConstraint(condition=Q(deadline_kind__in=DeadlineKind.values), name="category_deadline_known"),
            # Nobody else would ever see such a report.
            models.CheckConstraint(
                condition=Q(is_confidential=False) | Q(handler__isnull=False), name="category_confidential_has_unit"
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("pk")), name="category_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calls(self) -> list[str]:
        """The numbers that the stop notice asks to call first, each once: a tap is faster than reading them off."""
        return list(dict.fromkeys(re.findall(r"(?<!\d)1(?:10|19|20|22)(?!\d)", self.stop_notice)))

    def clean(self) -> None:
        """Two levels and no more, and a confidential category names its unit."""
        if self.parent is not None and self.parent.parent_id is not None:
            raise ValidationError({"parent": "类别只有两级，请选一个大类。"})
        if self.parent is not None and self.pk and self.children.exists():
            raise ValidationError({"parent": "这个大类下面还有小类，不能再放到别的大类里。"})
        if self.is_confidential and self.handler_id is None:
            raise ValidationError({"handler": "保密的类别要指定默认办理单位。"})


class Question(models.Model):
    """One question of a category's own, asked when a report is filed."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="questions", verbose_name="类别")
    code = models.SlugField("代码", max_length=32)
    label = models.CharField("问题", max_length=60)
    kind = models.CharField("回答方式", max_length=16, choices=QuestionKind, default=QuestionKind.STRING)
    choices = models.JSONField("选项", default=list, blank=True, help_text="单选、多选的选项")
    is_required = models.BooleanField("必答", default=False)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = "问题"
        verbose_name_plural = "问题"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["category", "code"], name="question_once_in_category"),
            models.CheckConstraint(condition=Q(kind__in=QuestionKind.values), name="question_kind_known"),
        ]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.category.save(update_fields=["changed_at"])

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        gone = super().delete(*args, **kwargs)
        self.category.save(update_fields=["changed_at"])
        return gone

    def clean(self) -> None:
        """A list question has between 2 and 20 different short options, another has none."""
        options = self.choices
        if self.kind not in LISTS:
            if options:
                raise ValidationError({"choices": "这种回答方式没有选项。"})
            return
        plain = isinstance(options, list) and all(
            isinstance(one, str) and 0 < len(one.strip()) <= 40 for one in options
        )
        if not plain or not 2 <= len(options) <= 20 or len(set(options)) != len(options):
            raise ValidationError({"choices": "请写 2 到 20 个不同的选项，每个不超过 40 个字。"})


class TextTemplate(models.Model):
    """A sentence ready for a move: of one category, or of all where none is named."""

    move = models.CharField("用在", max_length=12, choices=[(move, move) for move in MOVES])
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="texts", verbose_name="类别"
    )
    title = models.CharField("名称", max_length=30)
    text = models.CharField("内容", max_length=300)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = "常用答复"
        verbose_name_plural = "常用答复"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.title
