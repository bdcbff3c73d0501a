"""Cards for a sheet of couriers: for all of them or for nobody, and every bad cell named."""

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
from vouchers.models import Programme, Voucher
from vouchers.services.issuing import issue

PHONE, NAME = "手机号", "姓名"


class PhoneCell(Plain):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        try:
            return clean_phone(super().clean(value, row, **kwargs))
        except RuleBroken as refusal:
            raise ValueError(refusal.message) from refusal


class VoucherSheet(SheetResource):
    """Each row is a courier by number and name. The service that issues writes the card and its audit row, in which
    there is no number."""

    key: ClassVar[tuple[str, ...]] = (PHONE,)
    phone = Field(attribute="phone", column_name=PHONE, widget=PhoneCell(most=30))
    name = Field(attribute="name", column_name=NAME, widget=Text(most=40))

    class Meta(SheetResource.Meta):
        model = Voucher
        fields = ("phone", "name")
        import_order = export_order = fields
        import_id_fields = ("phone",)

    def __init__(self, *, by: Any, programme: Programme | None = None) -> None:
        super().__init__(by=by)
        self.programme = programme
        self.known: dict[str, Courier] = {}
        self.fits = False  # as long as it is not known whether there are places for all, nothing is issued

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Also raises Unreadable for more couriers than there are places, and for a sheet without any."""
        super().before_import(dataset, **kwargs)
        rows = [dict(zip(dataset.headers, row, strict=True)) for row in dataset]
        filled = [row for row in rows if any(map(text, row.values()))]
        if not filled:
            raise Unreadable("表里没有人，请从第二行起填写。")
        if self.programme is None:
            raise Unreadable("请选择体检项目。")
        self.known = couriers_by_phone({phone for row in filled if (phone := _digits(row[PHONE]))}, by=self.by)
        left = Programme.objects.get(pk=self.programme.pk).left
        if len(filled) > left:
            raise Unreadable(f"表里有 {len(filled)} 人，“{self.programme}”只剩 {left} 个名额，一张也没有发。")
        self.fits = True

    def find(self, row: dict[str, Any]) -> Model | None:
        return None  # every row is a new card

    def refuse(self, instance: Any, row: dict[str, Any], errors: dict[str, list[str]]) -> None:
        if errors or self.programme is None:
            return
        courier = self.known.get(instance.phone)
        if courier is None:
            errors[PHONE] = ["您的范围内没有这个号码的快递小哥，请核对，或请他先登记。"]
            return
        try:
            refuse_other_name(courier, instance.name)
            if self.fits:
                card = issue(self.programme, courier, by=self.by)
                instance.pk, instance.code = card.pk, card.code
        except RuleBroken as refusal:
            errors[NAME if refusal.field == "name" else PHONE] = [refusal.message]

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """It was issued."""

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        made = row_result.instance
        is_card = row_result.import_type == "new" and made is not None
        row_result.diff = [mask_phone(made.phone), made.name] if is_card else ["", ""]

    def _twice(self, row: Any, errors: dict[str, list[str]], number: int) -> None:
        """However a number is written, it is the same."""
        super()._twice({**row, PHONE: _digits(row[PHONE]) or row[PHONE]}, errors, number)


def _digits(cell: Any) -> str:
    try:
        return clean_phone(plain(cell))
    except RuleBroken:
        return ""


VOUCHER_NOTES = {
    PHONE: "11 位手机号。先把这一列设为“文本”格式，免得数字丢失。",
    NAME: "和账号登记的一样，对不上的不发。",
}
