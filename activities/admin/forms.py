"""What an action asks before its service."""

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from activities.services.deeds import REASON_LENGTH
from fengchao.core.admin import AskForm


class ReasonForm(AskForm):
    reason = forms.CharField(
        label="原因", max_length=REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="快递小哥会看到，请写得清楚、客气。",
    )  # fmt: skip
