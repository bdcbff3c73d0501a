"""The shapes of what a courier tells and answers. What is right is decided by the services."""

from typing import Any

from django import forms

from fengchao.core import geo
from fengchao.core.errors import RuleBroken
from reports.models import Category
from reports.services.filing import KEY_LENGTH, PLACE_LENGTH, TEXT_LENGTH
from reports.services.replies import RATING_LENGTH
from reports.services.turns import TEXT_LENGTH as SENTENCE_LENGTH
from stations.models import Station

STARS = [(5, "很满意"), (4, "满意"), (3, "一般"), (2, "不太好"), (1, "很差")]


class FileForm(forms.Form):
    """A report. Its photos are `core.uploads`', the answers to a category's questions its own (`q-<code>`)."""

    category = forms.ModelChoiceField(
        Category.objects.fileable(), to_field_name="code", error_messages={"required": "请选一个类别。"}
    )
    text = forms.CharField(
        label="说一句情况", required=False, max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    place = forms.CharField(label="地点描述", required=False, max_length=PLACE_LENGTH)
    station = forms.ModelChoiceField(Station.objects.active(), required=False, to_field_name="code")
    lat = forms.FloatField(required=False)
    lng = forms.FloatField(required=False)
    accuracy_m = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    happened_at = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": "请写日期和时间。"},
    )  # fmt: skip
    by_sms = forms.BooleanField(label="有结果时发短信告诉我", required=False)
    client_key = forms.CharField(required=False, max_length=KEY_LENGTH)

    def __init__(self, *args: Any, needs_place: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs_place = needs_place

    def clean(self) -> dict[str, Any]:
        """A position is whole and in China. Where no map shows the pin, words must lead there."""
        given = self.cleaned_data
        given["position"] = None
        try:
            given["position"] = geo.given(given.get("lat"), given.get("lng"))
        except RuleBroken as refusal:
            self.add_error("place", refusal.message)
        if not given.get("place") and "place" not in self.errors and (self.needs_place or given["position"] is None):
            self.add_error("place", "请写清楚在什么地方，如“解放大道 32 号门口”。")
        return given


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="你的回答", max_length=SENTENCE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class ReopenForm(forms.Form):
    text = forms.CharField(
        label="哪里没解决", max_length=SENTENCE_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="14 天内可以要求重办一次。",
    )  # fmt: skip


class AppealForm(forms.Form):
    text = forms.CharField(
        label="为什么应当受理", max_length=SENTENCE_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="可以申诉一次，由另一位工作人员复核。",
    )  # fmt: skip


class RateForm(forms.Form):
    stars = forms.TypedChoiceField(
        label="办得怎么样", choices=STARS, coerce=int, widget=forms.RadioSelect,
        error_messages={"required": "请选择 1 到 5 星。", "invalid_choice": "请选择 1 到 5 星。"},
    )  # fmt: skip
    text = forms.CharField(
        label="想说的话", required=False, max_length=RATING_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )
