"""What is done about activities after the commit, by a worker. Each may run twice."""

from django_tasks import task

from accounts.services.texting import text
from activities.models import Enrolment
from activities.states import EnrolmentState


@task
def remind_by_text(enrolment_id: int, title: str) -> bool:
    """Send the courier the title of the reminder, while he has a place; whether it left."""
    rows = Enrolment.objects.filter(pk=enrolment_id, state=EnrolmentState.ENROLLED)
    enrolment = rows.select_related("courier__user").first()
    if enrolment is None or enrolment.courier.is_frozen:
        return False
    return text(enrolment.courier.user, title, key=f"enrolment:{enrolment.pk}")
