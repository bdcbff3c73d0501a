"""Where couriers rest, charge, drink, and fetch their gifts."""

from django.db import models
from django.urls import reverse

from accounts.models import Organisation
from stations.querysets import StationQuerySet


class Facility(models.Model):
    """A kind of thing a station can have: water, sockets, a microwave."""

    code = models.SlugField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=20)
    icon = models.CharField("图标", max_length=40, blank=True, help_text="lucide 图标名，如 cup-soda")

    class Meta:
        verbose_name = "设施"
        verbose_name_plural = "设施"

    def __str__(self) -> str:
        return self.name


class Station(models.Model):
    """A 蜂巢: a place with an address, hours and facilities, run by an organisation, with a counter for gifts."""

    class Grade(models.IntegerChoices):
        FIRST = 1, "一类"
        SECOND = 2, "二类"
        THIRD = 3, "三类"

    code = models.CharField("编号", max_length=20, unique=True, help_text="如 QK-001")
    name = models.CharField("名称", max_length=60)
    grade = models.PositiveSmallIntegerField("类别", choices=Grade)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="stations", verbose_name="所属街道/社区"
    )
    address = models.CharField("地址", max_length=120)
    lat = models.FloatField("纬度", help_text="WGS-84")
    lng = models.FloatField("经度", help_text="WGS-84")
    phone = models.CharField("电话", max_length=20, blank=True)
    opening_hours = models.CharField("开放时间", max_length=200, blank=True, help_text="OSM 写法，如 Mo-Su 08:00-20:00")
    facilities = models.ManyToManyField(Facility, blank=True, related_name="stations", verbose_name="设施")
    is_example = models.BooleanField("示例", default=False)
    is_active = models.BooleanField("启用", default=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = StationQuerySet.as_manager()

    class Meta:
        verbose_name = "蜂巢"
        verbose_name_plural = "蜂巢"
        constraints = [
            models.CheckConstraint(condition=models.Q(grade__in=[1, 2, 3]), name="station_grade_known"),
            models.CheckConstraint(condition=models.Q(lat__gte=-90, lat__lte=90), name="station_lat_on_earth"),
            models.CheckConstraint(condition=models.Q(lng__gte=-180, lng__lte=180), name="station_lng_on_earth"),
            # Codes stand in addresses of pages, so nothing that an address would have to escape.
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Za-z0-9-]+$"), name="station_code_plain"),
        ]
        indexes = [models.Index(fields=["lat", "lng"], name="station_position")]  # read by near()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("station", args=[self.code])
