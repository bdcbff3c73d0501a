"""Activities and deeds in the small world: in every place one that begins in ten minutes, one that is over, and a deed
that waits for review."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from activities import services
from activities.models import Activity
from activities.services import hours, posters
from fengchao.core import clock
from stations.models import Station

NOWHERE = 2**40
TWO_HOURS = timedelta(hours=2)


@dataclass
class Acts:
    """What a request names in a place: the courier has a place in the `open` one, and was in the one that is `over`."""

    open: int = NOWHERE
    over: int = NOWHERE
    deed: int = NOWHERE
    courier: int = NOWHERE
    community: int = NOWHERE
    year: int = 2020
    certificate: str = "none"
    poster: str = "none"


def hold(
    name: str, courier: Courier, community: Organisation, station: str, picture: int, *, chief: User
) -> Acts:  # fmt: skip
    """`chief` organises them in the community's name; `picture` is the courier's own."""
    Membership.objects.get_or_create(user=chief, organisation=community, role=Role.STREET_ADMIN)
    chief = User.objects.get(pk=chief.pk)  # with the role just given
    community = Organisation.objects.get(pk=community.pk)
    now = clock.now()
    begins, began = now + timedelta(minutes=10), now - timedelta(days=3)
    coming = _published(f"{name}将办", community, begins, now, chief)
    over = _published(f"{name}办过", community, began, began - TWO_HOURS, chief)
    services.enrol(over, courier, at=began - TWO_HOURS)
    services.enrol(coming, courier)
    services.confirm(over, [courier.pk], by=chief, at=began)
    services.start(over, by=chief, at=began)
    services.finish(over, by=chief, at=began + TWO_HOURS)
    deed = services.tell_of(
        courier, text=f"秘好{name}", place="路口", happened_on=clock.shanghai_day(now), minutes=30, witness="店主",
        photo_ids=[picture], station=Station.objects.select_related("organisation").get(code=station),
    )  # fmt: skip
    year = clock.shanghai_day(began).year
    paper = hours.token_for(courier, year, hours.services_of(courier, year), now)
    return Acts(
        open=coming.pk, over=over.pk, deed=deed.pk, courier=courier.pk, community=community.pk, year=year,
        certificate=paper, poster=posters.token_for(coming),
    )  # fmt: skip


def form(acts: Acts) -> dict[str, str]:
    """An activity as the desk writes it."""
    start = clock.now().astimezone(clock.SHANGHAI) + timedelta(days=2)
    return {
        "key": "k", "organisation": str(acts.community), "kind": "study", "title": "新课", "place": "广场",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}", "ends_at": f"{start + TWO_HOURS:%Y-%m-%dT%H:%M}", "capacity": "9",
        "points": "0",
    }  # fmt: skip


def _published(title: str, community: Organisation, starts_at: datetime, at: datetime, chief: User) -> Activity:
    plan = services.Plan(
        kind="deed", title=title, starts_at=starts_at, ends_at=starts_at + TWO_HOURS, capacity=5, place="广场"
    )  # fmt: skip
    return services.publish(services.write(community, plan, by=chief, at=at), by=chief, at=at)
