"""Visits to outlets: planned alone or as a route, done, cancelled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from accounts.models import Organisation, Outlet, User
from activities import care_rules
from activities.care_problems import CareWrongState, MayNotVisit, PlannedAlready
from activities.care_states import (
    CARE_MOVES,
    MOST_REACHED,
    PHOTO,
    PLANNED_AHEAD,
    REMEMBERED,
    CareState,
    Contact,
)
from activities.models import CareVisit, Kit
from activities.organisers import organises
from activities.services import kits as kit_services
from activities.services.needs import raise_need
from fengchao.core import audit, clock, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph, sentence

ROUTE_LENGTH = 30
VISITORS_LENGTH = 100
NOTES_LENGTH = 1000
REASON_LENGTH = 200
MOST_PHOTOS = 6
MOST_AT_ONCE = 50  # outlets of one route
NEAR = timedelta(minutes=10)  # a telephone's clock may be ahead of ours


def plan(
    outlets: Sequence[Outlet],
    *,
    organisation: Organisation,
    on: date,
    by: User,
    route: str = "",
    visitors: str = "",
    at: datetime | None = None,
) -> list[CareVisit]:
    """Plan to visit `outlets` on a day, in this order: a visit each, or none.

    Raises MayNotVisit, BadValue naming the field (none or too many outlets, one outside the street of `organisation`,
    a day that is past or more than a year ahead), PlannedAlready when one of them has a plan of this organisation
    that day; a partial unique index stands behind it.
    """
    at = at or clock.now()
    route = sentence(route, most=ROUTE_LENGTH, field="route")
    visitors = sentence(visitors, most=VISITORS_LENGTH, field="visitors")
    if not organises(by, organisation):
        raise MayNotVisit
    _check_outlets(outlets, organisation)
    today = clock.shanghai_day(at)
    if not today <= on <= today + PLANNED_AHEAD:
        raise BadValue("走访日期要在今天到一年以内。", field="planned_on")
    with unit_of_work():
        # One who plans for this organisation at a time, so that the second one is told in words.
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        planned = CareVisit.objects.planned().filter(organisation=organisation, planned_on=on)
        if taken := planned.filter(outlet__in=outlets).select_related("outlet__enterprise").first():
            raise PlannedAlready(outlet=str(taken.outlet), field="outlets")
        visits = CareVisit.objects.bulk_create(
            CareVisit(outlet=outlet, organisation=organisation, planned_on=on, route=route, position=position,
                      visitors=visitors, planned_by=by, planned_at=at)
            for position, outlet in enumerate(outlets)
        )  # fmt: skip
        for visit in visits:
            audit.record(by, "care.plan", visit, {"outlet": visit.outlet_id, "on": on})
    return visits


def finish(
    visit: CareVisit,
    *,
    by: User,
    contact: str,
    visited_at: datetime | None = None,
    couriers_reached: int = 0,
    kits: Mapping[Kit, int] | None = None,
    visitors: str = "",
    notes: str = "",
    photo_ids: Sequence[int] = (),
    needs: Sequence[str] = (),
    at: datetime | None = None,
) -> CareVisit:
    """The visit was made: who was met, what was left there, what was needed. `kits` says how many pieces of each.

    Raises BadValue naming the field (nobody met and yet couriers reached, kits left or needs heard; a time that is not
    over or too long ago), NotThere, MayNotVisit, CareWrongState, NotEnoughKits, PhotoNotYours. Locks the visit, then
    the stock of each kit in the order of their keys.
    """
    at = at or clock.now()
    notes = paragraph(notes, most=NOTES_LENGTH, field="notes")
    visitors = sentence(visitors, most=VISITORS_LENGTH, field="visitors")
    visited_at = _when(visited_at, at)
    kits = {kit: pieces for kit, pieces in (kits or {}).items() if pieces}
    _check_contact(contact, couriers_reached, bool(kits), bool(needs))
    if len(photo_ids) > MOST_PHOTOS:
        raise BadValue(f"最多 {MOST_PHOTOS} 张照片。", field="photos")
    with unit_of_work():
        locked = _locked(visit, by, "done")
        locked.visited_at, locked.contact, locked.notes = visited_at, contact, notes
        locked.couriers_reached, locked.visitors = couriers_reached, visitors or locked.visitors
        _end(locked, "done", by, at)
        photos.attach(photo_ids, PHOTO, str(locked.pk), by=by)
        kit_services.hand_out(locked, kits, by=by, at=at)
        for text in needs:
            raise_need(locked, text=text, by=by, at=at)
        audit.record(by, "care.done", locked, {"contact": contact, "reached": couriers_reached})
    return locked


def cancel(visit: CareVisit, *, reason: str, by: User, at: datetime | None = None) -> CareVisit:
    """The visit will not be made. Raises BadValue without a reason, NotThere, MayNotVisit, CareWrongState."""
    at = at or clock.now()
    reason = sentence(reason, most=REASON_LENGTH, field="reason", needed=True)
    with unit_of_work():
        locked = _locked(visit, by, "cancel")
        locked.cancel_reason = reason
        _end(locked, "cancel", by, at)
        audit.record(by, "care.cancel", locked)
    return locked


def _locked(visit: CareVisit, by: User, move: str) -> CareVisit:
    """The visit under its lock, from where `move` goes, for whom it is to make."""
    rows = CareVisit.objects.select_for_update(of=("self",), no_key=True).shown()
    locked: CareVisit | None = rows.filter(pk=visit.pk).first()
    if locked is None or not care_rules.reads(by, locked.organisation, locked.outlet):
        raise NotThere
    if not organises(by, locked.organisation):
        raise MayNotVisit
    if locked.state not in CARE_MOVES[move][0]:
        raise CareWrongState(state=CareState(locked.state).label)
    return locked


def _end(visit: CareVisit, move: str, by: User, at: datetime) -> None:
    visit.state, visit.ended_by, visit.ended_at = CARE_MOVES[move][1], by, at
    visit.save()


def _check_outlets(outlets: Sequence[Outlet], organisation: Organisation) -> None:
    if not outlets:
        raise BadValue("请至少选一个网点。", field="outlets")
    if len(outlets) > MOST_AT_ONCE:
        raise BadValue(f"一次最多安排 {MOST_AT_ONCE} 个网点。", field="outlets")
    if len({outlet.pk for outlet in outlets}) != len(outlets):
        raise BadValue("有网点选了两次。", field="outlets")
    reach = care_rules.territory(organisation)
    if not all(outlet.organisation.path.startswith(reach) for outlet in outlets):
        raise BadValue("有网点不在这个单位走访的范围里。", field="outlets")


def _check_contact(contact: str, reached: int, left_kits: bool, heard_needs: bool) -> None:
    if contact not in Contact.values:
        raise BadValue("请选一项：见到了，或为什么没见到。", field="contact")
    if not 0 <= reached <= MOST_REACHED:
        raise BadValue(f"慰问人数是 0 到 {MOST_REACHED} 的整数。", field="couriers_reached")
    if contact == Contact.MET:
        return
    if reached:
        raise BadValue("没见到人，慰问人数应当是 0。", field="couriers_reached")
    if left_kits:
        raise BadValue("没见到人，不能发慰问包。", field="kits")
    if heard_needs:
        raise BadValue("没见到人，不会有需要。", field="needs")


def _when(visited_at: datetime | None, at: datetime) -> datetime:
    if visited_at is None:
        return at
    if visited_at > at + NEAR:
        raise BadValue("到访时间不能晚于现在。", field="visited_at")
    if visited_at < at - REMEMBERED:
        raise BadValue(f"只能登记 {REMEMBERED.days} 天内的走访。", field="visited_at")
    return min(visited_at, at)
