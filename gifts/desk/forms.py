"""What is typed on the stock and paper slip pages. What is right is decided by the services."""

from collections.abc import Iterable
from typing import Any

from django import forms

from gifts.models import LARGEST_QUANTITY, Gift
from gifts.services.stock import StockLevel
from gifts.states import MovementKind
from stations.models import Station

KINDS = [(kind.value, kind.label) for kind in MovementKind if kind != MovementKind.COUNTED]
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}


class KeyForm(forms.Form):
    """`key` makes sending the same page twice harmless."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,255}$", widget=forms.HiddenInput)


class MoveForm(KeyForm):
    """A movement of the station's stock; counts have a page of their own."""

    kind = forms.ChoiceField(label="做什么", choices=KINDS, widget=forms.RadioSelect)
    gift = forms.ChoiceField(label="礼品", error_messages={"required": "请选一种礼品。"})
    quantity = forms.IntegerField(
        label="几件", min_value=1, max_value=LARGEST_QUANTITY, widget=forms.TextInput(attrs=NUMERIC)
    )
    to_station = forms.ChoiceField(label="调往（只用于调拨）", required=False)
    note = forms.CharField(label="备注", max_length=200, required=False)

    def __init__(
        self, *args: Any, levels: Iterable[StockLevel], others: Iterable[Station], first: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        gifts = [(level.gift.code, f"{level.gift.name}（可出 {level.available}）") for level in levels]
        self.fields["gift"].choices = [("", "选礼品"), *gifts]  # type: ignore[attr-defined]
        places = [(station.code, station.name) for station in others]
        self.fields["to_station"].choices = [("", "选蜂巢"), *places]  # type: ignore[attr-defined]
        if not places:
            del self.fields["to_station"]
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                choice for choice in KINDS if choice[0] != MovementKind.TRANSFERRED
            ]
        self.initial.setdefault("kind", MovementKind.RECEIVED)
        focus = "gift"
        if first in dict(gifts):
            self.initial["gift"], focus = first, "quantity"
        if not self.is_bound:
            self.fields[focus].widget.attrs["autofocus"] = True


class CountForm(KeyForm):
    """A number for each gift that was counted just now; an empty field says nothing."""

    def __init__(self, *args: Any, gifts: Iterable[Gift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gifts = list(gifts)
        for gift in self.gifts:
            self.fields[name_of(gift.code)] = forms.IntegerField(
                label=f"{gift.name}实盘数", required=False, min_value=0, max_value=LARGEST_QUANTITY,
                widget=forms.TextInput(attrs=NUMERIC),
            )  # fmt: skip

    def counts(self) -> dict[Gift, int]:
        given = self.cleaned_data
        return {gift: given[name] for gift in self.gifts if given[name := name_of(gift.code)] is not None}


def name_of(gift_code: str) -> str:
    return f"n-{gift_code}"


class StockTakeForm(KeyForm):
    """Which stock-take the page showed: a move never falls on another one that has begun since."""

    number = forms.CharField(max_length=12, required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label="作废原因", max_length=200, required=False)


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label="快递小哥手机号", max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "autofocus": True}),
    )  # fmt: skip


class SlipForm(KeyForm):
    token = forms.CharField(max_length=600, widget=forms.HiddenInput)
    gift = forms.ChoiceField(
        label="交付的礼品",
        error_messages={"required": "请选一种礼品。"},
        widget=forms.Select(attrs={"autofocus": True}),
    )
    handed_over_at = forms.DateTimeField(
        label="交付时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(label="为什么补录", max_length=200)

    def __init__(self, *args: Any, gifts: Iterable[Gift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(gift.code, f"{gift.name}（{gift.points:,} 分）") for gift in gifts]
        self.fields["gift"].choices = [("", "选礼品"), *choices]  # type: ignore[attr-defined]
