"""The shapes of what a courier hopes for and says. What is right is decided by the services."""

from typing import Any

from django import forms
from django.conf import settings

from stations.models import Station
from wishes.models.wishes import DEAREST
from wishes.services.hanging import FOR_WHOM_LENGTH, TEXT_LENGTH, TITLE_LENGTH
from wishes.services.receipt import THANKS_LENGTH
from wishes.states import WishCategory

ICONS = {
    WishCategory.DAILY: "shopping-basket", WishCategory.CLOTHING: "shirt", WishCategory.GEAR: "bike",
    WishCategory.DEVICE: "plug", WishCategory.FAMILY: "baby", WishCategory.HELP: "graduation-cap",
    WishCategory.STATION: "store", WishCategory.OTHER: "sparkles",
}  # fmt: skip
WHOMS = ("自己", "孩子", "父母", "爱人", "大家")
NAMED, ANONYMOUS = "named", "anonymous"
PRICE = "请写大概多少钱，1 元以上的整数。"


class WishForm(forms.Form):
    """What a wish says. Its picture is `core.uploads`'."""

    category = forms.ChoiceField(
        label="哪一类", choices=WishCategory.choices,
        error_messages={"required": "请选一个类别。", "invalid_choice": "请选一个类别。"},
    )  # fmt: skip
    title = forms.CharField(
        label="想要什么", max_length=TITLE_LENGTH,
        error_messages={"required": "写写想要什么，如“新风扇”。", "max_length": f"不能超过 {TITLE_LENGTH} 个字。"},
    )  # fmt: skip
    # How long it may be the service says: a browser counts a new line once, and sends it as two characters.
    text = forms.CharField(label="为什么想要", required=False)
    for_whom = forms.CharField(label="给谁", required=False, max_length=FOR_WHOM_LENGTH)
    for_whom_else = forms.CharField(
        label="给别人", required=False, max_length=FOR_WHOM_LENGTH,
        error_messages={"max_length": f"不能超过 {FOR_WHOM_LENGTH} 个字。"},
    )  # fmt: skip
    price = forms.IntegerField(
        label="大概多少钱（元）", min_value=1, max_value=DEAREST,
        error_messages={"required": PRICE, "invalid": PRICE, "min_value": PRICE, "max_value": "这个数太大了，请核对。"},
    )  # fmt: skip
    shown_as = forms.ChoiceField(
        label="树上怎么称呼", choices=[(NAMED, ""), (ANONYMOUS, "")], required=False, initial=NAMED,
        error_messages={"invalid_choice": "请选一种称呼。"},
    )  # fmt: skip

    @property
    def ceiling(self) -> int:
        ceiling: int = settings.WISH_PRICE_CEILING
        return ceiling

    @property
    def whoms(self) -> tuple[str, ...]:
        return WHOMS

    @property
    def text_length(self) -> int:
        return TEXT_LENGTH

    @property
    def categories(self) -> list[tuple[str, str, str]]:
        """(value, name, icon)"""
        return [(category.value, category.label, ICONS[category]) for category in WishCategory]

    def said(self) -> dict[str, Any]:
        """In the words of `services.hang`; what he typed himself goes before the chip."""
        given = self.cleaned_data
        return {
            "category": given["category"], "title": given["title"], "text": given["text"], "price": given["price"],
            "for_whom": given["for_whom_else"] or given["for_whom"], "anonymous": given["shown_as"] == ANONYMOUS,
        }  # fmt: skip


class HangForm(WishForm):
    """A courier's own, at the tree he chooses."""

    station = forms.ModelChoiceField(
        Station.objects.active(), label="挂在哪个蜂巢", to_field_name="code",
        error_messages={"required": "请选一个蜂巢。", "invalid_choice": "请选一个蜂巢。"},
    )  # fmt: skip

    def said(self) -> dict[str, Any]:
        return {**super().said(), "station": self.cleaned_data["station"]}


class PaperForm(WishForm):
    """From paper at the counter, for whom the ticket stands for. `key` makes a second sending harmless."""

    ticket = forms.CharField(max_length=600)
    key = forms.RegexField(r"^[\x21-\x7e]{1,255}$")


class ThankForm(forms.Form):
    text = forms.CharField(label="说声谢谢", required=False, max_length=THANKS_LENGTH,
                           error_messages={"max_length": f"不能超过 {THANKS_LENGTH} 个字。"})  # fmt: skip
