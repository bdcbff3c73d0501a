"""What a unit fills in for each move."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from reports import services
from reports.desk.words import WithWords
from reports.models import Report
from reports.services import offers
from reports.states import RejectReason

NEEDS_WORDS = {"return", "ask", "resolve", "reject", "disprove", "reopen"}
LABELS = {
    "return": ("退回的原因", "街道会看到，如：这段路归水务局管。"),
    "ask": ("要问上报人什么", "他会收到通知，如：在哪个门口？"),
    "resolve": ("办理结果", "上报人会看到，如：已更换井盖并压实。"),
    "reject": ("答复", "上报人会看到。"),
    "disprove": ("核实的情况", "上报人会看到，积分会收回。"),
    "reopen": ("为什么重办", "上报人会看到。"),
    "accept": ("补充说明", ""),
    "assign": ("补充说明", "办理单位会看到。"),
}
REASONS = [choice for choice in RejectReason.choices if choice[0] != RejectReason.DUPLICATE]
"""A duplicate names the first one, which is the street's page."""


class MoveForm(WithWords):
    """`key` makes sending it twice harmless."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, move: str, report: Report) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})
        self.needs_words = move in NEEDS_WORDS
        self.texts = offers.texts(move, {report.category_id})
        self.fields["text"].label, self.fields["text"].help_text = LABELS[move]
        self.offer(self.texts)


class RejectForm(MoveForm):
    reason = forms.ChoiceField(label="原因", choices=REASONS, widget=forms.RadioSelect)
    field_order: Sequence[str] = ("key", "reason", "ready", "text")


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class AssignForm(MoveForm):
    organisation = UnitChoice(services.units(), label="办理单位", empty_label="请选择")
    field_order: Sequence[str] = ("key", "organisation", "ready", "text")

    def __init__(self, data: Any = None, *, move: str, report: Report) -> None:
        super().__init__(data, move=move, report=report)
        self.fields["organisation"].initial = report.area_id


class ResolveForm(MoveForm):
    """Its pictures are read by the view: they are kept when something else is wrong."""

    field_order: Sequence[str] = ("key", "ready", "text")


FORMS: dict[str, type[MoveForm]] = {"reject": RejectForm, "assign": AssignForm, "resolve": ResolveForm}


def form_for(move: str, report: Report, data: Any = None) -> MoveForm:
    return FORMS.get(move, MoveForm)(data, move=move, report=report)
