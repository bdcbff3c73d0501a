"""What stands against a hand-over or a reservation, and the record of those that were refused."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import clock, rows
from fengchao.core.errors import RuleBroken
from fengchao.core.transactions import unit_of_work
from gifts.models import Gift, Redemption, RefusedAttempt, Reservation
from gifts.problems import InsufficientPoints, LimitReached, NotOnSale, Overdrawn, SoldOut, Unverified
from gifts.states import LIVE, Attempt
from points.problems import Insufficient
from stations.models import Station

_TAKEN = """
    (SELECT count(*) FROM gifts_redemption
            WHERE courier_id = %s AND gift_id = %s AND state = ANY(%s) AND at >= %s AND at < %s)
    + (SELECT count(*) FROM gifts_reservation WHERE courier_id = %s AND gift_id = %s AND state = 'reserved')
"""


@contextmanager
def recorded(
    attempt: Attempt, *, courier: Courier | None, gift: Gift | None, station: Station, by: User, at: datetime
) -> Iterator[None]:
    """A unit of work whose refusal leaves a RefusedAttempt behind, and which says in this app's words what the ledger
    found missing. A refusal ends the unit around it too."""

    def keep(refusal: RuleBroken) -> None:
        RefusedAttempt.objects.create(
            at=at, by=by, courier=courier, gift=gift, station=station, attempt=attempt, code=refusal.code,
            detail=refusal.message[:200],
        )  # fmt: skip

    with unit_of_work(on_refusal=keep, savepoint=False):
        try:
            yield
        except Insufficient as short:
            assert gift is not None
            raise _reason_of(short, gift) from short


def refuse_person(courier: Courier) -> None:
    if courier.is_frozen:
        raise AccountFrozen
    if not courier.is_verified:
        raise Unverified


def refuse_gift(gift: Gift, at: datetime) -> None:
    if not gift.is_on_sale(at):
        raise NotOnSale(gift=gift.name, field="gift")


def refuse_over_limit(courier: Courier, gift: Gift, at: datetime) -> None:
    """Raise LimitReached when the piece just set aside is more than the Shanghai month has for him. The caller holds
    the lock of his balance, under which the answer is exact."""
    if gift.monthly_limit is not None:
        taken = rows.fetch(f"SELECT {_TAKEN}", _taken_by(courier, gift, at))[0][0]
        refuse_beyond_limit(gift, taken - 1)


def taken_before(slip: Redemption) -> dict[str, Any]:
    """What asks, in the statement that writes a new slip, how many pieces count against the limit before it."""
    return {"asking": _TAKEN, "parameters": _taken_by(slip.courier, slip.gift, slip.at)}


def refuse_beyond_limit(gift: Gift, taken: int) -> None:
    if gift.monthly_limit is not None and taken >= gift.monthly_limit:
        raise LimitReached(gift=gift.name, limit=gift.monthly_limit, field="gift")


def taken_this_month(courier: Courier, at: datetime) -> dict[int, int]:
    """Gift id → pieces that count against its limit: those of the Shanghai month, and those set aside, whenever."""
    handed = Redemption.objects.live().filter(courier=courier).in_month(at)
    aside = Reservation.objects.live().filter(courier=courier)
    gifts = (found.order_by().values_list("gift_id", flat=True) for found in (handed, aside))
    return Counter(next(gifts).union(next(gifts), all=True))


def _taken_by(courier: Courier, gift: Gift, at: datetime) -> list[Any]:
    """The parameters of `_TAKEN`, which is `taken_this_month` of one gift by hand: every hand-over asks it."""
    return [courier.pk, gift.pk, list(LIVE), *clock.month_bounds(at), courier.pk, gift.pk]


def _reason_of(short: Insufficient, gift: Gift) -> RuleBroken:
    if short.is_stock:
        return SoldOut(gift=gift.name, field="gift")
    if short.overdraft:
        return Overdrawn()
    return InsufficientPoints(missing=max(1, gift.points - short.left))
