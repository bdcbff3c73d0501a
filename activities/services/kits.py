"""Kits come to an organisation, go out with its visits, and are put right where somebody erred."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Sum

from accounts.models import Organisation, User
from accounts.roles import MANAGERS
from accounts.scope import covers
from activities.care_problems import MayNotVisit, MoreThanHandedOut, NotEnoughKits
from activities.care_states import MOST_PIECES, KitMove
from activities.models import CareVisit, Kit, KitMovement, KitStock
from activities.organisers import organises
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence

NOTE_LENGTH = 200


def receive(
    kit: Kit, organisation: Organisation, *, pieces: int, by: User, note: str = "", at: datetime | None = None
) -> KitMovement:
    """Kits came to `organisation`. Raises BadValue, MayNotVisit."""
    at, note = at or clock.now(), sentence(note, most=NOTE_LENGTH, field="note")
    _check_pieces(pieces)
    if not organises(by, organisation):
        raise MayNotVisit
    if not kit.is_active:
        raise BadValue("这种慰问包已停用。", field="kit")
    with unit_of_work():
        return _move(kit, organisation, KitMove.RECEIVED, pieces, by, at, note)


def hand_out(visit: CareVisit, kits: Mapping[Kit, int], *, by: User, at: datetime) -> None:
    """What a visit leaves, out of the stock of its organisation: all of it, or none. The caller has locked the visit
    and asked who may. Raises BadValue, NotEnoughKits. Locks the stock of each kit in the order of their keys."""
    for kit, pieces in sorted(kits.items(), key=lambda each: each[0].pk):
        _check_pieces(pieces, field="kits")
        _lock(kit, visit.organisation, wanted=pieces, field="kits")
        _move(kit, visit.organisation, KitMove.HANDED_OUT, -pieces, by, at, visit=visit)


def give_back(
    visit: CareVisit, kit: Kit, *, pieces: int, reason: str, by: User, at: datetime | None = None
) -> KitMovement:
    """A visit left fewer than was written down: the street puts it right. Raises BadValue, NotThere, MayNotVisit for
    who only visits, MoreThanHandedOut. Locks the visit."""
    at, reason = at or clock.now(), sentence(reason, most=NOTE_LENGTH, field="reason", needed=True)
    _check_pieces(pieces)
    with unit_of_work():
        # No change of the visit: its lock alone keeps two corrections from giving back the same kit.
        found = CareVisit.objects.select_for_update(of=("self",)).select_related("organisation")
        locked = found.in_scope(by).filter(pk=visit.pk).first()
        if locked is None:
            raise NotThere
        if not covers(by, locked.organisation.path, *MANAGERS):
            raise MayNotVisit
        out = -(KitMovement.objects.filter(visit=locked, kit=kit).aggregate(sum=Sum("number"))["sum"] or 0)
        if pieces > out:
            raise MoreThanHandedOut(number=out, kit=kit.name, field="pieces")
        return _move(kit, locked.organisation, KitMove.RETURNED, pieces, by, at, reason, visit=locked)


def pass_on(
    kit: Kit, giver: Organisation, taker: Organisation, *, pieces: int, by: User, note: str = "",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Kits go from an organisation to one below or above it, both in the hands of `by`. Raises BadValue, MayNotVisit,
    NotEnoughKits. Locks the giver's stock."""
    at, note = at or clock.now(), sentence(note, most=NOTE_LENGTH, field="note")
    _check_pieces(pieces)
    if giver.pk == taker.pk:
        raise BadValue("请选另一个单位。", field="taker")
    if not organises(by, giver) or not organises(by, taker):
        raise MayNotVisit
    with unit_of_work():
        _lock(kit, giver, wanted=pieces, field="pieces")
        # In the order of the organisations: two who send each other kits do not wait for each other for ever.
        moves = sorted(((giver, -pieces), (taker, pieces)), key=lambda move: move[0].pk)
        for organisation, number in moves:
            other = taker if organisation.pk == giver.pk else giver
            _move(kit, organisation, KitMove.PASSED_ON, number, by, at, note or f"{giver} 调给 {taker}", other=other)


def correct(
    kit: Kit, organisation: Organisation, *, counted: int, reason: str, by: User, at: datetime | None = None
) -> KitMovement | None:
    """Somebody counted: so many are there. None when that is what the books say. Raises BadValue, MayNotVisit for who
    does not manage. Locks the stock."""
    at, reason = at or clock.now(), sentence(reason, most=NOTE_LENGTH, field="reason", needed=True)
    if not 0 <= counted <= MOST_PIECES:
        raise BadValue(f"数量是 0 到 {MOST_PIECES} 的整数。", field="counted")
    if not covers(by, organisation.path, *MANAGERS):
        raise MayNotVisit
    with unit_of_work():
        difference = counted - _lock(kit, organisation, wanted=0, field="counted")
        return _move(kit, organisation, KitMove.CORRECTED, difference, by, at, reason) if difference else None


def _lock(kit: Kit, organisation: Organisation, *, wanted: int, field: str) -> int:
    """How many there are, under the lock of the stock."""
    rows = KitStock.objects.select_for_update(no_key=True).filter(organisation=organisation, kit=kit)
    on_hand = next((row.on_hand for row in rows), 0)
    if on_hand < wanted:
        raise NotEnoughKits(kit=kit.name, on_hand=on_hand, wanted=wanted, field=field)
    return on_hand


def _move(
    kit: Kit,
    organisation: Organisation,
    kind: KitMove,
    number: int,
    by: User,
    at: datetime,
    note: str = "",
    *,
    visit: CareVisit | None = None,
    other: Organisation | None = None,
) -> KitMovement:
    made = KitMovement.objects.create(
        organisation=organisation, kit=kit, kind=kind, number=number, visit=visit, note=note, by=by, at=at
    )
    facts = {"kit": kit.pk, "organisation": organisation.pk, "number": number}
    audit.record(by, f"kits.{kind}", made, facts | ({"with": other.pk} if other else {}))
    return made


def _check_pieces(pieces: int, *, field: str = "pieces") -> None:
    if not 1 <= pieces <= MOST_PIECES:
        raise BadValue(f"数量是 1 到 {MOST_PIECES} 的整数。", field=field)
