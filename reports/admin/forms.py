"""What the staff's moves ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from fengchao.core.admin import AskForm
from fengchao.core.templatetags.fengchao import distance
from reports.desk.forms import REASONS, UnitChoice
from reports.desk.words import WithWords
from reports.models import Category, Report, TextTemplate
from reports.services import units

HELP = {
    "accept": "可不写；写了会记在办理经过里，上报人能看到。",
    "assign": "可不写；办理单位能看到。",
    "reject": "上报人会看到。",
    "merge": "上报人会看到，如：已有人报过，正在办理。",
    "ask": "上报人会看到并收到通知。",
    "disprove": "上报人会看到，已得的积分会收回。",
    "reopen": "上报人和办理单位会看到。",
}


class WordsForm(WithWords, AskForm):
    """A move of the staff with words for the reporter."""

    field_order: Sequence[str] = ("ready", "text")

    def __init__(self, data: Any = None, *, move: str, texts: Sequence[TextTemplate], needed: bool = True) -> None:
        super().__init__(data)
        self.needs_words = needed
        self.fields["ready"].widget = UnfoldAdminSelectWidget()
        self.fields["text"].widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        self.fields["text"].help_text = HELP[move]
        self.fields["ready"].help_text = "下面不写，就用选中的这一条。"
        self.offer(texts)


class RejectForm(WordsForm):
    reason = forms.ChoiceField(label="原因", choices=REASONS, widget=UnfoldAdminRadioSelectWidget)
    field_order: Sequence[str] = ("reason", "ready", "text")


class AssignForm(WordsForm):
    organisation = UnitChoice(
        units(), label="办理单位", empty_label="请选择", widget=UnfoldAdminSelectWidget,
        help_text="期限从派单当天算起，按类别的天数。",
    )  # fmt: skip
    field_order: Sequence[str] = ("organisation", "ready", "text")

    def __init__(self, data: Any = None, *, unit: int | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["organisation"].initial = unit


class MergeForm(WordsForm):
    first = forms.ChoiceField(
        label="先报的那件", required=False, widget=UnfoldAdminRadioSelectWidget, help_text="同一辖区、300 米内先报的。"
    )
    number = forms.CharField(
        label="或填编号", max_length=12, required=False, widget=UnfoldAdminTextInputWidget, help_text="如 P2345ABCD"
    )
    adds = forms.BooleanField(
        label="补充了新内容",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="会得到“重复但有新内容”的积分。",
    )
    field_order: Sequence[str] = ("first", "number", "adds", "ready", "text")

    def __init__(self, data: Any = None, *, earlier: Sequence[Report], **options: Any) -> None:
        super().__init__(data, **options)
        choices = [(one.number, named(one)) for one in earlier]
        self.fields["first"].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField
        if not choices:
            del self.fields["first"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        chosen = (given.get("number") or "").strip().upper() or given.get("first") or ""
        if not chosen and "number" not in self.errors:
            self.add_error("number", "请选或填先报的那件。")
        given["duplicate_of"] = chosen
        return given


class CategoryChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        name = f"{obj.parent.name} · {obj.name}" if obj.parent else obj.name
        return f"{name}（保密，改后只有{obj.handler.name}看得到）" if obj.is_confidential else name


class CategoryForm(AskForm):
    category = CategoryChoice(
        Category.objects.none(), label="改成", empty_label="请选择", widget=UnfoldAdminSelectWidget
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        found = Category.objects.fileable().select_related("parent", "handler").order_by("parent__order", "order", "pk")
        self.fields["category"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField


def named(report: Report) -> str:
    """A report in one line, with how far away it is where that is known."""
    metres = getattr(report, "distance_m", None)
    far = f"{distance(metres)}，" if metres is not None else ""
    words = report.place or report.text[:20] or "只有照片"
    return f"{report.number} {report.category}（{far}{report.get_state_display()}）{words}"
