"""What a claiming organisation fills in."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Organisation
from wishes.models.wishes import DEAREST
from wishes.querysets import WishQuerySet
from wishes.services.turns import SENTENCE_LENGTH
from wishes.states import WishCategory


class FilterForm(forms.Form):
    """What is not understood is said beside its field and narrows nothing."""

    category = forms.ChoiceField(label="类别", required=False, choices=[("", "全部类别"), *WishCategory.choices])
    street = forms.ChoiceField(label="街道", required=False)
    price = forms.IntegerField(
        label="预算不超过（元）", required=False, min_value=1, max_value=DEAREST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 10}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, streets: Sequence[Organisation]) -> None:
        super().__init__(data)
        self.paths = {str(street.pk): street.path for street in streets}
        names = [(str(street.pk), street.name) for street in streets]
        self.fields["street"].choices = [("", "全部街道"), *names]  # type: ignore[attr-defined]  # of a ChoiceField
        if len(streets) < 2:
            del self.fields["street"]

    @property
    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    def narrow(self, wishes: WishQuerySet) -> WishQuerySet:
        self.is_valid()
        given = self.cleaned_data
        if category := given.get("category"):
            wishes = wishes.filter(category=category)
        if street := given.get("street"):
            wishes = wishes.filter(station__organisation__path__startswith=self.paths[street])
        if price := given.get("price"):
            wishes = wishes.filter(price__lte=price)
        return wishes


class MoveForm(forms.Form):
    """`key` makes sending it twice harmless."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})


class ClaimForm(MoveForm):
    """`organisation` is asked for where there is a choice."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="以哪个单位的名义", empty_label="请选择",
        error_messages={"invalid_choice": "请选择您所在的认领单位。"},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(data)
        self.only = organisations[0] if len(organisations) == 1 else None
        if self.only is not None:
            del self.fields["organisation"]
        else:
            keys = [one.pk for one in organisations]
            found = Organisation.objects.filter(pk__in=keys).order_by("path")
            self.fields["organisation"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField

    @property
    def chosen(self) -> Organisation:
        found: Organisation = self.only or self.cleaned_data["organisation"]
        return found


def _words(label: str, hint: str, *, needed: bool) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, max_length=SENTENCE_LENGTH, required=needed,
        widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": "请写一句说明。"},
    )  # fmt: skip


class ProgressForm(MoveForm):
    note = _words("进展", "许愿人会看到，如：已经下单，周五能到。", needed=True)


class DeliverForm(MoveForm):
    """Its picture is read by the view: it is kept when something else is wrong."""

    text = _words("说明", "许愿人会看到，如：放在柜台，报心愿名字就能取。", needed=False)


class ReleaseForm(MoveForm):
    reason = _words("原因", "会写在心愿的经过里，如：这个型号已经停产。", needed=False)


FORMS: dict[str, type[MoveForm]] = {"progress": ProgressForm, "deliver": DeliverForm, "release": ReleaseForm}
WORDS = {"progress": "note", "deliver": "text", "release": "reason"}
"""Move → the field of its words."""
