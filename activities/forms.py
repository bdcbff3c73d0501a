"""The shape of what a courier tells of his deed. What is right is decided by the services."""

import uuid
from typing import Any

from django import forms

from activities.models.deeds import LONGEST
from activities.services.deeds import PLACE_LENGTH, TEXT_LENGTH, WITNESS_LENGTH
from fengchao.core import clock
from stations.models import Station

KEY = r"^[\x21-\x7e]{1,60}$"
"""Makes sending a page twice harmless."""

HOW_LONG = "请选用了多久。"


def new_key() -> str:
    return uuid.uuid4().hex


def _too_long(most: int) -> dict[str, str]:
    return {"max_length": f"不能超过 {most} 个字。"}


class DeedForm(forms.Form):
    """What he did. Its pictures are `core.uploads`'."""

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    # How long it may be the service says: a browser counts a new line once, and sends it as two characters.
    text = forms.CharField(label="做了什么", error_messages={"required": "请写一写做了什么。"})
    place = forms.CharField(
        label="在哪里", max_length=PLACE_LENGTH,
        error_messages={"required": "请写在哪里。", **_too_long(PLACE_LENGTH)},
    )  # fmt: skip
    station = forms.ModelChoiceField(
        Station.objects.active(), label="哪个蜂巢附近", to_field_name="code", required=False,
        error_messages={"invalid_choice": "请选一个蜂巢，或者不选。"},
    )  # fmt: skip
    happened_on = forms.DateField(
        label="哪一天", error_messages={"required": "请选日期。", "invalid": "请选日期。"}
    )  # fmt: skip
    minutes = forms.IntegerField(label="用了多久", required=False, error_messages={"invalid": HOW_LONG})
    minutes_else = forms.IntegerField(
        label="别的时间（分钟）", required=False, min_value=1, max_value=LONGEST,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "时间在 1 分钟到 8 小时之间。"),
    )  # fmt: skip
    witness = forms.CharField(
        label="谁看见了", max_length=WITNESS_LENGTH,
        error_messages={"required": "请写谁看见了，如“水果店老板”。", **_too_long(WITNESS_LENGTH)},
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": new_key(), "happened_on": clock.shanghai_day(clock.now())})

    @property
    def choices(self) -> list[tuple[int, str]]:
        """(minutes, in words)"""
        return [(15, "15 分钟"), (30, "半小时"), (60, "1 小时"), (120, "2 小时")]

    @property
    def day(self) -> str:
        """As the field of a browser wants it."""
        value = self["happened_on"].value()
        return str(value or "")

    @property
    def today(self) -> str:
        return clock.shanghai_day(clock.now()).isoformat()

    @property
    def text_length(self) -> int:
        return TEXT_LENGTH

    def clean(self) -> dict[str, Any]:
        """What he typed himself goes before the choice."""
        given = self.cleaned_data
        given["minutes"] = given.get("minutes_else") or given.get("minutes")
        if given["minutes"] is None and not self.errors.keys() & {"minutes", "minutes_else"}:
            self.add_error("minutes", HOW_LONG)
        return given

    def said(self) -> dict[str, Any]:
        """In the words of `services.tell_of`."""
        given = self.cleaned_data
        return {name: given[name] for name in ("text", "place", "station", "happened_on", "minutes", "witness")}
