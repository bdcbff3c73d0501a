"""The tree of organisations, and who does what in it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from treebeard.mp_tree import MP_Node

from accounts.roles import Role


class Organisation(MP_Node):
    """A body that runs stations, handles reports, claims wishes or gives check-ups; a role reaches its subtree."""

    class Kind(models.TextChoices):
        DISTRICT = "district", "区"
        STREET = "street", "街道"
        ZONE = "zone", "功能区"
        COMMUNITY = "community", "社区"
        DEPARTMENT = "department", "区直部门"
        PARTY = "party", "党组织"
        NEW_ORG = "new_org", "两新组织"
        CLINIC = "clinic", "体检机构"

    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    is_example = models.BooleanField("示例", default=False)

    node_order_by: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "组织"
        verbose_name_plural = "组织"
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="organisation_has_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def street(self) -> "Organisation":
        """The street or zone that this is or lies in; itself where there is none. One query."""
        above = [self.path[: end + self.steplen] for end in range(0, len(self.path), self.steplen)]
        kinds = (self.Kind.STREET, self.Kind.ZONE)
        found: Organisation | None = (
            Organisation.objects.filter(path__in=above, kind__in=kinds).order_by("path").first()
        )
        return found or self


class Membership(models.Model):
    """A user's role in an organisation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name="用户")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships", verbose_name="组织")
    role = models.CharField("角色", max_length=16, choices=Role)
    created_at = models.DateTimeField("任命时间", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.get_role_display()}"
