"""A gift is set aside from the phone, and fetched within 48 hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import Courier, User
from accounts.problems import CodeExpired, CodeUnknown, CodeUsed
from fengchao.core import clock, codes, notices
from fengchao.core.errors import NotThere
from fengchao.core.transactions import unit_of_work
from gifts.models import Gift, Redemption, Reservation
from gifts.problems import ReservationOver, SelfDealing
from gifts.rules import deals_with_himself
from gifts.services.redemptions import hand_over
from gifts.services.refusals import recorded, refuse_gift, refuse_over_limit, refuse_person
from gifts.states import RESERVATION_MOVES, Attempt, ReservationState
from points import ledger
from points.ledger import Leg, Source
from points.models import Hold
from stations.models import Station
from stations.problems import WrongStation
from stations.rules import serves

HELD_FOR = timedelta(hours=48)
REMINDED_BEFORE = timedelta(hours=6)


def reserve(courier: Courier, gift: Gift, *, station: Station, at: datetime | None = None) -> Reservation:
    """Set one `gift` aside at `station` for 48 hours: its points and the piece are held, both or neither.

    Raises NotThere for a station out of use, AccountFrozen, Unverified, NotOnSale, InsufficientPoints, Overdrawn,
    SoldOut and LimitReached (handed over in the Shanghai month and set aside together), the first that holds; it leaves
    a RefusedAttempt. Locks the courier's balance, then the stock's, last the courier: his account is closed or frozen
    before, which is looked at again, or after.
    """
    at = at or clock.now()
    with recorded(Attempt.RESERVE, courier=courier, gift=gift, station=station, by=courier.user, at=at):
        if not station.is_active:
            raise NotThere
        refuse_person(courier)
        refuse_gift(gift, at)
        code = codes.random_code()
        expires_at = at + HELD_FOR
        parts = [
            Leg(ledger.courier_account(courier.pk), gift.points),
            Leg(ledger.stock_account(station.pk, gift.code), 1),
        ]
        ledger.hold(parts, source=_source(code), expires_at=expires_at, at=at)
        reservation = Reservation(
            pickup_code=code, courier=courier, gift=gift, station=station, points=gift.points, at=at,
            expires_at=expires_at,
        )  # fmt: skip
        reservation.save(force_insert=True)
        refuse_over_limit(courier, gift, at)
        refuse_person(Courier.objects.select_for_update(no_key=True).get(pk=courier.pk))
    return reservation


def cancel(reservation: Reservation, *, by: User, at: datetime | None = None) -> Reservation:
    """Give back what was set aside: by the courier himself. Raises NotThere for anybody else, ReservationOver when it
    is fetched, cancelled or over. Locks the reservation, then what the ledger locks."""
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(pk=reservation.pk)
        if locked is None or locked.courier_id != by.pk:
            raise NotThere
        if locked.state != RESERVATION_MOVES["cancel"][0]:
            raise ReservationOver(state=ReservationState(locked.state).label)
        _end(locked, "cancel", Hold.Resolution.VOIDED, at)
    return locked


def look_up(pickup_code: str, *, station: Station, by: User, at: datetime | None = None) -> Reservation:
    """What waits at `station` under this code, for the worker to see before he hands it over.

    Refuses as `pick_up` does, RefusedAttempt included; locks and changes nothing.
    """
    at = at or clock.now()
    found = Reservation.objects.shown().filter(pickup_code=pickup_code).first()
    with _picking_up(found, station, by, at):
        return _fit_for_pick_up(found, station, by, at)


def pick_up(pickup_code: str, *, station: Station, by: User, at: datetime | None = None) -> Redemption:
    """Hand over what was set aside, to whoever names its code at the counter of its station.

    The price is that of the day it was set aside, and what has happened to his points since does not matter: they were
    held. Raises NotThere when the station is not `by`'s to serve, CodeUnknown, CodeUsed, CodeExpired, ReservationOver
    when it was cancelled, WrongStation, SelfDealing, AccountFrozen; each that names a reservation leaves a
    RefusedAttempt. Locks the reservation, then the courier's balance, then the stock's.
    """
    at = at or clock.now()
    found = Reservation.objects.select_related("courier__user", "gift").filter(pickup_code=pickup_code).first()
    with _picking_up(found, station, by, at):
        locked = _fit_for_pick_up(_locked(pickup_code=pickup_code), station, by, at)
        ledger.release(_source(pickup_code), resolution=Hold.Resolution.POSTED, at=at)
        redemption = hand_over(
            locked.courier, locked.gift, station=station, points=locked.points, by=by, at=at, promised=True
        )
        locked.state, locked.ended_at, locked.redemption = RESERVATION_MOVES["hand_over"][1], at, redemption
        locked.save(update_fields=["state", "ended_at", "redemption"])
    return redemption


def expire_reservations(at: datetime | None = None) -> int:
    """Release what nobody fetched in time; how many there were. Each is a transaction of its own, and one that is being
    fetched or cancelled at this moment is waited for and then left alone."""
    at = at or clock.now()
    ended = 0
    for pk in Reservation.objects.due(at).order_by("expires_at").values_list("pk", flat=True).iterator():
        with unit_of_work():
            locked = _locked(pk=pk)
            if locked is not None and locked.state == RESERVATION_MOVES["expire"][0] and locked.expires_at <= at:
                _end(locked, "expire", Hold.Resolution.EXPIRED, at)
                _tell(locked, "reservation_expired", f"{locked.gift.name}没有来取，预约已到期",
                      f"{locked.points:,} 分已退回，还可以再预约。", at)  # fmt: skip
                ended += 1
    return ended


def remind_of_reservations(at: datetime | None = None) -> int:
    """Tell couriers, once, of what they have less than six hours left to fetch; how many of these there are."""
    at = at or clock.now()
    soon = Reservation.objects.waiting(at).filter(expires_at__lte=at + REMINDED_BEFORE).shown()
    for reservation in soon:
        until = reservation.expires_at.astimezone(clock.SHANGHAI)
        _tell(reservation, "reservation_ends", f"{reservation.gift.name}快到期了",
              f"{until:%H:%M} 前到{reservation.station.name}取，过时自动退回积分。", at)  # fmt: skip
    return len(soon)


@contextmanager
def _picking_up(found: Reservation | None, station: Station, by: User, at: datetime) -> Iterator[None]:
    if not serves(by, station):
        raise NotThere
    courier, gift = (found.courier, found.gift) if found else (None, None)
    with recorded(Attempt.PICK_UP, courier=courier, gift=gift, station=station, by=by, at=at):
        yield


def _fit_for_pick_up(reservation: Reservation | None, station: Station, by: User, at: datetime) -> Reservation:
    if reservation is None:
        raise CodeUnknown("没有这个取货码，请核对。", field="pickup_code")
    if reservation.state == ReservationState.HANDED_OVER:
        raise CodeUsed("这个取货码已经取过货了。", field="pickup_code")
    if reservation.state == ReservationState.CANCELLED:
        raise ReservationOver(state=ReservationState(reservation.state).label, field="pickup_code")
    if reservation.state == ReservationState.EXPIRED or reservation.expires_at <= at:
        raise CodeExpired("这个预约过期了，积分已退回，可以现场兑换。", field="pickup_code")
    if reservation.station_id != station.pk:
        raise WrongStation(f"这件礼品预约在{reservation.station.name}，请到那里取。", field="pickup_code")
    if deals_with_himself(by, reservation.courier):
        raise SelfDealing
    refuse_person(reservation.courier)
    return reservation


def _end(reservation: Reservation, move: str, resolution: Hold.Resolution, at: datetime) -> None:
    ledger.release(_source(reservation.pickup_code), resolution=resolution, at=at)
    reservation.state, reservation.ended_at = RESERVATION_MOVES[move][1], at
    reservation.save(update_fields=["state", "ended_at"])


def _tell(reservation: Reservation, kind: str, title: str, text: str, at: datetime) -> None:
    link = reverse("reservation", args=[reservation.pickup_code])
    notices.tell(reservation.courier, kind, title, text=text, link=link, about=str(reservation.pk), at=at)


def _locked(**which: object) -> Reservation | None:
    rows = Reservation.objects.select_for_update(of=("self",)).select_related("courier__user", "gift", "station")
    found: Reservation | None = rows.filter(**which).first()
    return found


def _source(pickup_code: str) -> Source:
    return Source("reservation", pickup_code)
