"""What is done about vouchers after the commit, by a worker. Each may run twice."""

from django_tasks import task

from accounts.services.texting import text
from vouchers.models import Booking


@task
def remind_by_text(booking_id: int, title: str) -> bool:
    """Send the courier the title of the reminder, while he is booked; whether it left."""
    booking = Booking.objects.live().select_related("voucher__courier__user").filter(pk=booking_id).first()
    if booking is None or booking.voucher.courier.is_frozen:
        return False
    return text(booking.voucher.courier.user, title, key=f"booking:{booking.pk}")
