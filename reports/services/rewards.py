"""Points of a report: credited by its transitions, taken back when it turns out false."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Sum

from accounts.models import Courier, User
from points.events import declare
from points.ledger import Source
from points.models import Account, Entry
from points.services import claw_back, earn
from reports.models import Report

ACCEPTED = declare("report_accepted", "随手拍受理", Account.Kind.REPORTS)
RESOLVED = declare("report_resolved", "随手拍办结", Account.Kind.REPORTS)
DUPLICATE = declare("report_duplicate", "随手拍补充线索", Account.Kind.REPORTS)
"""Events of the earning rules; how much each is worth stands at the category."""

KIND = "report"
"""What a transfer's source is called: the key is the report's number."""


def source(report: Report) -> Source:
    return Source(KIND, report.number, report.round)


def credit(report: Report, event: str, *, by: User | None, at: datetime) -> None:
    """What `event` is worth for the category, once in the report's round. Frozen and closed accounts earn nothing."""
    category = report.category
    worth = {
        ACCEPTED: category.points_accepted,
        RESOLVED: category.points_resolved,
        DUPLICATE: category.points_duplicate,
    }[event]
    courier = Courier.objects.filter(pk=report.courier_id, frozen_at=None, user__is_active=True).first()
    if worth and courier is not None:
        earn(courier, event, source=source(report), worth=worth, by=by, at=at)


def take_back(report: Report, *, by: User, at: datetime) -> int:
    """All that the report has earned in its round; how many points. Raises the round when there were any."""
    taken = claw_back(source(report), by=by, title=f"收回：随手拍 {report.number}", at=at)
    if taken:
        report.round += 1
    return taken


def earned(reports: Iterable[Report]) -> dict[str, int]:
    """Number → points that each has brought its reporter so far, less what was taken back."""
    found = {report.number: 0 for report in reports}
    mine = Entry.objects.filter(
        transfer__source_kind=KIND, transfer__source_key__in=found, account__kind=Account.Kind.COURIER
    )
    found |= dict(mine.order_by().values_list("transfer__source_key").annotate(Sum("amount")))
    return found


def pages(numbers: Collection[str], reader: User) -> dict[str, str]:
    """Number → address, of those reports that `reader` has filed: to them his statement leads."""
    mine = Report.objects.filter(courier_id=reader.pk, number__in=numbers).only("number")
    return {report.number: report.get_absolute_url() for report in mine}
