"""Two communities of a street, one of which lends the other a room."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organisation, User
from accounts.roles import Role
from activities.models import Loan, Resource
from activities.services import sharing
from fengchao.core import clock
from tests.factories.people import staff
from tests.factories.places import District, Kind, district, organisation


@dataclass
class SharingScene:
    district: District
    owner: Organisation
    borrower: Organisation
    room: Resource
    keeper: User  # of the owner's office
    asker: User  # of the borrower's office
    start: datetime  # tomorrow, on the hour

    def ask(self, hours: int = 2, after: int = 0, **said: object) -> Loan:
        """From `after` hours past tomorrow's start, for so many hours."""
        first = self.start + timedelta(hours=after)
        facts = {"borrower": self.borrower, "purpose": "急救培训", "by": self.asker, **said}
        return sharing.ask(self.room, starts_at=first, ends_at=first + timedelta(hours=hours), **facts)  # type: ignore[arg-type]  # of a test

    def lent(self, **said: int) -> Loan:
        return sharing.approve(self.ask(**said), by=self.keeper)


def resource(owner: Organisation, name: str = "会议室", **facts: object) -> Resource:
    return Resource.objects.create(organisation=owner, name=name, **{"kind": "room", "place": "二楼", **facts})


def sharing_scene() -> SharingScene:
    place = district()
    street = Organisation.objects.get(pk=place.street.pk)
    borrower = organisation(street, kind=Kind.COMMUNITY, name="对门社区")
    tomorrow = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return SharingScene(
        district=place, owner=place.community, borrower=borrower, room=resource(place.community),
        keeper=staff(Role.COUNTER, place.community, name="管工"), asker=staff(Role.COUNTER, borrower, name="借工"),
        start=tomorrow,
    )  # fmt: skip
