"""Activities and deeds in the small world: one of each state that a move goes from, in every place."""

from datetime import timedelta

from accounts.models import Courier, Organisation, User
from activities import services
from activities.models import Activity
from activities.services.rewards import APPROVED, ATTENDED
from activities.states import ActivityState
from fengchao.core import clock
from points.models import EarningRule
from stations.models import Station
from tests.factories.activities import upload

NOWHERE = 2**40
NAMES = ("draft", "published", "joined", "running", "deed")
NONE = dict.fromkeys(NAMES, NOWHERE)


def rules() -> None:
    since = clock.now() - timedelta(days=2)
    for event in (ATTENDED, APPROVED):
        EarningRule.objects.create(event=event, title="用心做", programme="deeds", points=5, valid_from=since)


def organise(name: str, station: str, couriers: list[Courier], teller: Courier, *, by: User) -> dict[str, int]:
    """Activities of the station's community by name: a `draft`; `published`; `joined`, in which all `couriers` have a
    place; `running`, in which they have one too. And the `deed` of `teller`, to be reviewed."""
    at = Station.objects.select_related("organisation").get(code=station)
    body = Organisation.objects.get(pk=at.organisation_id)
    now = clock.now()

    def written(days: int, title: str) -> Activity:
        start = now + timedelta(days=days)
        plan = services.Plan(
            kind="deed", title=title, starts_at=start, ends_at=start + timedelta(hours=2), capacity=50, station=at,
            points=5,
        )  # fmt: skip
        return services.write(body, plan, by=by)

    found = {"draft": written(3, f"秘稿{name}").pk}
    found["published"] = services.publish(written(4, "清洁家园"), by=by).pk
    found["joined"] = _joined(services.publish(written(5, "文明劝导"), by=by), couriers).pk
    running = _joined(services.publish(written(6, "关爱老人"), by=by), couriers)
    # Under way for a minute: what is written before its time is not.
    begun = now - timedelta(minutes=1)
    Activity.objects.filter(pk=running.pk).update(starts_at=begun, ends_at=begun + timedelta(hours=2))
    found["running"] = services.start(running, by=by).pk
    assert Activity.objects.get(pk=running.pk).state == ActivityState.RUNNING
    deed = services.tell_of(
        teller, text=f"秘事{name}", place="路口", happened_on=clock.shanghai_day(now), minutes=10,
        witness=f"秘证{name}", photo_ids=[upload(teller.user).pk], station=at,
    )  # fmt: skip
    found["deed"] = deed.pk
    return found


def _joined(activity: Activity, couriers: list[Courier]) -> Activity:
    for courier in couriers:
        services.enrol(activity, courier)
    return activity
