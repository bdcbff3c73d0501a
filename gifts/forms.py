"""The shapes of what is typed at the counter. What is right is decided by the services."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile


class IdentifyForm(forms.Form):
    """A scanner gun and a keyboard type into the same field: six digits, or the whole token."""

    code = forms.CharField(required=False, max_length=600)
    image = forms.FileField(required=False)

    def clean_code(self) -> str:
        # Guns add blanks, input methods full-width digits.
        typed = "".join(self.cleaned_data["code"].split())
        return typed.translate(str.maketrans("０１２３４５６７８９", "0123456789"))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not given.get("code") and not given.get("image"):
            self.add_error("code", "请扫码，或输入 6 位动态码。")
        return given

    def way(self) -> dict[str, Any]:
        """Keyword arguments for `stations.counter.identify`."""
        image: UploadedFile | None = self.cleaned_data.get("image")
        code: str = self.cleaned_data["code"]
        if image:
            return {"image": image}
        return {"digits": code} if code.isdigit() else {"token": code}


class RedeemForm(forms.Form):
    ticket = forms.CharField(max_length=600)
    gift = forms.SlugField(max_length=32, error_messages={"required": "请先选一件礼品。"})
    key = forms.RegexField(r"^[\x21-\x7e]{1,255}$")


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
