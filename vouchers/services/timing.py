"""What the clock does with vouchers. Each row is a transaction of its own, looked at again under its lock, so that a
repeat finds nothing to do."""

from datetime import datetime

from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from vouchers.models import Booking, Programme, Voucher
from vouchers.services import issuing, telling
from vouchers.services.booking import release_slot
from vouchers.services.centre import end_of, miss
from vouchers.services.turns import Turn, finish, lock_programme, locked_row
from vouchers.states import Party, VoucherState


def expire_due(at: datetime | None = None) -> int:
    """Expire what was not used in its time; how many. Places of a programme that is over go to nobody."""
    at = at or clock.now()
    expired = 0
    for key, programme in list(Voucher.objects.to_expire(at).order_by("pk").values_list("pk", "programme_id")):
        with unit_of_work():
            lock_programme(programme)
            voucher = locked_row(key)
            if voucher is not None and Voucher.objects.to_expire(at).filter(pk=key).exists():
                release_slot(voucher, at=at, expected=None)
                finish(Turn(voucher, "expire", None, Party.SYSTEM, at))
                expired += 1
    return expired


def miss_due(at: datetime | None = None) -> int:
    """Record who did not come when the day is over; how many."""
    at = at or clock.now()
    missed = 0
    rows = Booking.objects.to_miss(at).order_by("pk").values_list("voucher_id", "voucher__programme_id")
    for key, programme_key in list(rows):
        with unit_of_work():
            programme = lock_programme(programme_key)
            voucher = locked_row(key)
            if voucher is None or not Booking.objects.to_miss(at).filter(voucher=key).exists():
                continue
            made = Turn(voucher, "no-show", None, Party.SYSTEM, at)
            miss(made)
            finish(made)
            if made.after == VoucherState.RETURNED:
                issuing.fill(programme, at=at)
            missed += 1
    return missed


def complete_due(at: datetime | None = None) -> int:
    """Complete, or partly, who was checked in and forgotten when the day is over; how many."""
    at = at or clock.now()
    done = 0
    for key in list(Voucher.objects.to_complete(at).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            voucher = locked_row(key)
            if voucher is not None and Voucher.objects.to_complete(at).filter(pk=key).exists():
                made = Turn(voucher, "complete", None, Party.SYSTEM, at)
                made.after = end_of(voucher)
                finish(made)
                done += 1
    return done


def fill_due(at: datetime | None = None) -> int:
    """Give places that came free (a larger quota, an enterprise's places) to who waits; how many."""
    at = at or clock.now()
    running = Programme.objects.running(at).filter(waiting__isnull=False).distinct()
    return sum(issuing.fill(programme, at=at) for programme in running)


def remind_due(at: datetime | None = None) -> int:
    """Remind couriers of tomorrow's morning, once for each booking; how many."""
    at = at or clock.now()
    reminded = 0
    for key in list(Booking.objects.to_remind(at).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            rows = Booking.objects.to_remind(at).select_for_update(of=("self",), no_key=True)
            booking = rows.filter(pk=key).select_related("voucher__programme", "voucher__courier__user", "slot").first()
            if booking is not None:
                booking.reminded_at = at
                booking.save(update_fields=["reminded_at"])
                telling.remind(booking, at=at)
                reminded += 1
    return reminded
