"""What an action on grants and couriers still has to know."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Courier, User
from accounts.models.users import clean_phone
from fengchao.core.admin import AskForm
from fengchao.core.errors import BadValue
from fengchao.core.masking import mask_phone
from points.models import AT_ONCE
from points.rules import grantable
from points.services.grants import AT_ONCE_A_DAY, MOST, REASON_LENGTH

FEW = 20
"""Couriers of one name among whom somebody still finds the right one."""


class GrantForm(AskForm):
    points = forms.IntegerField(
        label="每人积分",
        min_value=1,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"每人不超过 {AT_ONCE} 分、您当天合计不超过 {AT_ONCE_A_DAY} 分的立即入账，超出的等另一位管理员审核。",
    )
    reason = forms.CharField(
        label="事由", max_length=REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="快递小哥会在积分明细里看到。",
    )  # fmt: skip


class CourierChoice(forms.ModelChoiceField):
    """Couriers of one name, told apart by what a list shows of them."""

    def label_from_instance(self, obj: Courier) -> str:
        place = obj.outlet or obj.street or "没有网点"
        return f"{obj}（{mask_phone(obj.user.phone or '')}，{place}）"


class GrantToOneForm(GrantForm):
    """A courier is named by his name or his whole number; of several one is picked. Numbers stand in no address."""

    who = forms.CharField(
        label="快递小哥",
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="姓名或完整的 11 位手机号。有同名的，下一步再选。",
    )
    courier = CourierChoice(
        Courier.objects.none(), label="是哪一位", empty_label="请选择", widget=UnfoldAdminSelectWidget
    )
    field_order = ("who", "courier", "points", "reason")

    def __init__(self, data: Any, *, by: User) -> None:
        super().__init__(data)
        self.fields["points"].label = "积分"
        self.matches = self._matching(str(data.get("who", "")), by) if data else []
        if len(self.matches) > 1:
            several = Courier.objects.filter(pk__in=[courier.pk for courier in self.matches[:FEW]])
            choice: Any = self.fields["courier"]
            choice.queryset = several.select_related("user", "outlet__enterprise", "street")
            choice.error_messages["required"] = f"找到 {len(self.matches)} 位，请选一位。"
        else:
            del self.fields["courier"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if len(self.matches) == 1:
            given["courier"] = self.matches[0]
        elif not self.matches and "who" not in self.errors:
            self.add_error("who", "您的范围内没有这位快递小哥。")
        elif len(self.matches) > FEW:
            self.add_error("who", f"同名的超过 {FEW} 位，请改用手机号。")
        return given

    def _matching(self, who: str, by: User) -> list[Courier]:
        who = who.strip().replace("\0", "")
        reach = grantable(by).select_related("user")
        if any(letter.isdigit() for letter in who):
            try:
                user = User.objects.by_phone(clean_phone(who))
            except BadValue:
                return []
            return list(reach.filter(user=user)) if user else []
        return list(reach.filter(user__name__icontains=who).order_by("user__name", "pk")[: FEW + 1]) if who else []


class WhyForm(AskForm):
    reason = forms.CharField(
        label="原因", max_length=REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )  # fmt: skip
