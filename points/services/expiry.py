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
    was earned up to the cut-off less everything spent or expired so far, never below zero. No lots are kept for that.
    Held points stay until their hold ends, and go with the next round. Each courier is a transaction of his own that
    locks his balance; the source names the state it was computed from, so two rounds at once take nothing twice.
    """
    at = at or clock.now()
    return sum(_expire(account_id, at) for account_id in _overdue_accounts(at))


def overdue(balance: Balance, year: int) -> int:
    """What of `balance` has outlived its time in `year` and is not held."""
    return max(0, min(balance.posted - balance.earned_since(year - settings.POINTS_YEARS), balance.available))


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
