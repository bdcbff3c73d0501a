"""What is done about wishes after the commit, by a worker. Each may run twice."""

from django_tasks import task

from accounts.services.texting import text
from wishes.models import Claim


@task
def warn_by_text(claim_id: int, title: str, key: str) -> bool:
    """Send who made the claim the title of a warning, while it runs; whether it left."""
    claim = Claim.objects.running().select_related("by").filter(pk=claim_id).first()
    return claim is not None and text(claim.by, title, key=key)
