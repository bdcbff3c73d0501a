"""The shapes of what couriers and the centre send. What is right is decided by the services."""

import uuid
from typing import Any

from django import forms

from vouchers.models import Item, Voucher

BIGGEST_KEY = 2**63 - 1


class SlotForm(forms.Form):
    slot = forms.IntegerField(min_value=1, max_value=BIGGEST_KEY)


class ScanForm(forms.Form):
    """Typed, or by a scanner gun, which ends with Enter."""

    code = forms.CharField(max_length=60)


class MoveForm(forms.Form):
    """`key` makes sending it twice harmless."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,60}$", widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})


class TickForm(MoveForm):
    """An item of the voucher, and whether it was done."""

    item = forms.ModelChoiceField(Item.objects.none())
    done = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda said: said == "1")

    def __init__(self, data: Any = None, *, voucher: Voucher) -> None:
        super().__init__(data)
        self.fields["item"].queryset = voucher.programme.items.all()  # type: ignore[attr-defined]  # of a ModelChoiceField


class CompleteForm(MoveForm):
    """`partly`: he was told which items are left."""

    partly = forms.BooleanField(required=False)
