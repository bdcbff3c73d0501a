"""`verify` finds what is wrong with visits and with what people were paid for saying, and only that."""

from datetime import timedelta

import pytest
from django.db import connection

from fengchao import erasure
from fengchao.core import clock, geo
from points.models import EarningRule
from stations.models import Observation, Visit
from stations.services import posters
from stations.services.corrections import ACCEPTED, accept, propose
from stations.services.observations import CONFIRMED, confirm
from stations.services.visits import EVENT, check_in
from stations.verify import checks
from tests import factories
from tests.gifts.shop import Shop, open_shop
from tests.points.test_verify import without_triggers

pytestmark = pytest.mark.django_db
HERE = geo.Position(30.57, 114.27)

FAULTS = {
    "visit_was_paid_what_it_says": "UPDATE stations_visit SET points = points + 1 WHERE points > 0",
    "check_in_has_its_visit": "DELETE FROM stations_visit WHERE points > 0",
    "forgotten_visits_were_paid_what_they_say": "UPDATE stations_visit SET courier_id = NULL, transfer_id = NULL"
    " WHERE points > 0",
    "visits_lie_apart": "UPDATE stations_visit SET at = at - interval '75 min', until = until - interval '75 min'"
    " WHERE at = (SELECT max(at) FROM stations_visit)",
    "visit_counts_on_its_day": "UPDATE stations_visit SET day = day + 1",
    "station_confirmed_was_said_by_who_was_paid": "UPDATE stations_observation SET by_id = {other}"
    " WHERE kind = 'confirmation'",
    "correction_accepted_was_said_by_who_was_paid": "UPDATE stations_observation SET state = 'rejected'"
    " WHERE kind = 'correction'",
}
# Faults that the same hand may make, each of which the check must see too.
OTHERS = {
    "visit_was_paid_what_it_says": [
        "UPDATE points_transfer SET source_key = '-' || source_key WHERE kind = 'check_in'",
        "UPDATE points_transfer SET kind = 'manual' WHERE kind = 'check_in'",
        "UPDATE stations_visit SET courier_id = {other} WHERE points > 0",
    ],
    "check_in_has_its_visit": ["UPDATE stations_visit SET points = 0, transfer_id = NULL WHERE points > 0"],
    "station_confirmed_was_said_by_who_was_paid": ["DELETE FROM stations_observation WHERE kind = 'confirmation'"],
}
ALL = [*FAULTS.items(), *((check, fault) for check, faults in OTHERS.items() for fault in faults)]


@pytest.fixture
def used(db: None) -> Shop:
    """Visits that earn, one that does not, one of a courier who left; a confirmation and a correction that earned."""
    shop = open_shop()  # the fixture of this name says itself when the books are wrong
    now = clock.now()
    for event, points in ((EVENT, 5), (CONFIRMED, 1), (ACCEPTED, 10)):
        EarningRule.objects.create(
            event=event, title=event, programme="checkins", points=points, valid_from=now - timedelta(days=60)
        )
    poster = posters.token_for(shop.station)
    leaver = factories.courier()
    for courier, where, hours in (
        (shop.courier, HERE, 9),
        (shop.courier, HERE, 8),
        (shop.courier, None, 7.5),
        (leaver, HERE, 8),
    ):
        check_in(courier, shop.station, poster=poster, position=where, at=now - timedelta(hours=hours))
    check_in(shop.courier, shop.station, by=shop.worker, at=now - timedelta(hours=6))
    confirm(shop.courier, shop.station)
    accept(propose(shop.courier, shop.station, "phone", "027-83000000"), by=shop.chief)
    erasure.close_account(leaver.user, by=leaver.user)
    return shop


def test_normal_use_leaves_nothing_to_find(used: Shop) -> None:
    assert list(checks()) == []
    paid = sorted(Visit.objects.values_list("points", flat=True))
    assert (paid, Observation.objects.count()) == ([0, 5, 5, 5, 5], 2)
    assert Visit.objects.filter(courier=None, points=5, transfer=None).count() == 1


@pytest.mark.parametrize(("check", "fault"), ALL)
def test_a_planted_fault_is_found(check: str, fault: str, used: Shop) -> None:
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        # What the database itself would refuse was put there by a hand that can take its rules away.
        for name in ("visit_once_in_half_an_hour", "visit_earns_when_near", "visit_lasts_half_an_hour"):
            cursor.execute(f"ALTER TABLE stations_visit DROP CONSTRAINT {name}")
        cursor.execute(fault.format(other=factories.courier().pk))
        assert cursor.rowcount > 0
    found = list(checks())
    assert check in {difference.check for difference in found}
    assert all(difference.expected != difference.found for difference in found)


def test_a_finding_says_which_and_by_how_much(used: Shop) -> None:
    visit = Visit.objects.filter(points=5).earliest("at")
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE stations_visit SET points = 7 WHERE id = %s", [visit.pk])
    (found,) = checks()
    assert (found.check, found.subject, found.expected, found.found) == (
        "visit_was_paid_what_it_says", f"visit {visit.pk}", "7", "5",
    )  # fmt: skip
