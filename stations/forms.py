"""The shapes of what is said about a station. What is right is decided by the services."""

from django import forms

from stations.services.corrections import TEXT_LENGTH
from stations.services.observations import NOTE_LENGTH
from stations.states import Subject, Value


class SayForm(forms.Form):
    """One button: `said` is the facility's code and the value, `water:broken`."""

    said = forms.RegexField(rf"^[-\w]{{1,32}}:({'|'.join(Value.values)})$")
    note = forms.CharField(required=False, max_length=NOTE_LENGTH)

    @property
    def facility(self) -> str:
        return str(self.cleaned_data["said"]).partition(":")[0]

    @property
    def value(self) -> str:
        return str(self.cleaned_data["said"]).partition(":")[2]


class CorrectForm(forms.Form):
    subject = forms.ChoiceField(label="哪里不对", choices=Subject.choices)
    proposed = forms.CharField(
        label="正确的是", max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：电话换成 027-83000000；晚上开到 10 点",
    )  # fmt: skip
    note = forms.CharField(
        label="你怎么知道的", max_length=NOTE_LENGTH, required=False, help_text="如：门口贴了新通知。只给工作人员看。"
    )
