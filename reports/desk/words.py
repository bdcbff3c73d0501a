"""A text field with ready sentences beside it, for the desk and the admin."""

from collections.abc import Sequence
from typing import Any

from django import forms

from reports.models import TextTemplate
from reports.services.turns import TEXT_LENGTH


class Words(forms.CharField):
    """Marked as needed where words are, and let through empty: a ready sentence may stand for it."""

    def validate(self, value: Any) -> None:
        return


class WithWords(forms.Form):
    """What is written goes; where nothing is, the ready sentence that was chosen. `needs_words` asks for either."""

    ready = forms.ModelChoiceField(
        TextTemplate.objects.none(), label="常用答复", required=False, empty_label="不用，自己写"
    )
    text = Words(label="说明", max_length=TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    needs_words = True
    use_required_attribute = False

    def offer(self, texts: Sequence[TextTemplate]) -> None:
        self.fields["text"].required = self.needs_words
        if texts:
            found = TextTemplate.objects.filter(pk__in=[one.pk for one in texts]).order_by("order", "pk")
            self.fields["ready"].queryset = found  # type: ignore[attr-defined]  # of a ModelChoiceField
        else:
            del self.fields["ready"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        ready, written = given.get("ready"), (given.get("text") or "").strip()
        if ready is not None and not written:
            given["text"] = ready.text
        if self.needs_words and not (ready or written) and "text" not in self.errors:
            self.add_error("text", "请写一句，或选一条常用答复。")
        return given
