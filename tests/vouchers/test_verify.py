"""`manage.py verify` finds every planted fault of a voucher, and nothing where there is none."""

import pytest
from django.db import connection

from fengchao.management.commands.verify import differences
from tests.factories.people import courier
from tests.factories.vouchers import VoucherScene, fresh, programme
from tests.points.test_verify import without_triggers
from vouchers import services
from vouchers.models import Allotment, Voucher
from vouchers.states import VoucherState
from vouchers.verify import _CHECKS, checks

pytestmark = pytest.mark.django_db
S = VoucherState

FAULTS: dict[str, tuple[VoucherState, str]] = {
    "programme_counts_its_vouchers": (S.ISSUED, "UPDATE vouchers_programme SET issued = issued + 1"),
    "allotment_counts_its_vouchers": (S.ISSUED, "UPDATE vouchers_allotment SET issued = issued - 1"),
    "slot_counts_its_bookings": (S.BOOKED, "UPDATE vouchers_slot SET booked = booked - 1"),
    "voucher_begins_with_its_issue": (S.ISSUED, "UPDATE vouchers_step SET move = 'book' WHERE voucher_id = {voucher}"),
    "voucher_is_where_its_last_step_left_it": (
        S.ISSUED, "UPDATE vouchers_voucher SET state = 'void', ended_at = issued_at WHERE id = {voucher}",
    ),
    "voucher_step_is_a_move_of_the_table": (
        S.BOOKED, "UPDATE vouchers_step SET move = 'cancel' WHERE move = 'book' AND voucher_id = {voucher}",
    ),
    "booked_voucher_has_a_place": (
        S.BOOKED, "UPDATE vouchers_booking SET outcome = 'kept', ended_at = at WHERE voucher_id = {voucher}",
    ),
    "place_is_in_the_line_of_its_programme": (S.BOOKED, "UPDATE vouchers_slot SET programme_id = {other}"),
    "voucher_counts_its_no_shows": (S.ISSUED, "UPDATE vouchers_voucher SET no_shows = 1 WHERE id = {voucher}"),
    "completed_voucher_has_every_tick": (
        S.COMPLETED, "DELETE FROM vouchers_tick WHERE id = (SELECT min(id) FROM vouchers_tick)",
    ),
}  # fmt: skip


def test_every_check_has_its_fault() -> None:
    assert set(FAULTS) == set(_CHECKS)


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found(scene: VoucherScene, check: str) -> None:
    state, fault = FAULTS[check]
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=9)
    other = programme(scene.district.root, scene.clinic, name="另一个")
    voucher = scene.in_state(state)
    scene.in_state(S.PARTIAL, rider=courier(scene.rider.outlet))
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(fault.format(voucher=voucher.pk, other=other.pk))
    assert check in {difference.check for difference in checks()}


def test_whatever_can_happen_to_a_voucher_is_in_order(scene: VoucherScene) -> None:
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=99)
    for days in (3, 5):
        scene.slot(days=days, capacity=50)
    for state in [*VoucherState][::-1]:
        if state != S.EXPIRED:  # the clock would take all that are not used yet
            scene.in_state(state, rider=courier(scene.rider.outlet))
    voucher = scene.booked()
    services.change(voucher, scene.slot(days=6), by=scene.rider.user)
    services.cancel(fresh(voucher), by=scene.rider.user)
    scene.in_state(S.EXPIRED, rider=courier(scene.rider.outlet))
    assert Voucher.objects.count() == len(VoucherState) + 1
    assert list(checks()) == []


@pytest.mark.django_db(transaction=True)
def test_the_command_looks_at_vouchers(scene: VoucherScene) -> None:
    voucher = scene.in_state(S.ISSUED)
    assert differences() == []
    Voucher.objects.filter(pk=voucher.pk).update(no_shows=1)
    assert {difference.check for difference in differences()} == {"voucher_counts_its_no_shows"}
