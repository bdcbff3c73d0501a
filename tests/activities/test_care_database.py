"""What the database itself refuses, however it is asked, and what `verify` would find."""

import pytest
from django.db import DatabaseError, connection, transaction

from activities import care_verify
from activities.services import kits, needs
from tests.factories.care import CareScene

pytestmark = pytest.mark.django_db

VISIT = "UPDATE activities_carevisit SET {0} WHERE state = 'planned'"
MOVE = (
    "INSERT INTO activities_kitmovement (organisation_id, kit_id, kind, number, visit_id, note, by_id, at)"
    " SELECT organisation_id, kit_id, '{kind}', {number}, {visit}, '', by_id, at FROM activities_kitmovement"
    " WHERE kind = 'received' LIMIT 1"
)
PLAN_AGAIN = (
    "INSERT INTO activities_carevisit (outlet_id, organisation_id, planned_on, route, position, visitors,"
    " planned_by_id, planned_at, state, contact, couriers_reached, notes, cancel_reason)"
    " SELECT outlet_id, organisation_id,"
    " planned_on + {days}, '', 0, '', planned_by_id, planned_at, 'planned', '', 0, '', ''"
    " FROM activities_carevisit WHERE state = 'planned'"
)
PLANNED = "(SELECT id FROM activities_carevisit WHERE state = 'planned')"
DONE = "(SELECT id FROM activities_carevisit WHERE state = 'done')"
REFUSED = {
    "a state that is none": VISIT.format("state = 'gone'"),
    "done without time and contact": VISIT.format("state = 'done', ended_at = now(), ended_by_id = planned_by_id"),
    "done by nobody": VISIT.format("state = 'done', visited_at = now(), contact = 'met'"),
    "nobody met, somebody reached": VISIT.format(
        "state = 'done', ended_at = now(), ended_by_id = planned_by_id, visited_at = now(), contact = 'closed',"
        " couriers_reached = 1"
    ),
    "visited after it was written down": VISIT.format(
        "state = 'done', ended_at = now(), ended_by_id = planned_by_id, visited_at = now() + interval '1 day',"
        " contact = 'met'"
    ),
    "cancelled without a reason": VISIT.format("state = 'cancelled', ended_at = now(), ended_by_id = planned_by_id"),
    "another outlet": VISIT.format("outlet_id = outlet_id + 1"),
    "another day": VISIT.format("planned_on = planned_on + 1"),
    "a second plan that day": PLAN_AGAIN.format(days=0),
    "what is done changed": "UPDATE activities_carevisit SET couriers_reached = 9 WHERE state = 'done'",
    "a visit deleted": "DELETE FROM activities_carevisit",
    "no kits moved": MOVE.format(kind="received", number=0, visit="NULL"),
    "fewer than none received": MOVE.format(kind="received", number=-1, visit="NULL"),
    "more handed out than there are": MOVE.format(kind="passed_on", number=-7, visit="NULL"),
    "handed out without a visit": MOVE.format(kind="handed_out", number=-1, visit="NULL"),
    "handed out on a visit to come": MOVE.format(kind="handed_out", number=-1, visit=PLANNED),
    "handed out twice": MOVE.format(kind="handed_out", number=-1, visit=DONE),
    "a movement changed": "UPDATE activities_kitmovement SET number = 5",
    "a movement deleted": "DELETE FROM activities_kitmovement",
    "a stock deleted": "DELETE FROM activities_kitstock",
    "stock below zero": "UPDATE activities_kitstock SET on_hand = -1",
    "a need that says nothing": "UPDATE activities_need SET text = '' WHERE state = 'open'",
    "a wish without its key": "UPDATE activities_need SET state = 'wish', ended_at = now(), ended_by_id = raised_by_id",
    "settled without words": "UPDATE activities_need SET state = 'settled', ended_at = now(),"
    " ended_by_id = raised_by_id",
    "a need of another visit": "UPDATE activities_need SET visit_id = visit_id + 1",
    "what was settled opened again": "UPDATE activities_need SET state = 'open', outcome = '', ended_at = NULL,"
    " ended_by_id = NULL WHERE state = 'settled'",
    "a need deleted": "DELETE FROM activities_need",
}
ALLOWED = {
    "cancelled with a reason": VISIT.format(
        "state = 'cancelled', ended_at = now(), ended_by_id = planned_by_id, cancel_reason = 'x'"
    ),
    "a plan for another day": PLAN_AGAIN.format(days=1),
    "the last kits passed on": MOVE.format(kind="passed_on", number=-6, visit="NULL"),
    "given back": MOVE.format(kind="returned", number=2, visit=DONE),
    "a need erased": "UPDATE activities_need SET text = '', outcome = '', erased_at = now()",
}


@pytest.fixture
def told(care: CareScene) -> CareScene:
    """Ten kits came, four were left; two needs, one of them settled; and a visit is planned."""
    visit = care.done(kits={care.stocked(10): 4}, needs=["想要把伞", "想学修车"])
    needs.settle(visit.needs.order_by("pk")[0], outcome="送了一把", by=care.worker)
    care.planned(care.second)
    return care


@pytest.mark.parametrize("name", REFUSED)
def test_refused(told: CareScene, name: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", ALLOWED)
def test_the_same_kind_of_statement_passes_where_it_may(told: CareScene, name: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALLOWED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert cursor.rowcount != 0


def test_verify_finds_a_stock_that_is_not_its_movements(told: CareScene) -> None:
    assert list(care_verify.checks()) == []
    kits.pass_on(told.kit, told.district.community, told.district.street, pieces=2, by=told.street)
    assert list(care_verify.checks()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE activities_kitstock SET on_hand = on_hand + 1")
    assert {found.check for found in care_verify.checks()} == {"kits_on_hand_are_the_sum_of_movements"}
