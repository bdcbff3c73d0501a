"""Planned, done or cancelled, by whom it belongs to, once."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from activities.care_problems import CareWrongState, MayNotVisit, NotEnoughKits, PlannedAlready
from activities.care_states import PHOTO, CareState
from activities.models import CareVisit, KitMovement, Need
from activities.services import care as service
from fengchao.core import clock, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from tests.factories.care import CareScene
from tests.matrix.world import picture


def today() -> object:
    return clock.shanghai_day(clock.now())


def test_a_route_is_a_visit_to_each_outlet_in_order(care: CareScene) -> None:
    visits = service.plan(
        [care.second, care.outlet], organisation=care.district.community, on=today(), by=care.worker,
        route="古田一线", visitors="庚、辛",
    )  # fmt: skip
    assert [(visit.outlet, visit.position, visit.route, visit.visitors) for visit in visits] == [
        (care.second, 0, "古田一线", "庚、辛"),
        (care.outlet, 1, "古田一线", "庚、辛"),
    ]
    assert AuditLog.objects.filter(verb="care.plan", actor_id=care.worker.pk).count() == 2


def test_one_plan_of_an_organisation_per_outlet_and_day(care: CareScene) -> None:
    care.planned()
    with pytest.raises(PlannedAlready, match="解放大道网点"):
        service.plan([care.second, care.outlet], organisation=care.district.community, on=today(), by=care.worker)
    assert CareVisit.objects.count() == 1  # all or none
    service.plan([care.outlet], organisation=care.district.street, on=today(), by=care.street)  # another organisation
    service.cancel(CareVisit.objects.get(organisation=care.district.community), reason="下雨", by=care.worker)
    care.planned()


@pytest.mark.parametrize("days", [-1, 400])
def test_a_day_that_cannot_be(care: CareScene, days: int) -> None:
    with pytest.raises(BadValue) as refused:
        service.plan([care.outlet], organisation=care.district.community, on=today() + timedelta(days=days),
                     by=care.worker)  # fmt: skip
    assert refused.value.field == "planned_on"


def test_an_organisation_visits_its_street_and_the_district_all(care: CareScene) -> None:
    with pytest.raises(BadValue, match="范围"):
        care.planned(care.far_outlet)
    service.plan([care.far_outlet, care.outlet], organisation=care.district.root, on=today(), by=care.chief)


def test_only_who_organises_for_it(care: CareScene) -> None:
    for person in (care.elsewhere, care.auditor, care.rider.user):
        with pytest.raises(MayNotVisit):
            care.planned(by=person)
    visit = care.planned()
    with pytest.raises(MayNotVisit):
        service.cancel(visit, reason="x", by=care.auditor)
    with pytest.raises(NotThere):
        service.cancel(visit, reason="x", by=care.elsewhere)


def test_done_says_who_was_met_and_what_was_left(care: CareScene) -> None:
    kit = care.stocked(10)
    photo = photos.take_in(SimpleUploadedFile("a.png", picture(), "image/png"), by=care.worker)
    at = clock.now()
    visit = service.finish(
        care.planned(), by=care.worker, contact="met", couriers_reached=7, kits={kit: 4}, notes="水要加",
        visited_at=at - timedelta(hours=2), photo_ids=[photo.pk], needs=["想要把伞"], at=at,
    )  # fmt: skip
    visit.refresh_from_db()
    assert (visit.state, visit.contact, visit.couriers_reached, visit.notes) == ("done", "met", 7, "水要加")
    assert (visit.ended_by, visit.ended_at, visit.visited_at) == (care.worker, at, at - timedelta(hours=2))
    assert care.on_hand() == 6
    assert photos.of(str(visit.pk), PHOTO) == [photos.Photo.objects.get(pk=photo.pk)]
    assert Need.objects.get().text == "想要把伞"


def test_what_is_over_stays(care: CareScene) -> None:
    visit = care.done()
    with pytest.raises(CareWrongState):
        care.done(visit)
    with pytest.raises(CareWrongState):
        service.cancel(visit, reason="x", by=care.worker)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"contact": ""}, "contact"),
        ({"contact": "gone"}, "contact"),
        ({"contact": "closed"}, "couriers_reached"),
        ({"couriers_reached": -1}, "couriers_reached"),
        ({"couriers_reached": 2001}, "couriers_reached"),
        ({"notes": "长" * 1001}, "notes"),
        ({"contact": "closed", "couriers_reached": 0, "needs": ["伞"]}, "needs"),
        ({"visited_at": clock.now() + timedelta(days=1)}, "visited_at"),
        ({"visited_at": clock.now() - timedelta(days=61)}, "visited_at"),
        ({"photo_ids": [1, 2, 3, 4, 5, 6, 7]}, "photos"),
        ({"photo_ids": [1]}, "photos"),
        ({"needs": [""]}, "text"),
    ],
)
def test_what_does_not_fit_writes_nothing(care: CareScene, said: dict[str, object], field: str) -> None:
    visit = care.planned()
    with pytest.raises(BadValue) as refused:
        care.done(visit, **said)
    assert refused.value.field == field
    visit.refresh_from_db()
    assert visit.state == CareState.PLANNED


def test_nobody_met_no_kits(care: CareScene) -> None:
    kit = care.stocked(3)
    with pytest.raises(BadValue, match="不能发慰问包"):
        care.done(contact="closed", couriers_reached=0, kits={kit: 1})
    assert care.done(CareVisit.objects.get(), contact="closed", couriers_reached=0).contact == "closed"


def test_more_than_there_is_writes_nothing(care: CareScene) -> None:
    kit = care.stocked(3)
    visit = care.planned()
    with pytest.raises(NotEnoughKits, match="消暑礼包只剩 3 份，不够 4 份"):
        care.done(visit, kits={kit: 4})
    visit.refresh_from_db()
    assert (visit.state, care.on_hand(), KitMovement.objects.count()) == ("planned", 3, 1)
