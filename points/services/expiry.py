"""Points that nobody spent in time."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import F

from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from points import ledger
from points.ledger import Leg, Source
from points.models import POINTS, Account, Balance
from points.problems import AlreadyPosted

BATCH = 500


def expire_points(at: datetime | None = None) -> int:
    """Take what is overdue at `at` from every courier; how many lost something.

    Points live until the end of the POINTS_YEARS-th year after theirs, the oldest are spent first: what expires is what
    was earned up to the cut-off less everything spent or expired so far, never below zero. No lots are kept for that;
    it is what lots would say (tests/points/test_expiry_model.py), with these decisions where they leave a choice:

    - A hold is a purchase that may yet be called off, so it takes the oldest points: a gift set aside before the
      cut-off and fetched after it costs what it would have cost at the counter before. When the hold ends unfetched,
      what is overdue of it goes with the next round.
    - A purchase undone counts as never made: its points come back as the youngest of those spent. What was spent after
      it is then paid by older points, which favours the courier; what comes back overdue goes with the next round.
    - An award taken back is missing in its own year. Where its points are spent or expired already, others pay for it,
      the oldest first, and then what is earned next.

    Each courier is a transaction of his own that locks his balance; the source names the state it was computed from, so
    two rounds at once take nothing twice.
    """
    at = at or clock.now()
    return sum(_expire(account_id, at) for account_id in _overdue_accounts(at))


def overdue(balance: Balance, year: int) -> int:
    """What of `balance` has outlived its time in `year`; what is held counts as spent."""
    return max(0, balance.available - balance.earned_since(year - settings.POINTS_YEARS))


def _overdue_accounts(at: datetime) -> Iterator[int]:
    """Accounts to look at again under their lock."""
    year = clock.shanghai_day(at).year
    rows = Balance.objects.filter(account__kind=Account.Kind.COURIER, account__unit=POINTS, posted__gt=F("held"))
    for balance in rows.order_by("pk").iterator(chunk_size=BATCH):
        if overdue(balance, year):
            yield balance.pk


def _expire(account_id: int, at: datetime) -> bool:
    year = clock.shanghai_day(at).year
    with unit_of_work():
        balance = Balance.objects.select_for_update(of=("self",)).select_related("account").get(pk=account_id)
        points = overdue(balance, year)
        if not points:
            return False
        last = year - settings.POINTS_YEARS - 1
        try:
            ledger.post(
                [Leg(account_id, -points), Leg(ledger.programme_account(Account.Kind.EXPIRED, year), points)],
                kind="expiry",
                source=Source("expiry", f"{balance.account.owner_id}-{balance.version}"),
                by=None,
                title=f"{last} 年及以前的积分到期",
                at=at,
            )
        except AlreadyPosted:
            return False
    return True
