"""Visits in the small world: one planned, one done with a need, by each place's community to the place's outlet."""

from dataclasses import dataclass
from datetime import timedelta

from accounts.models import Organisation, Outlet, User
from activities.models import Kit
from activities.services import care, kits
from fengchao.core import clock

NOT_THERE = 2**40


@dataclass
class Visits:
    planned: int = NOT_THERE
    done: int = NOT_THERE
    need: int = NOT_THERE
    kit: int = NOT_THERE


def pay(name: str, community: Organisation, outlet: Outlet, *, by: User) -> Visits:
    """What was noted and needed only who reads the visit may read."""
    kit, _ = Kit.objects.get_or_create(name="消暑礼包")
    kits.receive(kit, community, pieces=50, by=by, note=f"秘礼{name}")
    today = clock.shanghai_day(clock.now())
    tomorrow = today + timedelta(days=1)
    visits = [
        care.plan([outlet], organisation=community, on=day, by=by, visitors=f"秘访{name}")[0]
        for day in (today, tomorrow)
    ]
    done = care.finish(
        visits[0], by=by, contact="met", couriers_reached=3, kits={kit: 2}, notes=f"秘况{name}", needs=[f"秘需{name}"]
    )
    return Visits(planned=visits[1].pk, done=done.pk, need=done.needs.get().pk, kit=kit.pk)
