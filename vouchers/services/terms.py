"""What a programme promises, and what of it has been given: the district changes the one, never below the other."""

from collections.abc import Iterable

from vouchers.models import Allotment, Item, Programme, Voucher
from vouchers.problems import AllotmentInUse, BelowIssued, ItemsSettled
from vouchers.services.turns import lock_programme
from vouchers.states import UNCOUNTED


def refresh(programme: Programme) -> None:
    """What has been given by now, under the lock of the programme: nothing more is until the caller has written."""
    programme.issued = lock_programme(programme.pk).issued


def refuse_quota(programme: Programme, quota: int) -> None:
    if quota < programme.issued:
        raise BelowIssued(field="quota", issued=programme.issued)


def refuse_places(allotment: Allotment, places: int) -> None:
    """Under the lock that `refresh` took. What couriers of an enterprise got before it had places counts against
    them."""
    given = Voucher.objects.filter(programme=allotment.programme_id, enterprise=allotment.enterprise_id)
    allotment.issued = given.exclude(state__in=UNCOUNTED).count()
    if places < allotment.issued:
        raise BelowIssued(field="places", issued=allotment.issued)


def refuse_removal(allotment: Allotment) -> None:
    """Places of which some were taken stay, and can be as few as those."""
    allotment.refresh_from_db(fields=["issued"])
    if allotment.issued:
        raise AllotmentInUse(enterprise=allotment.enterprise, issued=allotment.issued)


def refuse_items(programme: Programme, removed: Iterable[Item], *, added: bool) -> None:
    """The items are settled when the first has come: from then on names and order change only."""
    if (added or any(removed)) and programme.vouchers.exclude(checked_in_at=None).exists():
        raise ItemsSettled
