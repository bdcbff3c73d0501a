"""Couriers as rows of a sheet, by number and name: all get something or nobody does, and every bad cell is named."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Model
from import_export.fields import Field
from tablib import Dataset  # type: ignore[import-untyped]  # ships no types

from accounts.models import Courier
from accounts.models.users import clean_phone
from accounts.services.lookup import couriers_by_phone, refuse_other_name
from fengchao.core.errors import RuleBroken
from fengchao.core.masking import mask_phone
from fengchao.core.sheets import Plain, SheetResource, Text, Unreadable, plain, text

PHONE, NAME = "手机号", "姓名"


class PhoneCell(Plain):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        try:
            return clean_phone(super().clean(value, row, **kwargs))
        except RuleBroken as refusal:
            raise ValueError(refusal.message) from refusal


class CourierSheet(SheetResource):
    """Each row is a courier to whom `give` gives something: a service writes it and its audit row, in which there is no
    number. A subclass adds its own columns and says where a refusal stands by `headings`."""

    key: ClassVar[tuple[str, ...]] = (PHONE,)
    headings: ClassVar[dict[str, str]] = {"name": NAME}
    """Field of a refusal → the heading it stands under; any other stands under the number."""

    phone = Field(attribute="phone", column_name=PHONE, widget=PhoneCell(most=30))
    name = Field(attribute="name", column_name=NAME, widget=Text(most=40))

    def __init__(self, *, by: Any) -> None:
        super().__init__(by=by)
        self.known: dict[str, Courier] = {}

    def give(self, instance: Any, courier: Courier) -> None:
        """Write what the row says, and give `instance` the key of what was written."""
        raise NotImplementedError

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Also raises Unreadable for a sheet without anybody."""
        super().before_import(dataset, **kwargs)
        rows = filled_rows(dataset)
        if not rows:
            raise Unreadable("表里没有人，请从第二行起填写。")
        self.known = couriers_by_phone(_numbers(rows), by=self.by)

    def find(self, row: dict[str, Any]) -> Model | None:
        return None  # every row is new

    def refuse(self, instance: Any, row: dict[str, Any], errors: dict[str, list[str]]) -> None:
        if errors:
            return
        courier = self.known.get(instance.phone)
        if courier is None:
            errors[PHONE] = ["您的范围内没有这个号码的快递小哥，请核对，或请他先登记。"]
            return
        try:
            refuse_other_name(courier, instance.name)
            self.give(instance, courier)
        except RuleBroken as refusal:
            errors[self.headings.get(refusal.field or "", PHONE)] = [refusal.message]

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """It was given."""

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        made, fields = row_result.instance, self.columns()
        is_given = row_result.import_type == "new" and made is not None
        row_result.diff = [_shown(field, made) if is_given else "" for field in fields]

    def _twice(self, row: Any, errors: dict[str, list[str]], number: int) -> None:
        """However a number is written, it is the same."""
        super()._twice({**row, PHONE: _digits(row[PHONE]) or row[PHONE]}, errors, number)


def filled_rows(dataset: Dataset) -> list[dict[str, Any]]:
    rows = [dict(zip(dataset.headers, row, strict=True)) for row in dataset]
    return [row for row in rows if any(map(text, row.values()))]


def _numbers(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {phone for row in rows if (phone := _digits(row[PHONE]))}


def _shown(field: Field, made: Any) -> str:
    return mask_phone(made.phone) if field.attribute == "phone" else str(getattr(made, field.attribute))


def _digits(cell: Any) -> str:
    try:
        return clean_phone(plain(cell))
    except RuleBroken:
        return ""


COURIER_NOTES = {
    PHONE: "11 位手机号。先把这一列设为“文本”格式，免得数字丢失。",
    NAME: "和账号登记的一样，对不上的整张表都不写入。",
}
