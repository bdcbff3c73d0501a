"""Reports in the small world: one of each state in every place, since a move is asked from where it goes."""

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from reports import services
from reports.models import Category, Report
from stations.models import Station
from tests.factories.reports import picture

CATEGORY = "pothole"
STATES = ("submitted", "accepted", "assigned", "in_progress", "waiting_for_reporter", "resolved", "rejected")
NONE = dict.fromkeys(STATES, "PNOSUCHNR")


def category() -> Category:
    found, _ = Category.objects.get_or_create(code=CATEGORY, defaults={"name": "路面坑洼", "points_accepted": 5})
    return found


def tell(name: str, courier: Courier, station: str, street: Organisation, *, chief: User, unit: User) -> dict[str, str]:
    """State → number, of reports by `courier` that `chief` decides about and `unit` works on, in the street's name."""
    Membership.objects.get_or_create(user=unit, organisation=street, role=Role.HANDLER)
    unit, kind = User.objects.get(pk=unit.pk), category()  # with the role just given
    place = Station.objects.select_related("organisation").get(code=station)
    return {
        state: _led_to(
            state, services.file(courier, kind, text=f"秘告{name}", place="路口", station=place)[0], street, chief, unit
        ).number
        for state in STATES
    }


def _after(unit: User) -> int:
    return picture(unit, colour="white").pk


def _led_to(state: str, report: Report, street: Organisation, chief: User, unit: User) -> Report:
    if state == "submitted":
        return report
    if state == "rejected":
        return services.reject(report, reason="not_true", text="现场没有", by=chief)
    report = services.accept(report, by=chief)
    if state == "accepted":
        return report
    report = services.assign(report, organisation=street, by=chief)
    if state == "waiting_for_reporter":
        return services.ask(report, text="在哪？", by=unit)
    if state == "assigned":
        return report
    report = services.start(report, by=unit)
    if state == "in_progress":
        return report
    return services.resolve(report, text="补好了", photo_ids=[_after(unit)], by=unit)
