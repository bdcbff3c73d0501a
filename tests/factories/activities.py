"""A community that organises, couriers who take part, and activities in any state, made by the services."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import Courier, Organisation, User
from accounts.roles import Role
from activities import services
from activities.models import Activity, Deed, Enrolment
from activities.services.rewards import APPROVED, ATTENDED
from activities.states import ActivityState
from fengchao.core import clock, photos
from fengchao.core.models import Photo
from points.models import EarningRule
from stations.models import Station
from tests.factories.people import courier, outlet, staff
from tests.factories.places import District, Kind, district, organisation, station

A_DAY = timedelta(days=1)
DEED_POINTS = 10


@dataclass
class ActivityScene:
    """Who meets in an activity: `worker` organises for the community, `street` above it; `other` works elsewhere."""

    district: District
    community: Organisation
    party: Organisation
    station: Station
    worker: User
    street: User
    chief: User
    auditor: User
    other: User  # of a community of the same street
    rider: Courier
    friend: Courier

    def plan(self, **changed: Any) -> services.Plan:
        """A deed task of two hours, from tomorrow at this time."""
        start = changed.pop("starts_at", clock.now() + A_DAY)
        usual: dict[str, Any] = {
            "kind": "deed", "title": "清洁家园", "starts_at": start, "ends_at": start + timedelta(hours=2),
            "capacity": 2, "station": self.station, "points": 20,
        }  # fmt: skip
        return services.Plan(**{**usual, **changed})

    def draft(self, **changed: Any) -> Activity:
        return services.write(self.community, self.plan(**changed), by=self.worker)

    def published(self, **changed: Any) -> Activity:
        return services.publish(self.draft(**changed), by=self.worker)

    def in_state(self, state: ActivityState, **changed: Any) -> Activity:
        activity = self.draft(**changed)
        if state not in (ActivityState.DRAFT, ActivityState.CANCELLED):
            activity = services.publish(activity, by=self.worker)
        if state == ActivityState.CANCELLED:
            activity = services.cancel(activity, reason="下雨", by=self.worker)
        if state in (ActivityState.RUNNING, ActivityState.DONE):
            activity = services.start(activity, by=self.worker, at=activity.starts_at)
        if state == ActivityState.DONE:
            activity = services.finish(activity, by=self.worker, at=activity.ends_at)
        assert activity.state == state
        return activity

    def enrolled(self, activity: Activity, rider: Courier | None = None, *, at: datetime | None = None) -> Enrolment:
        return services.enrol(activity, rider or self.rider, at=at)

    def worker_of(self, place: Organisation) -> User:
        return staff(Role.COUNTER, place, name="社工己")

    def told(self, rider: Courier | None = None, **changed: Any) -> Deed:
        teller = rider or self.rider
        usual: dict[str, Any] = {
            "text": "帮一位老人推车上坡", "place": "解放大道", "happened_on": clock.shanghai_day(clock.now()),
            "minutes": 30, "witness": "蜂巢旁水果店老板", "photo_ids": [upload(teller.user).pk],
        }  # fmt: skip
        return services.tell_of(teller, **{**usual, **changed})


def upload(user: User, colour: str = "green") -> Photo:
    stream = io.BytesIO()
    Image.new("RGB", (120, 90), colour).save(stream, "JPEG")
    return photos.take_in(SimpleUploadedFile("p.jpg", stream.getvalue(), "image/jpeg"), by=user)


def rules(*, points: int = DEED_POINTS) -> None:
    """The district pays for attendance and for deeds, since yesterday."""
    since = timezone.now() - A_DAY
    for event, worth in ((ATTENDED, 1), (APPROVED, points)):
        EarningRule.objects.create(event=event, title="用心做", programme="deeds", points=worth, valid_from=since)


def activity_scene(*, paid: bool = True) -> ActivityScene:
    place = district()
    if paid:
        rules()
    home = outlet(place.community)
    neighbours = organisation(place.street, kind=Kind.COMMUNITY, name="邻社区")
    return ActivityScene(
        district=place, community=place.community,
        party=organisation(place.root, kind=Kind.PARTY, name="快递行业党委"),
        station=station(place.community),
        worker=staff(Role.COUNTER, place.community, name="社工甲"),
        street=staff(Role.STREET_ADMIN, place.street, name="街道乙"),
        chief=staff(Role.DISTRICT_ADMIN, place.root, name="区管丙"),
        auditor=staff(Role.AUDITOR, place.root, name="审计丁"),
        other=staff(Role.COUNTER, neighbours, name="社工戊"),
        rider=courier(home, name="何小蜂"), friend=courier(home, name="方小骑"),
    )  # fmt: skip


def fresh(activity: Activity) -> Activity:
    found: Activity = Activity.objects.shown().get(pk=activity.pk)
    return found
