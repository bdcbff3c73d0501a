"""Forms of the pages of this app: they check shape, the services decide."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.conf import settings

from accounts.models import Organisation, Outlet
from accounts.models.users import clean_code, clean_phone
from accounts.problems import CredentialsInvalid
from accounts.services.registration import NAME_LENGTH
from accounts.services.staff import spend_second_factor
from fengchao.core.errors import RuleBroken

WRONG_CODE = "动态验证码不对或已用过，请等下一个再试。"


class PhoneField(forms.CharField):
    """A mainland mobile number; its value is the 11 digits."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "手机号")
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault("error_messages", {"required": "请输入 11 位手机号码。"})
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return clean_phone(text)
        except RuleBroken as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal


class PhoneForm(forms.Form):
    phone = PhoneField()
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class SmsCodeField(forms.CharField):
    """Six digits of a text message, however they are typed."""

    def __init__(self, **kwargs: Any) -> None:
        digits = {"class": "digits", "inputmode": "numeric", "autocomplete": "one-time-code"}
        kwargs.setdefault("widget", forms.TextInput(attrs=digits))
        super().__init__(max_length=12, error_messages={"required": "请输入短信里的 6 位数。"}, **kwargs)

    def clean(self, value: Any) -> str:
        code = clean_code(super().clean(value))
        if len(code) != 6 or not code.isdecimal():
            raise forms.ValidationError("请输入短信里的 6 位数。")
        return code


class CodeForm(forms.Form):
    code = SmsCodeField(label="验证码")


class WhoForm(forms.Form):
    """Name and outlet, or without one the street."""

    name = forms.CharField(
        label="姓名",
        max_length=NAME_LENGTH,
        error_messages={"required": "请填写姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    outlet = forms.ModelChoiceField(Outlet.objects.select_related("enterprise"), label="所在网点", required=False)
    street = forms.ModelChoiceField(Organisation.objects.none(), label="常跑的街道", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outlet"].choices = _by_enterprise()  # type: ignore[attr-defined]  # a ModelChoiceField has them
        street = self.fields["street"]
        assert isinstance(street, forms.ModelChoiceField)
        street.queryset = streets()
        street.empty_label = "请选择"


class RegisterForm(WhoForm):
    """The notice's version goes along, so that nobody agrees to another than he could read."""

    consent = forms.BooleanField(label="同意隐私说明", error_messages={"required": "请阅读并同意隐私说明。"})
    consent_version = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent_version"].initial = settings.PRIVACY_NOTICE_VERSION

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        nowhere = not cleaned.get("outlet") and not cleaned.get("street")
        if nowhere and not self.errors.keys() & {"outlet", "street"} and streets().exists():
            self.add_error("street", "没有固定网点的话，请选一个常跑的街道。")
        return cleaned


class ConsentForm(forms.Form):
    """The notice's version goes along, so that nobody agrees to another than he could read."""

    consent = forms.BooleanField(label="我看过并同意", error_messages={"required": "请阅读并同意隐私说明。"})
    consent_version = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent_version"].initial = settings.PRIVACY_NOTICE_VERSION


class NewNumberForm(forms.Form):
    phone = PhoneField(
        label="新手机号",
        widget=forms.TextInput(attrs={"class": "phone-in", "inputmode": "tel", "autocomplete": "off"}),
    )


class BothCodesForm(forms.Form):
    """One code came to the number the account has, one to the number it shall have."""

    new_code = SmsCodeField(label="新手机号收到的验证码")
    old_code = SmsCodeField(label="原手机号收到的验证码")


class CloseForm(forms.Form):
    sure = forms.BooleanField(
        label="我知道积分和预约不能恢复", error_messages={"required": "确认要注销的话，请先勾选。"}
    )


class SecondFactorForm(AuthenticateForm):
    """allauth's, with a code that is good once in every process, and a limit that is counted in PostgreSQL."""

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = _spend(self.user, code)
        return code


class SecondFactorAgainForm(ReauthenticateForm):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = _spend(self.user, code)
        return code


def streets() -> Any:
    """Where a courier without an outlet may say he rides."""
    kinds = (Organisation.Kind.STREET, Organisation.Kind.ZONE)
    return Organisation.objects.filter(kind__in=kinds).order_by("path")


def _spend(user: Any, code: str) -> Any:
    try:
        return spend_second_factor(user, code)
    except RuleBroken as refusal:
        message = WRONG_CODE if isinstance(refusal, CredentialsInvalid) else refusal.message
        raise forms.ValidationError(message, code=refusal.code) from refusal


def _by_enterprise() -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[int, str]]] = {}
    for outlet in Outlet.objects.select_related("enterprise").order_by("enterprise__name", "name"):
        groups.setdefault(outlet.enterprise.name, []).append((outlet.pk, outlet.name))
    return [("", "没有固定网点"), *groups.items()]
