"""Hand-overs that only paper knew of during an outage come into the books, by two people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError

from accounts.models import Courier, User
from accounts.models.users import clean_phone
from accounts.problems import AccountFrozen, CodeUnknown
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.transactions import unit_of_work
from gifts.models import Gift, PaperSlip
from gifts.problems import (
    AlreadyEntered,
    InsufficientPoints,
    LimitReached,
    NotOnSale,
    Overdrawn,
    OwnSlip,
    SelfDealing,
    SlipDecided,
    SoldOut,
    Unverified,
)
from gifts.rules import deals_with_himself, may_decide_slips
from gifts.services.redemptions import hand_over
from gifts.services.refusals import recorded, refuse_gift, refuse_person
from gifts.services.words import reason_in
from gifts.states import SLIP_MOVES, Attempt, SlipState
from stations.counter import wrong_codes_counted
from stations.models import Station
from stations.problems import TicketExpired
from stations.rules import serves

PURPOSE = "paper-slip"
"""Not the counter's: whoever names a number must not be served with what he gets for it."""

FOUND_FOR = timedelta(minutes=30)
OLDEST = timedelta(days=7)

WHAT_TO_DO: dict[type[RuleBroken], str] = {
    AccountFrozen: "解除冻结后再通过，或驳回。",
    Unverified: "先核验，再通过。",
    NotOnSale: "请区里核对上架时间，或驳回。",
    LimitReached: "请驳回，并请快递小哥退回礼品。",
    InsufficientPoints: "等他攒够积分再通过，或驳回并收回礼品。",
    Overdrawn: "等他补足积分再通过，或驳回并收回礼品。",
    SoldOut: "账面少了，请先补登记入库或盘点，再通过。",
}
"""What is said beside a refusal of `approve`: the gift is gone, so somebody has to do something."""


@dataclass(frozen=True)
class Found:
    token: str
    courier: Courier


def find(station: Station, phone: str, *, by: User, at: datetime | None = None) -> Found:
    """The courier with exactly this number, and a token to enter a slip for him with, valid half an hour.

    The look is on record. Raises NotThere when the station is not `by`'s to serve, BadValue for what is no number,
    CodeUnknown for one that no courier has, which counts as a wrong code of this worker, and TooManyWrongCodes.
    """
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    number = clean_phone(phone)
    with wrong_codes_counted(by, at=at):
        user = User.objects.by_phone(number)
        riders = Courier.objects.registered().select_related("user", "outlet__enterprise")
        courier: Courier | None = riders.filter(user=user).first() if user else None
        if courier is None:
            raise CodeUnknown("没有快递小哥用这个号码登记，请核对。", field="phone")
    with unit_of_work():
        audit.record(by, "courier.found_by_phone", courier, {"station": station.code})
    token = codes.sign(PURPOSE, [by.pk, station.pk, courier.pk, int((at + FOUND_FOR).timestamp())])
    return Found(token, courier)


def found(token: str, *, station: Station, by: User, at: datetime | None = None) -> Courier:
    """The courier of a `find`. Raises TicketExpired, also for another worker's or another station's."""
    at = at or clock.now()
    try:
        worker_id, station_id, courier_id, expires = codes.unsign(PURPOSE, token)
    except (codes.BadCode, codes.ExpiredCode, ValueError, TypeError) as error:
        raise TicketExpired("请重新输入快递小哥的手机号。", field="phone") from error
    riders = Courier.objects.select_related("user", "outlet__enterprise")
    courier: Courier | None = riders.filter(pk=courier_id, user__is_active=True).first()
    if courier is None or (worker_id, station_id) != (by.pk, station.pk) or at.timestamp() >= expires:
        raise TicketExpired("请重新输入快递小哥的手机号。", field="phone")
    return courier


def enter(
    courier: Courier,
    gift: Gift,
    *,
    station: Station,
    handed_over_at: datetime,
    reason: str,
    by: User,
    at: datetime | None = None,
) -> PaperSlip:
    """Write down a hand-over of the last 7 days that stands on paper only. Nothing moves until somebody approves it.

    Raises NotThere when the station is not `by`'s to serve, SelfDealing, BadValue (names the field) for a time that is
    not past or too long past and without a reason, AlreadyEntered for the same courier, gift and time here.
    """
    at = at or clock.now()
    if not serves(by, station):
        raise NotThere
    if deals_with_himself(by, courier):
        raise SelfDealing
    reason = reason_in(reason, "补录原因")
    if handed_over_at >= at:
        raise BadValue("交付时间要在现在之前。", field="handed_over_at")
    if at - handed_over_at > OLDEST:
        raise BadValue(f"只能补录 {OLDEST.days} 天以内的交付，更早的请联系区里。", field="handed_over_at")
    slip = PaperSlip(
        number=f"P{codes.random_code(8)}", station=station, courier=courier, gift=gift, handed_over_at=handed_over_at,
        reason=reason, by=by, at=at,
    )  # fmt: skip
    try:
        with unit_of_work():
            slip.save(force_insert=True)
            audit.record(by, "slip.entered", slip, {"number": slip.number, "gift": gift.code, "station": station.code})
    except IntegrityError as error:
        same = {"courier": courier, "gift": gift, "station": station, "handed_over_at": handed_over_at}
        twin = PaperSlip.objects.exclude(state=SlipState.REJECTED).filter(**same).first()
        if twin is None:
            raise
        raise AlreadyEntered(number=twin.number, field="handed_over_at") from error
    return slip


def approve(slip: PaperSlip, *, by: User, at: datetime | None = None) -> PaperSlip:
    """Post a slip as the hand-over it stands for: it counts in the month it was made in, and moves books and stock now.

    Street and district, neither who wrote it nor the courier. Raises NotThere, OwnSlip, SelfDealing, SlipDecided the
    second time; and what `redeem` would have said then of the person, the sale and the month, and says now of points
    and stock. Such a refusal leaves a RefusedAttempt and the slip waiting, with what to do about it as its note. Locks
    the slip, then the courier's balance, then the stock's.
    """
    at = at or clock.now()
    with unit_of_work(on_refusal=lambda refusal: _note(slip, refusal)):
        try:
            with recorded(Attempt.SLIP, courier=slip.courier, gift=slip.gift, station=slip.station, by=by, at=at):
                return _post(_deciding(slip, "approve", by, at))
        except RuleBroken as refusal:
            raise _with_advice(refusal) from refusal


def reject(slip: PaperSlip, *, note: str, by: User, at: datetime | None = None) -> PaperSlip:
    """Send a slip back; `note` says why. Who may and what is raised as in `approve`, and BadValue without a note."""
    note = reason_in(note, "驳回原因", field="note")
    with unit_of_work():
        locked = _deciding(slip, "reject", by, at or clock.now())
        locked.decision_note = note
        locked.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
        audit.record(by, "slip.rejected", locked, {"number": locked.number})
    return locked


def _deciding(slip: PaperSlip, move: str, by: User, at: datetime) -> PaperSlip:
    """The slip with its decision, locked and not yet saved."""
    before, after = SLIP_MOVES[move]
    locked: PaperSlip = (
        PaperSlip.objects.select_for_update(of=("self",))
        .select_related("courier__user", "gift", "station__organisation", "by")
        .get(pk=slip.pk)
    )
    if not may_decide_slips(by, locked.station):
        raise NotThere
    if locked.by_id == by.pk:
        raise OwnSlip
    if deals_with_himself(by, locked.courier):
        raise SelfDealing
    if locked.state != before:
        raise SlipDecided(state=SlipState(locked.state).label)
    locked.state, locked.decided_by, locked.decided_at = after, by, at
    return locked


def _post(slip: PaperSlip) -> PaperSlip:
    courier, gift, then = slip.courier, slip.gift, slip.handed_over_at
    assert slip.decided_by is not None
    refuse_person(courier)
    refuse_gift(gift, then)
    slip.redemption = hand_over(
        courier, gift, station=slip.station, points=gift.points, by=slip.by, at=then, posted_at=slip.decided_at,
        posted_by=slip.decided_by,
    )  # fmt: skip
    slip.decision_note = ""
    slip.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "redemption"])
    audit.record(slip.decided_by, "slip.approved", slip, {"number": slip.number, "redemption": slip.redemption.number})
    return slip


def _with_advice(refusal: RuleBroken) -> RuleBroken:
    advice = WHAT_TO_DO.get(type(refusal))
    if advice is None:
        return refusal
    said = refusal.message.replace("本月", "交付当月")
    return type(refusal)(f"{said}{advice}", field=refusal.field, **refusal.facts)


def _note(slip: PaperSlip, refusal: RuleBroken) -> None:
    """Kept on the slip, where its writer reads it."""
    if type(refusal) in WHAT_TO_DO:
        PaperSlip.objects.pending().filter(pk=slip.pk).update(decision_note=refusal.message[:200])
