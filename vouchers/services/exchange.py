"""Cards for a sheet of couriers: for all of them or for nobody, and every bad cell named."""

from typing import Any

from tablib import Dataset  # type: ignore[import-untyped]  # ships no types

from accounts.models import Courier
from accounts.services.sheets import COURIER_NOTES, NAME, CourierSheet, filled_rows
from fengchao.core.sheets import SheetResource, Unreadable
from vouchers.models import Programme, Voucher
from vouchers.services.issuing import issue


class VoucherSheet(CourierSheet):
    class Meta(SheetResource.Meta):
        model = Voucher
        fields = ("phone", "name")
        import_order = export_order = fields
        import_id_fields = ("phone",)

    def __init__(self, *, by: Any, programme: Programme | None = None) -> None:
        super().__init__(by=by)
        self.programme = programme
        self.fits = False  # as long as it is not known whether there are places for all, nothing is issued

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Also raises Unreadable for more couriers than there are places."""
        super().before_import(dataset, **kwargs)
        if self.programme is None:
            raise Unreadable("请选择体检项目。")
        count, left = len(filled_rows(dataset)), Programme.objects.get(pk=self.programme.pk).left
        if count > left:
            raise Unreadable(f"表里有 {count} 人，“{self.programme}”只剩 {left} 个名额，一张也没有发。")
        self.fits = True

    def give(self, instance: Any, courier: Courier) -> None:
        if self.programme is not None and self.fits:
            card = issue(self.programme, courier, by=self.by)
            instance.pk, instance.code = card.pk, card.code


VOUCHER_NOTES = {**COURIER_NOTES, NAME: "和账号登记的一样，对不上的不发。"}
