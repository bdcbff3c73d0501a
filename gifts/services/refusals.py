"""What stands against a hand-over or a reservation, and the record of those that were refused."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from fengchao.core.transactions import unit_of_work
from gifts.models import Gift, Redemption, RefusedAttempt, Reservation
from gifts.problems import InsufficientPoints, LimitReached, NotOnSale, Overdrawn, SoldOut, Unverified
from gifts.states import LIVE, Attempt
from points.models import Account, Balance
from points.problems import Insufficient
from stations.models import Station

_TAKEN = """
    SELECT (SELECT count(*) FROM gifts_redemption
            WHERE courier_id = %s AND gift_id = %s AND state = ANY(%s) AND at >= %s AND at < %s)
         + (SELECT count(*) FROM gifts_reservation WHERE courier_id = %s AND gift_id = %s AND state = 'reserved')
"""


@contextmanager
def recorded(
    attempt: Attempt, *, courier: Courier | None, gift: Gift | None, station: Station, by: User, at: datetime
) -> Iterator[None]:
    """A unit of work whose refusal leaves a RefusedAttempt behind, and which says in this app's words what the ledger
    found missing."""

    def keep(refusal: RuleBroken) -> None:
        if not isinstance(refusal, Insufficient):
            RefusedAttempt.objects.create(
                at=at, by=by, courier=courier, gift=gift, station=station, attempt=attempt, code=refusal.code,
                detail=refusal.message[:200],
            )  # fmt: skip

    try:
        with unit_of_work(on_refusal=keep):
            yield
    except Insufficient as short:
        # The ledger's refusal has voided the transaction, so what was missing is read after it.
        assert courier is not None and gift is not None
        with unit_of_work(on_refusal=keep):
            raise _reason_of(short, courier, gift) from short


def refuse_person(courier: Courier) -> None:
    if courier.is_frozen:
        raise AccountFrozen
    if not courier.is_verified:
        raise Unverified


def refuse_gift(gift: Gift, at: datetime) -> None:
    if not gift.is_on_sale(at):
        raise NotOnSale(gift=gift.name, field="gift")


def refuse_over_limit(courier: Courier, gift: Gift, at: datetime, *, already: int = 0) -> None:
    """Raise LimitReached when the Shanghai month has no piece left for him; `already` of those counted is this one.

    Exact only when it is asked again under the lock of the courier's balance.
    """
    if gift.monthly_limit is not None and _taken(courier, gift, at) - already >= gift.monthly_limit:
        raise LimitReached(gift=gift.name, limit=gift.monthly_limit, field="gift")


def taken_this_month(courier: Courier, at: datetime) -> dict[int, int]:
    """Gift id → pieces that count against its limit: those of the Shanghai month, and those set aside, whenever."""
    handed = Redemption.objects.live().filter(courier=courier).in_month(at)
    aside = Reservation.objects.live().filter(courier=courier)
    gifts = (rows.order_by().values_list("gift_id", flat=True) for rows in (handed, aside))
    return Counter(next(gifts).union(next(gifts), all=True))


def _taken(courier: Courier, gift: Gift, at: datetime) -> int:
    """`taken_this_month` of one gift, by hand: every hand-over asks it twice."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [courier.pk, gift.pk, list(LIVE), *clock.month_bounds(at), courier.pk, gift.pk])
        taken: int = cursor.fetchone()[0]
    return taken


def _reason_of(short: Insufficient, courier: Courier, gift: Gift) -> RuleBroken:
    mine = Balance.objects.filter(account__kind=Account.Kind.COURIER, account__owner_id=courier.pk).first()
    if mine is not None and short.account_id != mine.account_id:
        return SoldOut(gift=gift.name, field="gift")
    if mine is not None and mine.overdraft:
        return Overdrawn()
    return InsufficientPoints(missing=max(1, gift.points - (mine.available if mine else 0)))
