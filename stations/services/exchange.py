"""Stations as rows of a sheet, in and out by the same columns."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from import_export.fields import Field
from import_export.widgets import ManyToManyWidget

from accounts.roles import MANAGERS
from accounts.rules import organisations_of
from accounts.scope import within
from accounts.services.exchange import OrganisationCell
from fengchao.core import geo
from fengchao.core.errors import RuleBroken
from fengchao.core.sheets import Plain, SheetResource, Text, plain, text
from stations import opening
from stations.models import Facility, Station
from stations.models.places import refuse_reserved

GRADES = {
    **{str(grade.value): grade.value for grade in Station.Grade},
    **{grade.label: grade.value for grade in Station.Grade},
}


class GradeCell(Text):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        found = GRADES.get(plain(value))
        if found is None:
            raise ValueError("只能是 一类、二类 或 三类。")
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(Station.Grade(value).label) if value else ""


class DegreesCell(Text):
    """Latitude or longitude; `other` is the heading of its partner, by which a swap is seen."""

    def __init__(self, span: tuple[float, float], *, is_lat: bool, other: str) -> None:
        super().__init__(most=30)
        self.span, self.is_lat, self.other = span, is_lat, other

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        found, partner = _number(value), _number((row or {}).get(self.other))
        if not math.isfinite(found):
            raise ValueError("要填数字，如 30.5871。" if self.is_lat else "要填数字，如 114.2189。")
        if geo.in_china(partner, found) if self.is_lat else geo.in_china(found, partner):
            raise ValueError("纬度和经度好像填反了，请对调。")
        if not self.span[0] <= found <= self.span[1]:
            raise ValueError(f"不在中国范围内，应在 {self.span[0]:g} 到 {self.span[1]:g} 之间，请核对。")
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return f"{value:.7f}".rstrip("0").rstrip(".") if value is not None else ""


class HoursCell(Text):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        try:
            return opening.check(super().clean(value, row, **kwargs), field="opening_hours")
        except RuleBroken as refusal:
            raise ValueError(refusal.message) from refusal


class FacilitiesCell(ManyToManyWidget):
    """Names (or codes) of facilities with 、 between them."""

    def __init__(self) -> None:
        super().__init__(Facility, separator="、", field="name")
        self.known: dict[str, Facility] | None = None

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Facility]:
        if self.known is None:
            self.known = {key: one for one in Facility.objects.order_by("pk") for key in (one.code, one.name)}
        names = text(value)
        for mark in ("，", ",", "；", ";", "/"):
            names = names.replace(mark, "、")
        wanted = [name.strip() for name in names.split("、") if name.strip()]
        if unknown := [name for name in wanted if name not in self.known]:
            raise ValueError(f"没有这种设施：{'、'.join(unknown)}。请照后台“设施”里的名称填，中间用顿号。")
        return list({self.known[name].pk: self.known[name] for name in wanted}.values())

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        if obj is None or obj.pk is None:
            return ""
        return "、".join(facility.name for facility in sorted(value.all(), key=lambda one: int(one.pk)))


def _number(value: Any) -> float:
    try:
        return float(plain(value))
    except ValueError:
        return math.nan


class StationSheet(SheetResource):
    """A code that is known changes that station, a new one adds one; nothing is ever deleted."""

    key = ("编号",)
    verb = "station.imported"
    code = Field(
        attribute="code", column_name="编号",
        widget=Plain(most=20, pattern=r"[A-Za-z0-9-]+", hint="只能用字母、数字和短横线，如 QK-001。"),
    )  # fmt: skip
    name = Field(attribute="name", column_name="名称", widget=Text(most=60))
    grade = Field(attribute="grade", column_name="类别", widget=GradeCell(most=10))
    organisation = Field(attribute="organisation", column_name="所属")
    address = Field(attribute="address", column_name="地址", widget=Text(most=120))
    lat = Field(attribute="lat", column_name="纬度", widget=DegreesCell(geo.LATITUDES, is_lat=True, other="经度"))
    lng = Field(attribute="lng", column_name="经度", widget=DegreesCell(geo.LONGITUDES, is_lat=False, other="纬度"))
    phone = Field(
        attribute="phone", column_name="电话",
        widget=Plain(most=20, required=False, pattern=r"[0-9+()\-转,]+", hint="只能是电话号码，如 027-83000000。"),
    )  # fmt: skip
    opening_hours = Field(
        attribute="opening_hours", column_name="开放时间", widget=HoursCell(most=200, required=False)
    )  # fmt: skip
    holiday_hours = Field(
        attribute="holiday_hours", column_name="节假日开放时间", widget=HoursCell(most=200, required=False)
    )  # fmt: skip
    facilities = Field(attribute="facilities", column_name="设施", widget=FacilitiesCell())

    class Meta(SheetResource.Meta):
        model = Station
        fields = (
            "code", "name", "grade", "organisation", "address", "lat", "lng", "phone", "opening_hours", "holiday_hours",
            "facilities",
        )  # fmt: skip
        import_order = export_order = fields
        import_id_fields = ("code",)

    def __init__(self, *, by: Any) -> None:
        super().__init__(by=by)
        # New for every import: what they remember of the tables is of this moment.
        self.fields["facilities"].widget = FacilitiesCell()
        self.fields["organisation"].widget = OrganisationCell(organisations_of(by, *MANAGERS))

    def find(self, row: dict[str, Any]) -> Model | None:
        mine = Station.objects.filter(within(self.by, "organisation", *MANAGERS)).select_related("organisation")
        found: Model | None = mine.prefetch_related("facilities").filter(code=plain(row["编号"])).first()
        return found

    def refuse(self, instance: Any, row: dict[str, Any], errors: dict[str, list[str]]) -> None:
        if "编号" not in errors:
            try:
                refuse_reserved(instance.code)
            except ValidationError as wrong:
                errors["编号"] = wrong.messages
        if instance.pk is None and "编号" not in errors and Station.objects.filter(code=instance.code).exists():
            errors["编号"] = ["这个编号已经用在您范围以外的蜂巢上，请换一个。"]


STATION_NOTES = {
    "编号": "如 QK-001。已有的编号就修改那个蜂巢，新编号就新增。",
    "名称": "不超过 60 个字。",
    "类别": "一类、二类 或 三类。",
    "所属": "街道或社区的名称，和后台“组织”里一样；有重名的写成“街道/社区”。",
    "地址": "不超过 120 个字。",
    "纬度": "WGS-84，小数，如 30.5871。",
    "经度": "WGS-84，小数，如 114.2189。",
    "电话": "可不填。",
    "开放时间": "可不填。例：Mo-Su 08:00-20:00；全天开放写 24/7。",
    "节假日开放时间": "可不填。例：10:00-16:00；不开放写 off。",
    "设施": "可不填。设施名称，中间用顿号，如 饮水机、充电插座。",
}
