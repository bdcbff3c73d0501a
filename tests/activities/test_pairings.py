"""Party organisations and the communities they work with: one live pairing of the same two."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction

from accounts.models import Organisation, User
from accounts.roles import Role
from activities.models import Pairing
from activities.services import pairings
from activities.sharing_problems import AlreadyPaired, LoanMayNot, PairingOver
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from tests.factories import District, district, organisation, staff, staff_client
from tests.factories.places import Kind

pytestmark = pytest.mark.django_db
TODAY = clock.shanghai_day(clock.now())
LIST = "/admin/activities/pairing/"


class Scene:
    def __init__(self) -> None:
        self.place: District = district()
        self.party: Organisation = organisation(self.place.root, kind=Kind.PARTY, name="快递党委")
        self.clerk: User = staff(Role.STREET_ADMIN, self.place.street)

    def pair(self, **said: Any) -> Pairing:
        facts = {"since": TODAY - timedelta(days=9), "what": "每月一次政策宣讲", "by": self.clerk, **said}
        return pairings.pair(facts.pop("party", self.party), facts.pop("community", self.place.community), **facts)


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def test_paired_once_and_again_after_the_end(scene: Scene) -> None:
    first = scene.pair()
    with pytest.raises(AlreadyPaired):
        scene.pair()
    assert pairings.describe(first, what="结对", contact="党群办", by=scene.clerk).what == "结对"
    assert pairings.end(first, on=TODAY, by=scene.clerk).until == TODAY
    for act in (
        lambda: pairings.end(first, on=TODAY, by=scene.clerk),
        lambda: pairings.describe(first, what="x", contact="", by=scene.clerk),
    ):
        with pytest.raises(PairingOver):
            act()
    assert scene.pair().until is None


def test_what_cannot_be(scene: Scene) -> None:
    office = organisation(scene.place.root, kind=Kind.DEPARTMENT)
    for said in (
        {"party": office}, {"community": office}, {"community": scene.party}, {"what": " "},
        {"since": TODAY + timedelta(days=1)},
    ):  # fmt: skip
        with pytest.raises(BadValue):
            scene.pair(**said)
    made = scene.pair()
    for on in (TODAY + timedelta(days=1), made.since - timedelta(days=1)):
        with pytest.raises(BadValue):
            pairings.end(made, on=on, by=scene.clerk)


def test_only_who_manages_the_community(scene: Scene) -> None:
    made = scene.pair()
    for role, place in ((Role.COUNTER, scene.place.community), (Role.AUDITOR, scene.place.root)):
        person = staff(role, place)
        with pytest.raises(LoanMayNot):
            pairings.end(made, on=TODAY, by=person)
    elsewhere = staff(Role.STREET_ADMIN, scene.place.other_street)
    with pytest.raises(NotThere):
        pairings.end(made, on=TODAY, by=elsewhere)
    with pytest.raises(LoanMayNot):
        scene.pair(by=elsewhere)


def test_the_database_keeps_it(scene: Scene) -> None:
    made = scene.pair()
    facts: dict[str, Any] = {
        "party": scene.party, "community": scene.place.community, "since": TODAY, "what": "x", "by": scene.clerk,
        "at": clock.now(),
    }  # fmt: skip
    over = {"until": TODAY}
    for wrong in ({}, {**over, "party": scene.place.community}, {"until": TODAY - timedelta(days=1)},
                  {**over, "what": ""}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Pairing.objects.create(**{**facts, **wrong})
    Pairing.objects.create(**{**facts, **over})  # the control
    with pytest.raises(InternalError), transaction.atomic():
        Pairing.objects.filter(pk=made.pk).update(since=TODAY)
    with pytest.raises(InternalError), transaction.atomic():
        made.delete()


def test_the_admin_pairs_describes_and_ends(scene: Scene) -> None:
    client = staff_client(scene.clerk)
    form = {"party": scene.party.pk, "community": scene.place.community.pk, "since": str(TODAY), "what": "宣讲",
            "contact": "党群办", "key": "k1"}  # fmt: skip
    bad = client.post(f"{LIST}add/", {**form, "community": scene.place.other_street.pk})
    assert (bad.status_code, Pairing.objects.count()) == (200, 0)
    assert client.post(f"{LIST}add/", form).status_code == 302
    again = client.post(f"{LIST}add/", {**form, "key": "k2"})
    assert "正在共建" in again.content.decode()
    made = Pairing.objects.get()
    marked = {"_selected_action": made.pk, "asked": "1", "key": "k3"}
    client.post(LIST, {**marked, "action": "describe_chosen", "what": "结对", "contact": ""})
    client.post(LIST, {**marked, "action": "end_chosen", "on": str(TODAY), "key": "k4"})
    made.refresh_from_db()
    assert (made.what, made.until) == ("结对", TODAY)
    assert client.get(LIST, {"live": "live"}).context["cl"].queryset.count() == 0
    assert client.get(LIST, {"live": "over"}).context["cl"].queryset.count() == 1
