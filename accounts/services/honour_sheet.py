"""Titles of a year for a sheet of couriers: for all of them or for nobody, and every bad cell named."""

from typing import Any, ClassVar

from import_export.fields import Field

from accounts.models import Courier, Honour
from accounts.services.honours import FIRST_YEAR, TITLE_LENGTH, honour
from accounts.services.sheets import COURIER_NOTES, PHONE, CourierSheet
from fengchao.core.sheets import Plain, SheetResource, Text

TITLE, YEAR = "荣誉", "年度"


class YearCell(Plain):
    """A year as people write it: 2026, 2026年 or 2026年度."""

    def read(self, value: Any) -> str:
        return super().read(value).removesuffix("度").removesuffix("年")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return int(super().clean(value, row, **kwargs))


class HonourSheet(CourierSheet):
    """One courier may stand there with several titles or years, never twice with the same."""

    key: ClassVar[tuple[str, ...]] = (PHONE, TITLE, YEAR)
    headings: ClassVar[dict[str, str]] = {**CourierSheet.headings, "title": TITLE, "year": YEAR}
    title = Field(attribute="title", column_name=TITLE, widget=Text(most=TITLE_LENGTH))
    year = Field(
        attribute="year", column_name=YEAR, widget=YearCell(most=8, pattern=r"[0-9]{4}", hint="要填年份，如 2026。")
    )

    class Meta(SheetResource.Meta):
        model = Honour
        fields = ("phone", "name", "title", "year")
        import_order = export_order = fields
        import_id_fields = ("phone",)

    def give(self, instance: Any, courier: Courier) -> None:
        instance.pk = honour(courier, title=instance.title, year=instance.year, by=self.by).pk

    def _twice(self, row: Any, errors: dict[str, list[str]], number: int) -> None:
        super()._twice({**row, YEAR: self.fields["year"].widget.read(row[YEAR])}, errors, number)


HONOUR_NOTES = {
    **COURIER_NOTES,
    TITLE: "如：优秀快递员。同一种荣誉每次写法要一样，体检项目按它认人。",
    YEAR: f"四位数字，{FIRST_YEAR} 年到今年之间。同一个人、同一年、同一种荣誉只登记一次。",
}
