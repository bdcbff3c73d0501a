"""What the database itself refuses, however it is asked."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.wishes import WishScene
from wishes.states import WishState

pytestmark = pytest.mark.django_db

SET = "UPDATE wishes_wish SET "
CLAIM_AGAIN = (
    "INSERT INTO wishes_claim (wish_id, organisation_id, by_id, at, progress_at, released_at)"
    " SELECT wish_id, organisation_id, by_id, at, progress_at, {released} FROM wishes_claim"
)
HANG_AGAIN = (
    "INSERT INTO wishes_wish (courier_id, station_id, category, title, text, for_whom, price, is_anonymous, shown_name,"
    " flags, state, hung_at, thanks, thanks_hidden, updated_at) SELECT courier_id, station_id, category, title, text,"
    " for_whom, price, is_anonymous, shown_name, flags, '{state}', hung_at, '', false, hung_at FROM wishes_wish"
)
REFUSED = {
    "a second live claim": CLAIM_AGAIN.format(released="NULL"),
    "a second live wish": HANG_AGAIN.format(state="review"),
    "a state that is none": SET + "state = 'gone'",
    "a category that is none": SET + "category = 'money'",
    "no price": SET + "price = 0",
    "no title": SET + "title = ''",
    "on the tree without its time": SET + "opened_at = NULL",
    "claimed by nobody": SET + "claimed_by_id = NULL",
    "open, and claimed by somebody": SET + "state = 'open'",
    "delivered without its time": SET + "state = 'delivered'",
    "a time of delivery before it": SET + "delivered_at = now()",
    "lit without its time": SET + "state = 'fulfilled', delivered_at = now()",
    "lit before it came": SET + "lit_at = now()",
    "thanks before it came": SET + "thanks = '谢谢', thanked_at = now()",
    "a wish deleted": "DELETE FROM wishes_wish",
    "a step changed": "UPDATE wishes_step SET move = 'claim'",
    "a step's words changed": "UPDATE wishes_step SET text = 'x'",
    "the claimant's words erased": "UPDATE wishes_step SET text = '' WHERE text <> '' AND party = 'claimant'",
    "a step deleted": "DELETE FROM wishes_step",
    "a claim given away": "UPDATE wishes_claim SET organisation_id = organisation_id + 1",
    "a claim deleted": "DELETE FROM wishes_claim",
    "released before it was made": "UPDATE wishes_claim SET released_at = at - interval '1 day'",
    "a word before the claim": "UPDATE wishes_claim SET progress_at = at - interval '1 day'",
}
ALLOWED = {
    "a claim that was released": CLAIM_AGAIN.format(released="at"),
    "a wish that was withdrawn": HANG_AGAIN.format(state="withdrawn"),
    "another price": SET + "price = 80",
    "delivered with its time": SET + "state = 'delivered', delivered_at = now()",
    "a claim released": "UPDATE wishes_claim SET released_at = clock_timestamp()",
    "a word later": "UPDATE wishes_claim SET progress_at = clock_timestamp()",
    "the courier's words erased": "UPDATE wishes_step SET text = '' WHERE party = 'courier'",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(scene: WishScene, name: str) -> None:
    scene.make(scene.in_state(WishState.CLAIMED), "progress")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", ALLOWED)
def test_the_same_kind_of_statement_passes_where_it_may(scene: WishScene, name: str) -> None:
    scene.make(scene.in_state(WishState.CLAIMED), "progress")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALLOWED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert cursor.rowcount != 0


def test_a_released_claim_does_not_come_back(scene: WishScene) -> None:
    scene.make(scene.in_state(WishState.CLAIMED), "release")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE wishes_claim SET released_at = NULL")
