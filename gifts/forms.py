"""The shapes of what is typed at the counter. What is right is decided by the services."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from fengchao.core import codes

PICKUP_CODE_LENGTH = 8
VISIBLE_ASCII = r"^[\x21-\x7e]{1,255}$"


class IdentifyForm(forms.Form):
    """A scanner gun and a keyboard type into the same field: six digits, the whole token, or a pickup code."""

    code = forms.CharField(required=False, max_length=600)
    image = forms.FileField(required=False)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not given.get("code") and not given.get("image"):
            self.add_error("code", "请扫码，或输入 6 位动态码、8 位取货码。")
        return given

    @property
    def picture(self) -> UploadedFile | None:
        found: UploadedFile | None = self.cleaned_data.get("image")
        return found


def told_apart(text: str) -> dict[str, Any]:
    """What a code is: `pickup_code` by its length, `digits`, or else a `token`, which is left as it is."""
    meant = codes.as_meant(text)
    if len(meant) == PICKUP_CODE_LENGTH and meant.isalnum():
        return {"pickup_code": meant}
    return {"digits": meant} if meant.isdigit() else {"token": "".join(text.split())}


class RedeemForm(forms.Form):
    ticket = forms.CharField(max_length=600)
    gift = forms.SlugField(max_length=32, error_messages={"required": "请先选一件礼品。"})
    key = forms.RegexField(VISIBLE_ASCII)


class PickUpForm(forms.Form):
    pickup_code = forms.CharField(max_length=40)
    key = forms.RegexField(VISIBLE_ASCII)

    def clean_pickup_code(self) -> str:
        return codes.as_meant(self.cleaned_data["pickup_code"])


class ReserveForm(forms.Form):
    """A courier's own: which gift, where, and the key of this page, so that a second submit does nothing new."""

    gift = forms.SlugField(max_length=32)
    station = forms.CharField(max_length=20)
    key = forms.RegexField(VISIBLE_ASCII)


class TicketForm(forms.Form):
    ticket = forms.CharField(max_length=600)


class SuggestForm(forms.Form):
    text = forms.CharField(
        label="想要什么礼品", max_length=60, widget=forms.TextInput(attrs={"placeholder": "如：充电宝、雨衣"})
    )


class AnnulForm(forms.Form):
    reason = forms.CharField(
        label="为什么撤销", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), initial="给错了礼品"
    )
