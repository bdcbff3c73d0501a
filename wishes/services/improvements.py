"""A wish that many share becomes a better station: claimed by its own organisation, delivered to all together."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from accounts.roles import MANAGERS
from accounts.scope import covers
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence
from stations.models import Station
from wishes.models import Improvement, Wish
from wishes.problems import MayNot, WrongState
from wishes.services.claims import deliver, take_on
from wishes.services.turns import SENTENCE_LENGTH, turn
from wishes.states import WishState

TITLE_LENGTH = 40


def plan(
    station: Station, *, title: str, wishes: Sequence[Wish], by: User, at: datetime | None = None
) -> Improvement:  # fmt: skip
    """The street decides that `station` gets what `wishes` ask for: all of them are claimed, or none.

    They wait at this station's tree. Such a claim is not released by the clock: works take the time they take. Raises
    BadValue for other stations' wishes or none, NotThere, MayNot, and what `turn` raises.
    """
    at, title = at or clock.now(), sentence(title, most=TITLE_LENGTH, field="title", needed=True)
    if not wishes or any(wish.station_id != station.pk for wish in wishes):
        raise BadValue("请选择挂在同一个蜂巢的心愿。", field="wishes")
    if not covers(by, station.organisation.path, *MANAGERS):
        raise MayNot
    with unit_of_work():
        improvement = Improvement.objects.create(station=station, title=title, by=by, at=at)
        audit.record(by, "improvement.plan", improvement, {"station": station.code, "wishes": len(wishes)})
        join(improvement, wishes, by=by, at=at)
    return improvement


def join(improvement: Improvement, wishes: Sequence[Wish], *, by: User, at: datetime | None = None) -> None:
    """More wishes that it grants, all or none. Raises BadValue for other stations' wishes or none, NotThere, WrongState
    once it is done, and what `turn` raises. Locks the improvement, then each wish."""
    at = at or clock.now()
    if not wishes or any(wish.station_id != improvement.station_id for wish in wishes):
        raise BadValue("请选择挂在同一个蜂巢的心愿。", field="wishes")
    with unit_of_work():
        improvement = _locked(improvement, by)
        for wish in sorted(wishes, key=lambda each: each.pk):
            with turn(wish, "claim", by, at, f"将改进蜂巢：{improvement.title}", as_staff=True) as made:
                take_on(made, improvement.station.organisation, by=by, improvement=improvement)


def finish(improvement: Improvement, *, note: str, by: User, at: datetime | None = None) -> Improvement:
    """It is there: every wish behind it is delivered, with `note`. Locks the improvement, then each wish."""
    at, note = at or clock.now(), sentence(note, most=SENTENCE_LENGTH, field="note", needed=True)
    with unit_of_work():
        locked = _locked(improvement, by)
        locked.done_at, locked.note = at, note
        locked.save(update_fields=["done_at", "note"])
        audit.record(by, "improvement.finish", locked, {})
        claims = locked.claims.live().filter(wish__state=WishState.CLAIMED).select_related("wish").order_by("wish_id")
        for claim in claims:
            deliver(claim.wish, text=note, by=by, at=at)
    return locked


def _locked(improvement: Improvement, by: User) -> Improvement:
    """It under its lock, for who manages it while it is under way. Raises NotThere, MayNot, WrongState."""
    rows = Improvement.objects.select_for_update(of=("self",), no_key=True).select_related("station__organisation")
    locked: Improvement | None = rows.filter(pk=improvement.pk).first()
    if locked is None or not Improvement.objects.in_scope(by).filter(pk=locked.pk).exists():
        raise NotThere
    if not Improvement.objects.managed_by(by).filter(pk=locked.pk).exists():
        raise MayNot
    if locked.done_at is not None:
        raise WrongState("这项改进已经完成。")
    return locked
