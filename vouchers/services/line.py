"""The centre's line as the district opens it: times on days with so many places, closed, widened, taken away."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from accounts.models import User
from fengchao.core import audit, clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from stations.opening.calendar import is_known, is_workday
from vouchers.models import Programme, Slot
from vouchers.problems import SlotHasBookings, SlotsOverlap
from vouchers.services.booking import move_up
from vouchers.services.turns import lock_programme, lock_slots

MOST_DAYS = 184
MOST_SLOTS = 2000
MOST_PLACES = 500
SHORTEST, LONGEST = 5, 480  # minutes


@dataclass(frozen=True)
class Plan:
    """Slots one after another from `start` to `end`, on days of the week (Monday is 0) or on working days."""

    first: date
    last: date
    start: time
    end: time
    minutes: int
    places: int
    weekdays: frozenset[int] | None = None  # None: days worked by decree, weekends in exchange for a holiday included

    @property
    def days(self) -> list[date]:
        span = [self.first + timedelta(days=nr) for nr in range((self.last - self.first).days + 1)]
        return [day for day in span if (is_workday(day) if self.weekdays is None else day.weekday() in self.weekdays)]

    @property
    def unknown_years(self) -> list[int]:
        """Years of which nobody knows the holidays yet, where they matter."""
        years = range(self.first.year, self.last.year + 1)
        return [] if self.weekdays is not None else [year for year in years if not is_known(date(year, 1, 1))]

    def slots(self, programme: Programme) -> list[Slot]:
        length = timedelta(minutes=self.minutes)
        found = []
        for day in self.days:
            start, end = (datetime.combine(day, at, tzinfo=clock.SHANGHAI) for at in (self.start, self.end))
            while start + length <= end:
                found.append(
                    Slot(programme=programme, starts_at=start, ends_at=start + length, capacity=self.places)
                )  # fmt: skip
                start += length
        return found


def make(programme: Programme, plan: Plan, *, by: User, at: datetime | None = None) -> tuple[int, int]:
    """Open the slots of `plan`; how many are new, and how many were there already and stay as they are.

    Raises BadValue beside the field at fault, NotThere for a programme that is not `by`'s, SlotsOverlap. Locks the
    programme, so that two plans at once do not overlap either.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _managed(programme.pk, by)
        _refuse_plan(locked, plan, at)
        slots = plan.slots(locked)
        if not slots:
            raise BadValue("这几天里没有一个时段，请核对日期、星期和时间。", field="first")
        if len(slots) > MOST_SLOTS:
            raise BadValue(f"一次最多 {MOST_SLOTS} 个时段，请分几次开。", field="last")
        span = {"ends_at__gt": slots[0].starts_at, "starts_at__lt": slots[-1].ends_at}
        known = list(Slot.objects.filter(programme=locked, **span))
        starts = {slot.starts_at for slot in known}
        new = [slot for slot in slots if slot.starts_at not in starts]
        _refuse_overlap([*known, *new])
        Slot.objects.bulk_create(new)
        facts = {"day": str(plan.first), "last": str(plan.last), "rows": len(new), "capacity": plan.places}
        audit.record(by, "slot.made", locked, facts)
    return len(new), len(slots) - len(new)


def close(slot: Slot, *, by: User) -> Slot:
    """Nobody books it any more; who has a place keeps it. A repeat changes nothing."""
    return _set(slot, "closed", by=by, is_closed=True)


def open_again(slot: Slot, *, by: User, at: datetime | None = None) -> Slot:
    """It can be booked again, first by who waits for it. A repeat changes nothing."""
    return _set(slot, "opened", by=by, at=at, is_closed=False)


def set_capacity(slot: Slot, capacity: int, *, by: User, at: datetime | None = None) -> Slot:
    """So many places; new ones go to who waits first. Raises BadValue for fewer than are taken."""
    if not 1 <= capacity <= MOST_PLACES:
        raise BadValue(f"人数在 1 到 {MOST_PLACES} 之间。", field="capacity")
    return _set(slot, "changed", by=by, at=at, capacity=capacity)


def remove(slot: Slot, *, by: User) -> None:
    """Take away a slot that nobody ever booked. Raises SlotHasBookings."""
    with unit_of_work():
        locked = _locked(slot, by)
        if locked.bookings.exists():
            raise SlotHasBookings
        audit.record(by, "slot.deleted", locked, {"day": f"{locked.starts_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}"})
        locked.delete()


def _set(slot: Slot, verb: str, *, by: User, at: datetime | None = None, **wanted: int | bool) -> Slot:
    with unit_of_work():
        locked = _locked(slot, by)
        changed = {name: [getattr(locked, name), value] for name, value in wanted.items()
                   if getattr(locked, name) != value}  # fmt: skip
        if locked.booked > wanted.get("capacity", locked.booked):
            raise BadValue(f"已经约了 {locked.booked} 人，人数不能比它少。", field="capacity")
        if changed:
            Slot.objects.filter(pk=locked.pk).update(**wanted)
            audit.record(by, f"slot.{verb}", locked, changed)
            locked.refresh_from_db()
            move_up(locked, at=at or clock.now())
    return locked


def _locked(slot: Slot, by: User) -> Slot:
    """Programme before slot, as every move locks them."""
    programme = Slot.objects.filter(pk=slot.pk).values_list("programme", flat=True).first()
    if programme is None:
        raise NotThere("这个时段已经不在了。")
    _managed(programme, by)
    found = lock_slots([slot]).get(slot.pk)
    if found is None:
        raise NotThere("这个时段已经不在了。")
    return found


def _managed(key: int, by: User) -> Programme:
    if not Programme.objects.managed_by(by).filter(pk=key).exists():
        raise NotThere("这个体检项目不归您管理。")
    return lock_programme(key)


def _refuse_plan(programme: Programme, plan: Plan, at: datetime) -> None:
    days = (plan.last - plan.first).days
    if not 0 <= days < MOST_DAYS:
        raise BadValue(f"截止日期不早于开始日期，一次最多 {MOST_DAYS} 天。", field="last")
    if plan.first <= clock.shanghai_day(at):
        raise BadValue("从明天或以后开始：当天的时段已经来不及约。", field="first")
    if plan.first < programme.valid_from:
        raise BadValue(f"体检项目 {programme.valid_from} 才开始。", field="first")
    if plan.last > programme.valid_until:
        raise BadValue(f"体检项目到 {programme.valid_until} 为止。", field="last")
    if not SHORTEST <= plan.minutes <= LONGEST:
        raise BadValue(f"每个时段 {SHORTEST} 到 {LONGEST} 分钟。", field="minutes")
    if plan.start >= plan.end:
        raise BadValue("结束时间要晚于开始时间。", field="end")
    if not 1 <= plan.places <= MOST_PLACES:
        raise BadValue(f"人数在 1 到 {MOST_PLACES} 之间。", field="places")


def _refuse_overlap(slots: list[Slot]) -> None:
    for earlier, later in pairwise(sorted(slots, key=lambda slot: slot.starts_at)):
        if earlier.ends_at > later.starts_at:
            start = later.starts_at.astimezone(clock.SHANGHAI)
            raise SlotsOverlap(field="start", when=f"{start:%m-%d %H:%M}")
