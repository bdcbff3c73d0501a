"""Courier companies, their outlets, and how many ride for each."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.organisations import Organisation
from accounts.querysets import OutletQuerySet
from fengchao.core.fields import EncryptedTextField

MOST_COURIERS = 9999


class Enterprise(models.Model):
    """A courier company. Its own organisation, where it has one, is the scope of its outlet managers."""

    name = models.CharField("企业名称", max_length=60, unique=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="enterprises", verbose_name="所属两新组织"
    )
    is_example = models.BooleanField("示例", default=False)

    class Meta:
        verbose_name = "快递企业"
        verbose_name_plural = "快递企业"

    def __str__(self) -> str:
        return self.name


class Outlet(models.Model):
    """A 网点 of an enterprise, in the territory of a street or community, and whom to ask for there. The contact is for
    the staff who have it in scope alone."""

    name = models.CharField("网点名称", max_length=80)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="outlets", verbose_name="企业")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="outlets", verbose_name="所在街道/社区")
    address = models.CharField("地址", max_length=120, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = EncryptedTextField("联系电话", null=True, blank=True)
    is_example = models.BooleanField("示例", default=False)

    objects = OutletQuerySet.as_manager()

    class Meta:
        verbose_name = "网点"
        verbose_name_plural = "网点"
        constraints = [models.UniqueConstraint(fields=["enterprise", "name"], name="outlet_once_in_enterprise")]

    def __str__(self) -> str:
        return f"{self.enterprise.name} · {self.name}"


class Headcount(models.Model):
    """How many couriers an outlet had on a day, as somebody was told there. One per outlet and day: a second one of the
    day corrects the first."""

    outlet = models.ForeignKey(
        Outlet, models.PROTECT, related_name="headcounts", verbose_name="网点", db_index=False
    )  # fmt: skip
    on = models.DateField("日期")
    couriers = models.PositiveIntegerField("在岗人数")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False
    )
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "在岗人数"
        verbose_name_plural = "在岗人数"
        constraints = [
            models.UniqueConstraint(fields=["outlet", "on"], name="headcount_once_a_day"),
            models.CheckConstraint(condition=Q(couriers__range=(0, MOST_COURIERS)), name="headcount_plausible"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.couriers} 人"
