"""How reports stand, for pages of other apps that lead to them."""

from collections.abc import Collection

from django.urls import reverse

from accounts.models import User
from accounts.roles import READERS
from accounts.scope import covers
from fengchao.core.standings import Standing
from reports.models import Report
from reports.states import TONES, ReportState

THING = "report"


def standings(keys: Collection[str], user: User) -> dict[str, Standing]:
    """By the number of the report; of a confidential one nothing. Staff read it in their lists."""
    found = Report.objects.public_kind().filter(number__in=keys).select_related("category", "area")
    return {report.number: _standing(report, user) for report in found}


def _standing(report: Report, user: User) -> Standing:
    state = ReportState(report.state)
    return Standing(report.category.name, state.label, TONES[state], _address(report, user))


def _address(report: Report, user: User) -> str:
    reads = covers(user, report.area.path, *READERS)
    return reverse("admin:reports_report_change", args=[report.pk]) if reads else ""
