"""What is done about reports after the commit, by a worker. Each may run twice."""

from django_tasks import task

from accounts.services.texting import text
from reports.models import Report


@task
def tell_by_text(report_id: int, title: str, key: str) -> bool:
    """Send the reporter the title of a notice, if he still wants it and still has an account; whether it left."""
    report = Report.objects.select_related("courier__user").filter(pk=report_id, by_sms=True).first()
    if report is None or report.courier is None or report.courier.is_frozen:
        return False
    return text(report.courier.user, title, key=key)
