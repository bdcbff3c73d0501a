"""What a courier has, and how it came to be."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Courier
from fengchao.core import clock
from points.models import POINTS, Account, Balance, Entry, Hold

SOON = timedelta(days=31)


@dataclass(frozen=True)
class Standing:
    """Points posted, held by reservations, and left to spend (below zero after a claw-back)."""

    balance: int = 0
    held: int = 0
    overdrawn: bool = False

    @classmethod
    def of(cls, balance: Balance | None) -> Self:
        return cls(balance.posted, balance.held, balance.overdraft) if balance else cls()

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def owed(self) -> int:
        """What has to be earned before anything can be spent."""
        return max(0, -self.available)


@dataclass(frozen=True)
class Expiring:
    """Points that are lost when the day `on` ends."""

    on: date
    points: int


def standing(courier: Courier) -> Standing:
    return Standing.of(_balance(courier))


def expiring(courier: Courier, *, at: datetime | None = None) -> list[Expiring]:
    """Every future date on which points expire if nothing is spent before, the nearest first.

    Points expire at the end of the POINTS_YEARS-th year after the one they were earned in, oldest first. Points under a
    hold are counted: they expire when it ends. What is overdue already goes with the next round of the worker and is
    shown with the nearest date.
    """
    return expiring_of(_balance(courier), at=at)


def expiring_of(balance: Balance | None, *, at: datetime | None = None) -> list[Expiring]:
    """`expiring` where the balance has been read already."""
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


def expiring_soon(found: list[Expiring], *, at: datetime | None = None) -> Expiring | None:
    """The nearest of `expiring`, when it is no more than SOON away: then the courier is warned."""
    today = clock.shanghai_day(at or clock.now())
    return found[0] if found and found[0].on - today <= SOON else None


def holds(courier: Courier) -> QuerySet[Hold]:
    """What is set aside of the courier's points, what ends first before."""
    return Hold.objects.open().of_courier(courier).order_by("expires_at", "pk")


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
