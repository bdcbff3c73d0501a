"""What a community worker fills in about things that are lent."""

import uuid
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import Organisation
from activities.services.sharing import NOTE_LENGTH, PURPOSE_LENGTH
from activities.sharing_states import ResourceKind

A_MOMENT = "%Y-%m-%dT%H:%M"


class FilterForm(forms.Form):
    """What is not understood narrows nothing."""

    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部类别"), *ResourceKind.choices])
    words = forms.CharField(label="名称或单位", required=False, max_length=40)

    @property
    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    def narrow(self, rows: Any) -> Any:
        self.is_valid()
        given = self.cleaned_data
        if kind := given.get("kind"):
            rows = rows.filter(kind=kind)
        for word in (given.get("words") or "").split():
            rows = rows.filter(Q(name__icontains=word) | Q(organisation__name__icontains=word))
        return rows


class KeyForm(forms.Form):
    """`key` makes sending it twice harmless."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})


def _moment(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}, format=A_MOMENT)
    return forms.DateTimeField(
        label=label, input_formats=[A_MOMENT, f"{A_MOMENT}:%S"], widget=widget,
        error_messages={"required": "请选择日期和时间。", "invalid": "请填日期和时间，如 2026-11-26T09:00。"},
    )  # fmt: skip


class AskForm(KeyForm):
    """`borrower` is asked for where there is a choice."""

    borrower = forms.ModelChoiceField(
        Organisation.objects.none(), label="以哪个单位的名义", empty_label="请选择",
        error_messages={"invalid_choice": "请选择您所在的单位。", "required": "请选择您所在的单位。"},
    )  # fmt: skip
    starts_at = _moment("从什么时候")
    ends_at = _moment("到什么时候")
    purpose = forms.CharField(
        label="用来做什么", max_length=PURPOSE_LENGTH, help_text="出借的单位会看到，如：小哥急救培训，约 30 人。",
        error_messages={"required": "请写一句用途。"},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)
        few = list(organisations[:2])
        self.only = few[0] if len(few) == 1 else None
        if self.only is not None:
            del self.fields["borrower"]
        else:
            self.fields["borrower"].queryset = organisations  # type: ignore[attr-defined]  # of a ModelChoiceField

    @property
    def chosen(self) -> Organisation:
        found: Organisation = self.only or self.cleaned_data["borrower"]
        return found


class MoveForm(KeyForm):
    note = forms.CharField(
        label="说明", max_length=NOTE_LENGTH, required=False, help_text="对方会看到。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
