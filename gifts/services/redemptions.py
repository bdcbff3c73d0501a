"""Points become a gift in a courier's hand, and the slip can be undone."""

from datetime import datetime
from functools import partial

from django.db.models import Count

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.transactions import unit_of_work
from gifts.models import Gift, Redemption, RefusedAttempt
from gifts.problems import (
    InsufficientPoints,
    LimitReached,
    NotOnSale,
    Overdrawn,
    SelfDealing,
    SoldOut,
    UndoExpired,
    Unverified,
    WrongState,
)  # fmt: skip
from gifts.rules import deals_with_himself, may_annul_ever, undo_is_over
from gifts.states import MOVES
from points import ledger
from points.ledger import Leg, Source
from points.models import Account, Balance
from points.problems import Insufficient
from stations.counter import read_ticket
from stations.models import Station
from stations.rules import serves

REASON_LENGTH = 200


def redeem(courier: Courier, gift: Gift, *, station: Station, by: User, at: datetime | None = None) -> Redemption:
    """Hand one `gift` over at `station`: points are debited and the piece leaves the stock, both or neither.

    `by` stands at the counter. Raises NotThere when the station is not his to serve, SelfDealing, AccountFrozen,
    Unverified, NotOnSale, LimitReached (pieces in the Shanghai month), InsufficientPoints, Overdrawn and SoldOut; each
    leaves a RefusedAttempt behind. Locks the courier's balance, then the stock's; the monthly limit is looked at
    again under the first.
    """
    at = at or clock.now()
    keep = partial(_keep_refusal, courier=courier, gift=gift, station=station, by=by, at=at)
    try:
        with unit_of_work(on_refusal=keep):
            return _hand_over(courier, gift, station, by, at)
    except Insufficient as short:
        # The ledger's refusal has voided the transaction, so what was missing is read after it.
        with unit_of_work(on_refusal=keep):
            raise _reason_of(short, courier, gift) from short


def redeem_with_ticket(
    ticket: str, gift: Gift, *, station: Station, by: User, at: datetime | None = None
) -> Redemption:
    """`redeem` for the courier a ticket stands for. A ticket that is refused leaves a RefusedAttempt too."""
    at = at or clock.now()
    try:
        courier = read_ticket(ticket, station=station, by=by, at=at)
    except RuleBroken:
        with unit_of_work(on_refusal=partial(_keep_refusal, courier=None, gift=gift, station=station, by=by, at=at)):
            raise
    return redeem(courier, gift, station=station, by=by, at=at)


def annul(redemption: Redemption, *, reason: str, by: User, at: datetime | None = None) -> Redemption:
    """Take a hand-over back: points and piece return by a reversing transfer.

    The counter of the station may for 15 minutes, street and district at any time, nobody for himself. Raises NotThere,
    SelfDealing, BadValue without a reason, WrongState the second time, UndoExpired. Locks the redemption, then what
    the ledger locks.
    """
    at = at or clock.now()
    reason = " ".join(reason.split())
    with unit_of_work():
        locked = (
            Redemption.objects.select_for_update(of=("self",))
            .select_related("gift", "station__organisation", "courier__user", "transfer")
            .get(pk=redemption.pk)
        )
        if not may_annul_ever(by, locked):
            raise NotThere
        if deals_with_himself(by, locked.courier):
            raise SelfDealing
        if not reason or len(reason) > REASON_LENGTH or not reason.isprintable():
            raise BadValue(f"请写明撤销原因（不超过 {REASON_LENGTH} 个字）。", field="reason")
        before, after = MOVES["annul"]
        if locked.state != before:
            raise WrongState
        if undo_is_over(by, locked, at):
            raise UndoExpired
        posting = ledger.reverse(locked.transfer, by=by, at=at, title=f"撤销兑换 {locked.gift.name}")
        locked.state, locked.annulled_at, locked.annulled_by = after, at, by
        locked.annul_reason, locked.annul_transfer_id = reason, posting.transfer_id
        locked.balance_after = posting.balances[ledger.courier_account(locked.courier_id)]
        locked.save(update_fields=["state", "annulled_at", "annulled_by", "annul_reason", "annul_transfer"])
        audit.record(by, "redemption.annulled", locked, {"number": locked.number, "points": locked.points})
    return locked


def taken_this_month(courier: Courier, at: datetime) -> dict[int, int]:
    """Gift id → live pieces of the Shanghai month."""
    rows = Redemption.objects.live().filter(courier=courier).in_month(at).order_by()
    return dict(rows.values_list("gift_id").annotate(Count("pk")))


def _hand_over(courier: Courier, gift: Gift, station: Station, by: User, at: datetime) -> Redemption:
    _refuse(courier, gift, station, by, at)
    _refuse_over_limit(courier, gift, at)
    number = f"R{codes.random_code(8)}"
    mine = ledger.courier_account(courier.pk)
    posting = ledger.post(
        [
            Leg(mine, -gift.points),
            Leg(ledger.programme_account("gifts", clock.shanghai_day(at).year), gift.points),
            Leg(ledger.goods_account("handed_out", gift.code), 1),
            Leg(ledger.stock_account(station.pk, gift.code), -1),
        ],
        kind="redemption", source=Source("redemption", number), by=by, title=f"兑换 {gift.name}", at=at,
    )  # fmt: skip
    redemption = Redemption(
        number=number, courier=courier, gift=gift, station=station, points=gift.points, at=at, by=by,
        transfer_id=posting.transfer_id,
    )  # fmt: skip
    redemption.balance_after = posting.balances[mine]
    redemption.save(force_insert=True)
    # Another counter may have served him since the first look; from here on his balance is locked.
    _refuse_over_limit(courier, gift, at, already=1)
    audit.record(by, "redemption.handed_over", redemption, {"number": number, "gift": gift.code, "points": gift.points})
    return redemption


def _refuse(courier: Courier, gift: Gift, station: Station, by: User, at: datetime) -> None:
    if not serves(by, station):
        raise NotThere
    if deals_with_himself(by, courier):
        raise SelfDealing
    if courier.is_frozen:
        raise AccountFrozen
    if not courier.is_verified:
        raise Unverified
    if not gift.is_on_sale(at):
        raise NotOnSale(gift=gift.name, field="gift")


def _refuse_over_limit(courier: Courier, gift: Gift, at: datetime, *, already: int = 0) -> None:
    if gift.monthly_limit is not None:
        taken = Redemption.objects.live().filter(courier=courier, gift=gift).in_month(at).count()
        if taken - already >= gift.monthly_limit:
            raise LimitReached(gift=gift.name, limit=gift.monthly_limit, field="gift")


def _reason_of(short: Insufficient, courier: Courier, gift: Gift) -> RuleBroken:
    mine = Balance.objects.filter(account__kind=Account.Kind.COURIER, account__owner_id=courier.pk).first()
    if mine is not None and short.account_id != mine.account_id:
        return SoldOut(gift=gift.name, field="gift")
    if mine is not None and mine.overdraft:
        return Overdrawn()
    return InsufficientPoints(missing=max(1, gift.points - (mine.available if mine else 0)))


def _keep_refusal(
    refusal: RuleBroken, *, courier: Courier | None, gift: Gift, station: Station, by: User, at: datetime
) -> None:
    if isinstance(refusal, Insufficient):
        return  # said in this app's words by what follows
    RefusedAttempt.objects.create(
        at=at, by=by, courier=courier, gift=gift, station=station, code=refusal.code, detail=refusal.message[:200]
    )
