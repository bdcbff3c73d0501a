"""A courier checks in at a station: by its poster, or at its counter."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from accounts.models import Courier, User
from accounts.problems import AccountFrozen, RegistrationRequired
from fengchao.core import audit, clock, geo, limits
from fengchao.core.errors import NotThere, RuleBroken, TooMany
from fengchao.core.transactions import unit_of_work
from points.events import declare
from points.ledger import Source
from points.models import Account, RefusedAward
from points.problems import SelfDealing
from points.services import earn
from stations import counter
from stations.models import SAME_VISIT, Near, RefusedCheckIn, Station, Visit, Way
from stations.problems import PosterElsewhere, PosterReplaced, PosterUnknown, TooManyWrongPosters
from stations.rules import serves
from stations.services.posters import refuse_poster

EVENT = declare("check_in", "到站签到", Account.Kind.CHECKINS)
SOURCE = "visit"
NEAR_M = 300
WRONG_POSTERS = 10
WRONG_POSTERS_WINDOW = timedelta(minutes=10)
WRONG = (PosterUnknown, PosterElsewhere, PosterReplaced)

# Its day and hour still count; neither its key nor its time leads back to the ledger.
_FORGET = """
    UPDATE stations_visit
    SET id = nextval(pg_get_serial_sequence('stations_visit', 'id')), courier_id = NULL, transfer_id = NULL,
        at = date_trunc('hour', at), until = date_trunc('hour', at) + (until - at)
    WHERE courier_id = %s
"""


class CheckIn(NamedTuple):
    """The visit, and whether it had begun before (`again`)."""

    visit: Visit
    again: bool


def check_in(
    courier: Courier,
    station: Station,
    *,
    poster: str | None = None,
    by: User | None = None,
    position: geo.Position | None = None,
    at: datetime | None = None,
) -> CheckIn:
    """Note that `courier` is at `station`: he opened its `poster`, or the worker `by` has him before the counter.

    Within 30 minutes of a visit's first check-in at the same station it is that visit. A visit earns by the rule of
    `check_in` once: at the counter, or by poster when `position` is within 300 m of the station; who sends his position
    only with the second check-in of a visit earns then. The position itself is dropped.

    Raises NotThere for a station out of use or not `by`'s to serve, and, each leaving a RefusedCheckIn, PosterUnknown,
    PosterElsewhere, PosterReplaced, SelfDealing, RegistrationRequired and AccountFrozen. Check-ins of one courier wait
    for each other; then the courier's balance is locked, last his row: his account is frozen or closed before, which is
    looked at again, or after.
    """
    at = at or clock.now()
    if (poster is None) == (by is None):
        raise ValueError("a check-in is by a poster or by a worker")
    if not station.is_active or (by is not None and not serves(by, station)):
        raise NotThere
    with _recorded(courier, station, by, at):
        if poster is not None:
            refuse_poster(poster, station)
        if by is not None and by.pk == courier.user_id:
            raise SelfDealing("不能给自己签到，请扫海报。")
        _refuse_person(courier)
        near = Near.YES if by is not None else _nearness(position, station)
        _wait_for_twins(courier)
        done = _note(courier, station, near, by, at)
        _refuse_person(Courier.objects.select_for_update(no_key=True, of=("self",)).get(pk=courier.pk))
        if by is not None:
            audit.record(by, "visit.checked_in", done.visit, {"station": station.code, "again": done.again})
    return done


def check_in_with_ticket(ticket: str, station: Station, *, by: User, at: datetime | None = None) -> CheckIn:
    """`check_in` at the counter of whom `by` has identified. Raises TicketExpired (also for a courier who was frozen
    since) and WrongStation besides; a ticket that is refused leaves a RefusedCheckIn too, of nobody."""
    at = at or clock.now()
    try:
        courier = counter.read_ticket(ticket, station=station, by=by, at=at)
    except RuleBroken:
        with _recorded(None, station, by, at):
            raise
    return check_in(courier, station, by=by, at=at)


@contextmanager
def wrong_posters_counted(courier: Courier, station: Station, *, at: datetime | None = None) -> Iterator[None]:
    """A try of a poster inside, by `check_in` or `look_at`. Raises TooManyWrongPosters after 10 wrong ones of this
    courier in 10 minutes, for a good one too, which leaves a RefusedCheckIn as they do. Every door opens this around
    its transaction, for the count must outlive the refusal; good posters never count."""
    at = at or clock.now()
    tries = limits.wrong_tries(
        f"wrong-posters:{courier.pk}", limit=WRONG_POSTERS, window=WRONG_POSTERS_WINDOW, wrong=WRONG, at=at
    )
    with ExitStack() as counted:
        try:
            counted.enter_context(tries)
        except TooMany as full:
            with _recorded(courier, station, None, at):
                raise TooManyWrongPosters(retry_after=full.retry_after or 1) from full
        yield


def look_at(poster: str, courier: Courier, station: Station, *, at: datetime | None = None) -> None:
    """Refuse a bad poster, on record, before its page asks for anything."""
    if not station.is_active:
        raise NotThere
    with _recorded(courier, station, None, at or clock.now()):
        refuse_poster(poster, station)


def why_no_points(visit: Visit) -> str:
    """`far`, `unknown` or `cap`; empty for a visit that earned, and where no rule gives anything."""
    if visit.points:
        return ""
    if visit.near != Near.YES:
        return "far" if visit.near == Near.NO else "unknown"
    capped = RefusedAward.objects.filter(event=EVENT, source_kind=SOURCE, source_key=str(visit.pk)).exists()
    return "cap" if capped else ""


def forget(courier: Courier | User) -> None:
    """Take the person out of his visits, whose station, day and hour stay, and out of his refused check-ins."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [courier.pk])
    RefusedCheckIn.objects.filter(courier_id=courier.pk).update(courier=None)


def _note(courier: Courier, station: Station, near: Near, by: User | None, at: datetime) -> CheckIn:
    until = at + SAME_VISIT
    visit = Visit.objects.of_courier(courier).filter(station=station).overlapping(at, until).first()
    again, proven = visit is not None, visit is not None and visit.near == Near.YES
    if visit is None:
        visit = Visit(
            station=station, courier=courier, at=at, until=until, day=clock.shanghai_day(at), near=near, by=by,
            way=Way.COUNTER if by else Way.POSTER,
        )  # fmt: skip
        visit.save(force_insert=True)
    if near == Near.YES and not proven:
        visit.near = near
        _award(visit, courier, by, at)
        visit.save(update_fields=["near", "points", "transfer"])
    return CheckIn(visit, again)


def _award(visit: Visit, courier: Courier, by: User | None, at: datetime) -> None:
    posting = earn(courier, EVENT, source=Source(SOURCE, str(visit.pk)), by=by, at=at)
    if posting is not None:
        visit.transfer_id, visit.points = posting.transfer_id, posting.credited


def _nearness(position: geo.Position | None, station: Station) -> Near:
    if position is None:
        return Near.UNKNOWN
    return Near.YES if geo.metres(position, geo.Position(station.lat, station.lng)) <= NEAR_M else Near.NO


def _refuse_person(courier: Courier) -> None:
    if not courier.is_registered:
        raise RegistrationRequired
    if courier.is_frozen:
        raise AccountFrozen


def _wait_for_twins(courier: Courier) -> None:
    """Not his row, which other services lock after his balance: until the transaction's end, and before any lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('check-in', %s))", [courier.pk])


@contextmanager
def _recorded(courier: Courier | None, station: Station, by: User | None, at: datetime) -> Iterator[None]:
    def keep(refusal: RuleBroken) -> None:
        RefusedCheckIn.objects.create(
            station=station, courier=courier, at=at, way=Way.COUNTER if by else Way.POSTER, by=by, code=refusal.code,
            detail=refusal.message[:200],
        )  # fmt: skip

    with unit_of_work(on_refusal=keep):
        yield
