"""Kits never go below zero, whoever hands them out at the same moment; what was wrong is corrected by the street."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connections

from activities import care_verify
from activities.care_problems import MayNotVisit, MoreThanHandedOut, NotEnoughKits
from activities.models import CareVisit, KitStock
from activities.services import care as service
from activities.services import kits
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from tests.factories import outlet
from tests.factories.care import CareScene, care_scene
from tests.meeting import read_without_lock


def test_the_street_corrects_what_a_visit_left(care: CareScene) -> None:
    visit = care.done(kits={care.stocked(10): 4})
    for person, refusal in ((care.worker, MayNotVisit), (care.elsewhere, NotThere), (care.auditor, MayNotVisit)):
        with pytest.raises(refusal):
            kits.give_back(visit, care.kit, pieces=1, reason="多记了", by=person)
    kits.give_back(visit, care.kit, pieces=3, reason="多记了", by=care.street)
    with pytest.raises(MoreThanHandedOut, match="只发了 1 份"):
        kits.give_back(visit, care.kit, pieces=2, reason="多记了", by=care.street)
    assert care.on_hand() == 9


def test_counted(care: CareScene) -> None:
    care.stocked(10)
    assert kits.correct(care.kit, care.district.community, counted=10, reason="盘点", by=care.street) is None
    kits.correct(care.kit, care.district.community, counted=7, reason="泡水了", by=care.street)
    assert care.on_hand() == 7
    with pytest.raises(MayNotVisit):
        kits.correct(care.kit, care.district.community, counted=7, reason="x", by=care.worker)


def test_what_may_not_come_or_go(care: CareScene) -> None:
    community, street = care.district.community, care.district.street
    with pytest.raises(MayNotVisit):
        kits.receive(care.kit, community, pieces=1, by=care.elsewhere)
    for pieces in (0, -1, 10_001):
        with pytest.raises(BadValue):
            kits.receive(care.kit, community, pieces=pieces, by=care.worker)
    with pytest.raises(MayNotVisit):
        kits.pass_on(care.kit, community, street, pieces=1, by=care.worker)
    with pytest.raises(NotEnoughKits):
        kits.pass_on(care.kit, community, street, pieces=1, by=care.street)
    with pytest.raises(BadValue):
        kits.pass_on(care.kit, street, street, pieces=1, by=care.street)


def handed_out_at_once(care: CareScene, visits: list[CareVisit], pieces: int) -> list[str]:
    def hand_out(visit: CareVisit) -> str:
        try:
            service.finish(visit, by=care.worker, contact="met", couriers_reached=1, kits={care.kit: pieces})
        except (NotEnoughKits, DatabaseError) as refused:
            return type(refused).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(visits)) as pool:
        return sorted(pool.map(hand_out, visits))


@pytest.mark.django_db(transaction=True)
def test_the_last_kits_go_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six visits at the same moment, kits for two of them. The control: without the lock they are told by the database
    alone, and not in words."""
    care = care_scene()
    care.stocked(6)
    places = [outlet(care.district.street) for _ in range(6)]
    visits = service.plan(
        places, organisation=care.district.community, on=clock.shanghai_day(clock.now()), by=care.worker
    )
    assert handed_out_at_once(care, visits, 3) == ["NotEnoughKits"] * 4 + ["done"] * 2
    assert (care.on_hand(), list(care_verify.checks())) == (0, [])

    kits.receive(care.kit, care.district.community, pieces=3, by=care.worker)
    later = clock.shanghai_day(clock.now()) + timedelta(days=1)
    visits = service.plan(places[:2], organisation=care.district.community, on=later, by=care.worker)
    read_without_lock(monkeypatch, KitStock)
    assert handed_out_at_once(care, visits, 3) == ["IntegrityError", "done"]
    assert care.on_hand() == 0
