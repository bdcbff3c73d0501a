"""Days are closed, so that the totals of programmes are not summed from all that ever happened."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Min, Sum

from fengchao.core import clock
from fengchao.core.transactions import unit_of_work
from points.models import POINTS, Account, Budget, ClosedDay, DayTotal, Transfer

OPEN_DAYS = 2
"""Today and yesterday stay open: whoever began to write before midnight has finished."""

EARNED_FROM = (Account.Kind.MANUAL, Account.Kind.REPORTS, Account.Kind.DEEDS, Account.Kind.CHECKINS)
"""The programmes that give points."""

NEARLY_SPENT = 0.9

_FOLD = """
    INSERT INTO points_daytotal (account_id, day, received, given)
    SELECT e.account_id, %(day)s, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0),
           coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)
    FROM points_transfer t JOIN points_entry e ON e.transfer_id = t.id
    WHERE t.created_at >= %(start)s AND t.created_at < %(end)s AND e.version IS NULL
    GROUP BY e.account_id
"""
_SINCE = """
    SELECT e.account_id, sum(e.amount)::bigint
    FROM points_transfer t JOIN points_entry e ON e.transfer_id = t.id
    WHERE t.created_at >= %(start)s AND e.version IS NULL AND e.account_id = ANY(%(accounts)s)
    GROUP BY e.account_id
"""


@dataclass(frozen=True)
class Total:
    """A programme's year: points given to couriers (less what was taken back), and what the district meant to give."""

    programme: Account.Kind
    year: int
    points: int
    budget: int | None = None

    @property
    def share(self) -> float | None:
        return self.points / self.budget if self.budget else None

    @property
    def nearly_spent(self) -> bool:
        """A budget of nothing is overspent by the first point."""
        return self.budget is not None and self.points > 0 and self.points >= NEARLY_SPENT * self.budget


def close_days(at: datetime | None = None) -> int:
    """Fold every whole day before yesterday that is not folded yet; how many there were.

    A day is folded while nobody writes to the books, and from then on the database refuses a transfer of that day, so
    a total can never miss one. `at` in the future closes no more than now does: those days are not over.
    """
    last = clock.shanghai_day(min(at or clock.now(), clock.now())) - timedelta(days=OPEN_DAYS)
    closed = 0
    while (day := _next_day()) is not None and day <= last:
        closed += _close(day)
    return closed


def programme_totals(*years: int) -> list[Total]:
    """What each giving programme gave in each of `years`, beside its budget: five queries, whatever there is."""
    accounts = Account.objects.filter(kind__in=EARNED_FROM, unit=POINTS, period__in=years)
    keys = {pk: (year, kind) for pk, year, kind in accounts.values_list("pk", "period", "kind")}
    given = {keys[account]: -amount for account, amount in _moved(list(keys)).items()}
    budgets = {(row.year, row.programme): row.points for row in Budget.objects.filter(year__in=years)}
    return [
        Total(kind, year, given.get((year, kind), 0), budgets.get((year, kind)))
        for year in years
        for kind in EARNED_FROM
    ]


def points_issued_and_redeemed() -> tuple[int, int]:
    """Since the beginning: what programmes gave less what they took back; what gifts cost less what was annulled."""
    kinds = dict(Account.objects.filter(kind__in=[*EARNED_FROM, Account.Kind.GIFTS]).values_list("pk", "kind"))
    moved = _moved(list(kinds))
    redeemed = sum(amount for account, amount in moved.items() if kinds[account] == Account.Kind.GIFTS)
    return redeemed - sum(moved.values()), redeemed


def _moved(accounts: list[int]) -> dict[int, int]:
    """Account → sum of its entries: closed days from their totals, the open ones from the entries themselves."""
    sums: dict[int, int] = defaultdict(int)
    folded = DayTotal.objects.filter(account__in=accounts).order_by().values_list("account")
    for account, received, given in folded.annotate(Sum("received"), Sum("given")):
        sums[account] += received - given
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"start": _open_since(), "accounts": accounts})
        for account, moved in cursor.fetchall():
            sums[account] += moved
    return sums


def _open_since() -> datetime:
    last = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
    return clock.day_bounds(last)[1] if last else clock.day_bounds(date(2000, 1, 1))[0]


def _next_day() -> date | None:
    """The first day that is not closed; None while there is nothing to close."""
    last = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
    if last is not None:
        return last + timedelta(days=1)
    first = Transfer.objects.aggregate(first=Min("created_at"))["first"]
    return clock.shanghai_day(first) if first else None


def _close(day: date) -> bool:
    start, end = clock.day_bounds(day)
    with unit_of_work(), connection.cursor() as cursor:
        # Keeps every writer out, and a twin: SHARE alone would let two of us fold one day.
        cursor.execute("LOCK TABLE points_transfer IN SHARE ROW EXCLUSIVE MODE")
        if ClosedDay.objects.filter(day__gte=day).exists():  # by a twin, while we waited for the lock
            return False
        cursor.execute(_FOLD, {"day": day, "start": start, "end": end})
        ClosedDay.objects.create(day=day, closed_at=clock.now())
    return True
