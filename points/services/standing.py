"""What a courier has, and how it came to be."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Courier
from fengchao.core import clock
from points.models import POINTS, Account, Balance, Entry


@dataclass(frozen=True)
class Standing:
    """Points posted, held by reservations, and left to spend (below zero after a claw-back)."""

    balance: int = 0
    held: int = 0
    overdrawn: bool = False

    @property
    def available(self) -> int:
        return self.balance - self.held


@dataclass(frozen=True)
class Expiring:
    """Points that are lost when the day `on` ends."""

    on: date
    points: int


def standing(courier: Courier) -> Standing:
    balance = _balance(courier)
    return Standing(balance.posted, balance.held, balance.overdraft) if balance else Standing()


def expiring(courier: Courier, *, at: datetime | None = None) -> list[Expiring]:
    """Every future date on which points expire if nothing is spent before, the nearest first.

    Points expire at the end of the POINTS_YEARS-th year after the one they were earned in, oldest first. Points under a
    hold are counted: they expire when it ends. What is overdue already goes with the next round of the worker and is
    shown with the nearest date.
    """
    balance = _balance(courier)
    if balance is None or balance.posted <= 0:
        return []
    year = clock.shanghai_day(at or clock.now()).year
    found, kept = [], balance.posted
    for end in range(year, year + settings.POINTS_YEARS + 1):
        younger = min(kept, balance.earned_since(end - settings.POINTS_YEARS + 1))
        if kept > younger:
            found.append(Expiring(date(end, 12, 31), kept - younger))
        kept = younger
    return found


def statement(courier: Courier) -> QuerySet[Entry]:
    """The courier's entries, newest first. Read in pages by `version`: the unique index gives them in this order."""
    account = Account.objects.filter(kind=Account.Kind.COURIER, unit=POINTS, owner_id=courier.pk, period=0).first()
    if account is None:
        return Entry.objects.none()
    return Entry.objects.filter(account=account).select_related("transfer").order_by("-version")


def _balance(courier: Courier) -> Balance | None:
    return Balance.objects.filter(
        account__kind=Account.Kind.COURIER, account__unit=POINTS, account__owner_id=courier.pk, account__period=0
    ).first()
