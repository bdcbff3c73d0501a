"""What was needed where visitors came: written down, settled in words, or (`fengchao.needs`) turned into a wish or a
report."""

from datetime import datetime

from accounts.models import Courier, User
from activities.care_problems import CareWrongState, MayNotVisit, NeedFollowedUp, OwnNeed
from activities.care_states import BECAME, CareState, NeedState
from activities.models import CareVisit, Need
from activities.organisers import organises
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import IdempotencyKey
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import sentence

TEXT_LENGTH = 300
MOST_NEEDS = 20  # of one visit


def raise_need(
    visit: CareVisit, *, text: str, by: User, courier: Courier | None = None, at: datetime | None = None
) -> Need:
    """Write down what somebody needs. `courier` is one who showed his code. Raises BadValue, NotThere, MayNotVisit,
    CareWrongState for a visit that met nobody, OwnNeed. Locks the visit."""
    at, text = at or clock.now(), sentence(text, most=TEXT_LENGTH, field="text", needed=True)
    if courier is not None and courier.pk == by.pk:
        raise OwnNeed
    with unit_of_work():
        rows = CareVisit.objects.in_scope(by).select_for_update(of=("self",), no_key=True)
        locked = rows.select_related("organisation").filter(pk=visit.pk).first()
        if locked is None:
            raise NotThere
        if not organises(by, locked.organisation):
            raise MayNotVisit
        if not locked.met_somebody:
            raise CareWrongState(state=CareState(locked.state).label)
        if locked.needs.count() >= MOST_NEEDS:
            raise BadValue(f"一次走访最多记 {MOST_NEEDS} 条需要。", field="text")
        need = Need.objects.create(visit=locked, text=text, courier=courier, raised_by=by, raised_at=at)
        audit.record(by, "need.raise", need, {"visit": locked.pk})
    return need


def settle(need: Need, *, outcome: str, by: User, at: datetime | None = None) -> Need:
    """It was solved, in words. Raises BadValue, NotThere, MayNotVisit, NeedFollowedUp. Locks the need."""
    at, outcome = at or clock.now(), sentence(outcome, most=TEXT_LENGTH, field="outcome", needed=True)
    with unit_of_work():
        locked = locked_for(need, by)
        if not locked.is_open:
            raise NeedFollowedUp(state=NeedState(locked.state).label)
        locked.state, locked.outcome, locked.ended_by, locked.ended_at = NeedState.SETTLED, outcome, by, at
        locked.save()
        audit.record(by, "need.settle", locked)
    return locked


def become(need: Need, state: NeedState, key: str, *, courier: Courier, by: User, at: datetime) -> Need:
    """What the caller, who holds the lock of `locked_for`, made of an open need, and for whom."""
    assert state in BECAME
    need.state, need.became_key, need.courier, need.ended_by, need.ended_at = state, key, courier, by, at
    need.save()
    audit.record(by, f"need.{state}", need, {"became": key, "courier": courier.pk})
    return need


def locked_for(need: Need, by: User) -> Need:
    """The need under its lock, as the database has it now, for who may follow it up. Raises NotThere, MayNotVisit."""
    rows = Need.objects.select_for_update(of=("self",), no_key=True).shown()
    locked: Need | None = rows.in_scope(by).filter(pk=need.pk).first()
    if locked is None:
        raise NotThere
    if not organises(by, locked.visit.organisation):
        raise MayNotVisit
    return locked


def forget(user: User, *, at: datetime | None = None) -> None:
    """A courier leaves: what was written down of his needs goes, and that they were his. What they became goes its own
    way."""
    at = at or clock.now()
    for visit in set(Need.objects.filter(courier=user.pk).values_list("visit", flat=True)):
        IdempotencyKey.objects.filter(path__contains=f"/care-visits/{visit}/").delete()  # answers that hold the words
    Need.objects.filter(courier=user.pk).update(courier=None, text="", outcome="", erased_at=at)
