"""What the district's moves ask for."""

from datetime import time
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.admin.honours import NamedCourierForm
from accounts.models import User
from fengchao.core import clock
from fengchao.core.admin import AskForm
from vouchers.models import Programme
from vouchers.services.line import Plan
from vouchers.services.turns import SENTENCE_LENGTH

WORKDAYS, CHOSEN = "workdays", "chosen"
DAYS = [(str(nr), f"周{name}") for nr, name in enumerate("一二三四五六日")]


class ProgrammeChoice(forms.ModelChoiceField):
    """Programmes that somebody runs, with what is left of each."""

    def __init__(self, **kwargs: Any) -> None:
        usual = {"label": "体检项目", "empty_label": "请选择", "widget": UnfoldAdminSelectWidget}
        super().__init__(Programme.objects.none(), **{**usual, **kwargs})

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}（剩 {obj.left} 个名额）"


def run_by(user: User) -> Any:
    """Not over yet, the newest first."""
    found = Programme.objects.managed_by(user).filter(valid_until__gte=clock.shanghai_day(clock.now()), is_active=True)
    return found.order_by("-valid_from", "pk")


class ProgrammeForm(AskForm):
    programme = ProgrammeChoice()

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.fields["programme"].queryset = run_by(user)  # type: ignore[attr-defined]  # of a ModelChoiceField


class CourierAndProgrammeForm(ProgrammeForm, NamedCourierForm):
    field_order = ("programme", "phone", "name")


class ReasonForm(AskForm):
    reason = forms.CharField(
        label="作废原因", max_length=SENTENCE_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="快递小哥会看到。名额回到项目里，先给候补的人。",
    )  # fmt: skip


class CapacityForm(AskForm):
    capacity = forms.IntegerField(
        label="人数", min_value=1, widget=UnfoldAdminIntegerFieldWidget,
        help_text="每个时段能约几人，不能比已经约的少。多出来的先给候补的人。",
    )  # fmt: skip


class SlotsForm(ProgrammeForm):
    first = forms.DateField(label="从", widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}))
    last = forms.DateField(label="到", widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}))
    days = forms.ChoiceField(
        label="哪些天", choices=[(WORKDAYS, "工作日（节假日不排，调休上班的周末排）"), (CHOSEN, "按下面勾选的星期")],
        initial=WORKDAYS, widget=UnfoldAdminRadioSelectWidget,
    )  # fmt: skip
    weekdays = forms.MultipleChoiceField(
        label="星期", choices=DAYS, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )  # fmt: skip
    start = forms.TimeField(
        label="开始时间", initial=time(8), widget=UnfoldAdminSingleTimeWidget(attrs={"type": "time"})
    )
    end = forms.TimeField(
        label="结束时间", initial=time(10), widget=UnfoldAdminSingleTimeWidget(attrs={"type": "time"})
    )
    minutes = forms.IntegerField(
        label="每个时段几分钟", initial=30, min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )  # fmt: skip
    places = forms.IntegerField(label="每个时段几人", initial=8, min_value=1, widget=UnfoldAdminIntegerFieldWidget)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("days") == CHOSEN and not given.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", "请勾选星期，或改选工作日。")
        return given

    def plan(self) -> Plan:
        given = self.cleaned_data
        chosen = frozenset(map(int, given["weekdays"])) if given["days"] == CHOSEN else None
        return Plan(
            given["first"], given["last"], given["start"], given["end"], given["minutes"], given["places"], chosen
        )  # fmt: skip
