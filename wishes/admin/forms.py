"""What the staff's moves ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from fengchao.core.admin import AskForm
from wishes.models import Improvement, Wish
from wishes.services.improvements import TITLE_LENGTH
from wishes.services.turns import SENTENCE_LENGTH

READY = {
    "reject": (
        "微心愿不能是现金、红包或转账，请改成具体的东西再挂。",
        "超过了 {ceiling} 元的预算，请换一个小一点的心愿。",
        "里面有电话号码，请删掉再挂，办好会通知你。",
        "写得不够具体，请写清楚想要什么，再挂一次。",
        "这不属于微心愿，可以到蜂巢柜台说明情况，我们帮你找合适的部门。",
    ),
    "withdraw": ("这件事已经用别的办法解决了。", "内容不合适公开，请改一改再挂。"),
    "hide_thanks": ("有电话或微信号，不宜公开。", "有广告。", "写了别人的姓名。"),
}
"""Sentences that fit most cases; what is written goes before what is chosen."""

HELP = {
    "reject": "许愿人会看到。",
    "withdraw": "许愿人会看到。",
    "hide_thanks": "记在审计里，道谢的原文只有工作人员和许愿人看得到。",
}


class ReasonForm(AskForm):
    """A reason in words, or one of the ready ones."""

    ready = forms.ChoiceField(label="常用原因", required=False, widget=UnfoldAdminRadioSelectWidget)
    reason = forms.CharField(
        label="原因", required=False, max_length=SENTENCE_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None, *, move: str) -> None:
        super().__init__(data)
        texts = [words.format(ceiling=settings.WISH_PRICE_CEILING) for words in READY[move]]
        sentences = [(words, words) for words in texts]
        self.fields["ready"].choices = sentences  # type: ignore[attr-defined]  # of a ChoiceField
        self.fields["ready"].help_text = "下面不写，就用选中的这一条。"
        self.fields["reason"].help_text = HELP[move]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["reason"] = (given.get("reason") or "").strip() or given.get("ready") or ""
        if not given["reason"] and "reason" not in self.errors:
            self.add_error("reason", "请写一句原因，或选一条常用的。")
        return given


class ImprovementChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}（{obj.at.month} 月起）"


class ImproveForm(AskForm):
    """A new improvement by its title, or one that is under way at the same station."""

    improvement = ImprovementChoice(
        Improvement.objects.none(), label="并入正在进行的改进", required=False, empty_label="不并入，新的改进",
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    title = forms.CharField(
        label="改进什么", required=False, max_length=TITLE_LENGTH, widget=UnfoldAdminTextInputWidget,
        help_text="许愿人会看到，如：装一台直饮水机。由蜂巢所属单位认领，不限 7 天。",
    )  # fmt: skip
    field_order: Sequence[str] = ("improvement", "title")

    def __init__(self, data: Any = None, *, wishes: Sequence[Wish], user: Any) -> None:
        super().__init__(data)
        stations = {wish.station_id for wish in wishes}
        under_way = Improvement.objects.managed_by(user).under_way().filter(station__in=stations)
        found = under_way.select_related("station").order_by("-at")
        self.fields["improvement"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField
        if not found:
            del self.fields["improvement"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("improvement") and not (given.get("title") or "").strip() and "title" not in self.errors:
            self.add_error("title", "请写一句改进什么，或选一项正在进行的改进。")
        return given


class FinishForm(AskForm):
    note = forms.CharField(
        label="完成说明", max_length=SENTENCE_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="所有许愿人会看到，如：直饮水机装好了，在进门左手边。",
    )  # fmt: skip
