"""What the database itself refuses, however it is asked, and what it counts by itself."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.people import courier
from tests.factories.vouchers import VoucherScene, voucher_scene
from vouchers import services
from vouchers.models import Allotment
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db

SET = "UPDATE vouchers_voucher SET "
PLACES = "INSERT INTO vouchers_allotment (programme_id, enterprise_id, places, issued) VALUES (%s, %s, %s, 0)"
ISSUE = (
    "INSERT INTO vouchers_voucher (code, programme_id, courier_id, enterprise_id, state, issued_at, valid_until,"
    " no_shows, updated_at) SELECT 'RAW', programme_id, {courier}, enterprise_id, '{state}', issued_at, valid_until, 0,"
    " issued_at FROM vouchers_voucher ORDER BY id LIMIT 1"
)
BOOK = (
    "INSERT INTO vouchers_booking (voucher_id, slot_id, at, outcome) SELECT v.id, s.id, v.issued_at, ''"
    " FROM vouchers_voucher v, vouchers_slot s WHERE v.courier_id = {courier} AND {slot} ORDER BY s.id LIMIT 1"
)
# In the scene: two places in all, both given; the rider's card is booked in a slot for one, the other's is not booked.
REFUSED = {
    "one card more than the quota": ISSUE.format(courier="{third}", state="issued"),
    "a second card for one courier": ISSUE.format(courier="{rider}", state="issued"),
    "a quota below what is given": "UPDATE vouchers_programme SET quota = 1",
    "places of an enterprise below what is given": "UPDATE vouchers_allotment SET places = 0",
    "one booking more than the slot has places": BOOK.format(courier="{second}", slot="s.capacity = 1"),
    "a second place for one card": BOOK.format(courier="{rider}", slot="s.capacity = 5"),
    "a slot smaller than what is booked": "UPDATE vouchers_slot SET capacity = 0",
    "a slot that ends before it starts": "UPDATE vouchers_slot SET ends_at = starts_at",
    "a state that is none": SET + "state = 'gone'",
    "checked in without its time": SET + "state = 'checked_in'",
    "over without its time": SET + "state = 'void'",
    "another courier's card": SET + "courier_id = {third}",
    "a card deleted": "DELETE FROM vouchers_voucher",
    "a booking moved": "UPDATE vouchers_booking SET slot_id = slot_id + 1",
    "a booking deleted": "DELETE FROM vouchers_booking",
    "an outcome that is none": "UPDATE vouchers_booking SET outcome = 'gone', ended_at = at",
    "a booking over without its time": "UPDATE vouchers_booking SET outcome = 'kept'",
    "a step changed": "UPDATE vouchers_step SET move = 'void'",
    "a step deleted": "DELETE FROM vouchers_step",
    "a programme that ends before it starts": "UPDATE vouchers_programme SET valid_until = valid_from - 1",
}
ALLOWED = {
    "a void card beyond the quota": (
        "INSERT INTO vouchers_voucher (code, programme_id, courier_id, state, issued_at, valid_until, no_shows,"
        " updated_at, ended_at) SELECT 'RAW', programme_id, {third}, 'void', issued_at, valid_until, 0, issued_at,"
        " issued_at FROM vouchers_voucher ORDER BY id LIMIT 1"
    ),
    "a larger quota": "UPDATE vouchers_programme SET quota = 3",
    "a place in another slot": BOOK.format(courier="{second}", slot="s.capacity = 5"),
    "a card made void": SET + "state = 'void', ended_at = issued_at WHERE courier_id = {second}",
    "a booking cancelled": "UPDATE vouchers_booking SET outcome = 'cancelled', ended_at = at",
}


@pytest.fixture
def facts(db: None) -> dict[str, int]:
    scene = voucher_scene(quota=2)
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=2)
    second = courier(scene.rider.outlet)
    scene.slot(days=4)
    scene.booked(slot=scene.slot(days=3, capacity=1))
    scene.issued(rider=second)
    return {"rider": scene.rider.pk, "second": second.pk, "third": courier(scene.rider.outlet).pk}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(facts: dict[str, int], name: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[name].format(**facts))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", ALLOWED)
def test_the_same_kind_of_statement_passes_where_it_may(facts: dict[str, int], name: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALLOWED[name].format(**facts))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert cursor.rowcount != 0


def test_places_added_later_count_what_was_given(scene: VoucherScene) -> None:
    scene.issued()
    scene.issued(rider=courier(scene.rider.outlet))
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(PLACES, [scene.programme.pk, scene.post.pk, 1])
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [scene.programme.pk, scene.post.pk, 3])
    assert Allotment.objects.get().issued == 2


def test_the_database_counts_by_itself(scene: VoucherScene) -> None:
    voucher, slot = scene.in_state(VoucherState.BOOKED), scene.slot(days=3)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vouchers_booking SET outcome = 'cancelled', ended_at = at")
        cursor.execute("UPDATE vouchers_voucher SET state = 'void', ended_at = issued_at")
    scene.programme.refresh_from_db()
    slot.refresh_from_db()
    assert (scene.programme.issued, slot.booked) == (0, 0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vouchers_booking SET outcome = 'missed'")
    slot.refresh_from_db()
    assert slot.booked == 1
    assert services.find(voucher.code, by=scene.nurse).state == VoucherState.VOID
