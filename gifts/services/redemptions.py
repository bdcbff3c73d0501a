"""Points become a gift in a courier's hand, and the slip can be undone."""

from datetime import datetime

from accounts.models import Courier, User
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from gifts.models import Gift, Redemption
from gifts.problems import SelfDealing, UndoExpired, WrongState
from gifts.rules import deals_with_himself, may_annul_ever, undo_is_over
from gifts.services.refusals import recorded, refuse_beyond_limit, refuse_gift, refuse_person, taken_before
from gifts.states import MOVES, Attempt
from points import ledger
from points.ledger import Leg, Source
from stations.counter import read_ticket
from stations.models import Station
from stations.rules import serves

REASON_LENGTH = 200


def redeem(courier: Courier, gift: Gift, *, station: Station, by: User, at: datetime | None = None) -> Redemption:
    """Hand one `gift` over at `station`: points are debited and the piece leaves the stock, both or neither.

    `by` stands at the counter. Raises NotThere when the station is not his to serve, SelfDealing, AccountFrozen,
    Unverified, NotOnSale, InsufficientPoints, Overdrawn, SoldOut and LimitReached (pieces in the Shanghai month and set
    aside), the first that holds; it leaves a RefusedAttempt behind. Locks the courier's balance, then the stock's.
    """
    at = at or clock.now()
    with recorded(Attempt.REDEEM, courier=courier, gift=gift, station=station, by=by, at=at):
        if not serves(by, station):
            raise NotThere
        if deals_with_himself(by, courier):
            raise SelfDealing
        refuse_person(courier)
        refuse_gift(gift, at)
        return hand_over(courier, gift, station=station, points=gift.points, by=by, at=at)


def redeem_with_ticket(
    ticket: str, gift: Gift, *, station: Station, by: User, at: datetime | None = None
) -> Redemption:
    """`redeem` for the courier a ticket stands for. A ticket that is refused leaves a RefusedAttempt too."""
    at = at or clock.now()
    try:
        courier = read_ticket(ticket, station=station, by=by, at=at)
    except RuleBroken:
        with recorded(Attempt.REDEEM, courier=None, gift=gift, station=station, by=by, at=at):
            raise
    return redeem(courier, gift, station=station, by=by, at=at)


def hand_over(
    courier: Courier,
    gift: Gift,
    *,
    station: Station,
    points: int,
    by: User,
    at: datetime,
    posted_at: datetime | None = None,
    posted_by: User | None = None,
    promised: bool = False,
) -> Redemption:
    """The slip itself, its posting and its audit row, in the caller's unit of work and after the caller's refusals.

    `by` handed over at `at`; what is entered afterwards is posted at `posted_at`, for days that are over may be closed,
    by `posted_by`, whom books and log name. What was `promised` by a hold that the caller has just released is handed
    over even where a claw-back left less, and whatever the month's limit says. Raises the ledger's Insufficient, and
    LimitReached, which is exact here because his balance is locked.
    """
    posted_at, posted_by = posted_at or at, posted_by or by
    number = f"R{codes.random_code(8)}"
    mine = ledger.courier_account(courier.pk)
    posting = ledger.post(
        [
            Leg(mine, -points),
            Leg(ledger.programme_account("gifts", clock.shanghai_day(posted_at).year), points),
            Leg(ledger.goods_account("handed_out", gift.code), 1),
            Leg(ledger.stock_account(station.pk, gift.code), -1),
        ],
        kind="redemption", source=Source("redemption", number), by=posted_by, title=f"兑换 {gift.name}",
        at=posted_at, overdraft=promised,
    )  # fmt: skip
    redemption = Redemption(
        number=number, courier=courier, gift=gift, station=station, points=points, at=at, by=by,
        transfer_id=posting.transfer_id,
    )  # fmt: skip
    redemption.balance_after = posting.balances[mine]
    facts = {"number": number, "gift": gift.code, "points": points}
    ask = {} if promised or gift.monthly_limit is None else taken_before(redemption)
    taken = audit.insert(redemption, posted_by, "redemption.handed_over", facts, **ask)
    if ask:
        refuse_beyond_limit(gift, taken)
    return redemption


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
        if not reason or len(reason) > REASON_LENGTH or not is_readable(reason):
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
