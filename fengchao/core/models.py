"""Tables that every app shares. They know no business: a person is a plain id, a subject a kind and a key."""

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class IdempotencyKey(models.Model):
    """One row is one act that a client may repeat safely, with the answer it got."""

    user_id = models.BigIntegerField("用户编号")
    value = models.CharField("幂等键", max_length=255)
    method = models.CharField("方法", max_length=8)
    path = models.TextField("路径")
    digest = models.CharField("内容摘要", max_length=64)
    status = models.PositiveSmallIntegerField("状态码", default=0)
    # Text and not jsonb, which would sort the keys: a repeat gives the same bytes.
    body = models.TextField("答复", default="")
    created_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "幂等键"
        verbose_name_plural = "幂等键"
        constraints = [models.UniqueConstraint(fields=["user_id", "value"], name="idempotency_key_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_expiry")]  # read by delete_expired

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class AuditLog(models.Model):
    """One row is one thing somebody did. Written in the transaction of the deed, never changed, never deleted."""

    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("操作人编号", null=True)
    verb = models.CharField("动作", max_length=64)
    subject_kind = models.CharField("对象类型", max_length=64)
    subject_key = models.CharField("对象编号", max_length=64)
    changed = models.JSONField("变更", default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField("请求编号", max_length=64, default="")

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_key", "-id"], name="audit_subject"),  # an object's history
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),  # what one member of staff did
            models.Index(fields=["at"], name="audit_at"),  # the admin's list by day
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_key}"


class Counter(models.Model):
    """One row is how often one thing happened in the window that began with its first time (`core.limits`)."""

    key = models.CharField("名称", max_length=200, primary_key=True)
    window_start = models.DateTimeField("开始")
    window_end = models.DateTimeField("结束", db_index=True)
    count = models.PositiveIntegerField("次数")

    class Meta:
        verbose_name = "计数"
        verbose_name_plural = "计数"

    def __str__(self) -> str:
        return f"{self.key} {self.count}"


class Photo(models.Model):
    """One row is one picture somebody handed in. Rows of equal pictures share the file, which is named by its hash."""

    digest = models.CharField("内容摘要", max_length=64)
    width = models.PositiveIntegerField("宽")
    height = models.PositiveIntegerField("高")
    uploaded_by_id = models.BigIntegerField("上传人编号")
    uploaded_at = models.DateTimeField("上传时间")
    # What it belongs to; empty until something uses it, and the rule of that kind says who may see it.
    kind = models.CharField("用途", max_length=32, default="", blank=True)
    subject_key = models.CharField("对象编号", max_length=64, default="", blank=True)

    # When other bytes took the place of the first ones: a browser that kept those must ask anew.
    replaced_at = models.DateTimeField("换图时间", null=True, blank=True)

    class Meta:
        verbose_name = "照片"
        verbose_name_plural = "照片"
        indexes = [
            models.Index(fields=["digest"], name="photo_digest"),  # is the file still needed
            models.Index(fields=["uploaded_at"], name="photo_unused", condition=models.Q(kind="")),  # delete_unused
            models.Index(fields=["kind", "subject_key"], name="photo_subject"),  # the pictures of an object
        ]

    def __str__(self) -> str:
        return f"照片 {self.pk}"

    @property
    def is_used(self) -> bool:
        return self.kind != ""

    def file_name(self, size: str) -> str:
        """The name in the storage of the "full" or the "thumb" picture."""
        return f"photos/{self.digest[:2]}/{self.digest}.{size}.webp"


class Notice(models.Model):
    """One row is something one person is told, on his page and until he has read it."""

    user_id = models.BigIntegerField("收件人编号")
    kind = models.CharField("类型", max_length=32)
    title = models.CharField("标题", max_length=60)
    text = models.CharField("内容", max_length=300, default="", blank=True)
    link = models.CharField("链接", max_length=200, default="", blank=True)
    # What it is about, where a kind of notice is given once for each thing; empty where it may come again.
    subject_key = models.CharField("对象编号", max_length=64, default="", blank=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    class Meta:
        verbose_name = "通知"
        verbose_name_plural = "通知"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "kind", "subject_key"],
                condition=~models.Q(subject_key=""),
                name="notice_once_about_a_subject",
            ),
            # Pages follow it without asking: nothing may lead away from this site.
            models.CheckConstraint(
                condition=models.Q(link="") | models.Q(link__regex=r"^/($|[^/\\])"), name="notice_link_is_ours"
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "-id"], name="notice_of_person"),  # the person's page
            models.Index(fields=["user_id"], name="notice_unread", condition=models.Q(read_at=None)),  # the bar's mark
            models.Index(fields=["at"], name="notice_at"),  # read by core.notices.forget
        ]

    def __str__(self) -> str:
        return self.title
