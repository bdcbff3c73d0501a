"""Where couriers rest, charge, drink, and fetch their gifts."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from accounts.models import Organisation
from fengchao.core import geo
from fengchao.core.errors import BadValue
from fengchao.core.pinyin import PinyinField
from stations.querysets import StationQuerySet

RESERVED_CODES = ("map",)
"""Words that stand in an address where a station's code would: `/stations/map/` is the map. In no case of letters."""


def refuse_reserved(code: str) -> None:
    """Raises ValidationError for a code whose page would be hidden by another."""
    if code.lower() in RESERVED_CODES:
        raise ValidationError("这个编号是网址里的固定用词，请换一个，如 QK-001。", code="reserved")


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

    code = models.CharField(
        "编号", max_length=20, unique=True, help_text="如 QK-001", validators=[refuse_reserved]
    )  # fmt: skip
    name = models.CharField("名称", max_length=60)
    initials = PinyinField("拼音", source="name")
    grade = models.PositiveSmallIntegerField("类别", choices=Grade)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="stations", verbose_name="所属街道/社区"
    )
    address = models.CharField("地址", max_length=120)
    lat = models.FloatField("纬度", help_text="WGS-84")
    lng = models.FloatField("经度", help_text="WGS-84")
    phone = models.CharField("电话", max_length=20, blank=True)
    opening_hours = models.CharField("开放时间", max_length=200, blank=True, help_text="OSM 写法，如 Mo-Su 08:00-20:00")
    holiday_hours = models.CharField(
        "节假日开放时间", max_length=200, blank=True,
        help_text="法定节假日按这个开放，如 10:00-16:00 或 off；留空按上面的 PH，没写 PH 就按平时",
    )  # fmt: skip
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
            # NaN is greater than every number there, so it is refused as well.
            models.CheckConstraint(condition=models.Q(lat__range=geo.LATITUDES), name="station_lat_in_china"),
            models.CheckConstraint(condition=models.Q(lng__range=geo.LONGITUDES), name="station_lng_in_china"),
            # Codes stand in addresses of pages, so nothing that an address would have to escape.
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Za-z0-9-]+$"), name="station_code_plain"),
            # Nor what stands in such an address already, whose page would hide the station's.
            models.CheckConstraint(
                condition=~models.Q(code__iregex=rf"^({'|'.join(RESERVED_CODES)})$"), name="station_code_not_reserved"
            ),
        ]
        indexes = [models.Index(fields=["lat", "lng"], name="station_position")]  # read by near()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("station", args=[self.code])

    def clean(self) -> None:
        """A form says which of the two is wrong, and when they are swapped, before the database refuses."""
        if self.lat is not None and self.lng is not None:
            try:
                geo.checked(self.lat, self.lng)
            except BadValue as refusal:
                raise ValidationError({"lat": refusal.message}) from refusal
