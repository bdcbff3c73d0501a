"""The last places of a programme and of a morning, and one card scanned fifty times at once: exact."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection

from fengchao.core.errors import RuleBroken
from tests.core.conftest import in_parallel
from tests.factories.people import courier
from tests.factories.vouchers import VoucherScene, voucher_scene
from tests.meeting import read_without_lock
from vouchers import services
from vouchers.models import Booking, Programme, Slot, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except RuleBroken as refusal:
        return refusal.code
    except IntegrityError:
        return "constraint"
    return "done"


def booked_at_once(scene: VoucherScene, *, people: int, places: int, threads: int = 16) -> Counter[str]:
    slot = scene.slot(days=3, capacity=places)
    vouchers = [scene.issued(rider=courier(scene.district.street)) for _ in range(people)]
    found = in_parallel(
        people,
        lambda number: outcome(lambda: services.book(vouchers[number], slot, by=vouchers[number].courier.user)),
        threads=threads,
    )
    return Counter(found)


def test_sixty_couriers_for_eight_places() -> None:
    assert booked_at_once(voucher_scene(), people=60, places=8) == {"done": 8, "slot_full": 52}
    assert (Booking.objects.live().count(), Slot.objects.get().booked) == (8, 8)


@pytest.mark.slow
def test_three_hundred_couriers_for_forty_places() -> None:
    found = booked_at_once(voucher_scene(quota=300), people=300, places=40, threads=32)
    assert found == {"done": 40, "slot_full": 260}
    assert (Booking.objects.live().count(), Slot.objects.get().booked) == (40, 40)


def test_without_the_lock_the_constraint_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = voucher_scene()
    read_without_lock(monkeypatch, Slot, parties=6)
    found = booked_at_once(scene, people=40, places=4)
    assert (found["done"], Slot.objects.get().booked, Booking.objects.live().count()) == (4, 4, 4)


def test_without_lock_and_trigger_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same, and nothing that holds them back."""
    scene = voucher_scene()
    read_without_lock(monkeypatch, Slot, parties=6)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE vouchers_booking DISABLE TRIGGER USER")
    try:
        assert booked_at_once(scene, people=40, places=4)["done"] > 4
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE vouchers_booking ENABLE TRIGGER USER")


def test_the_last_places_of_a_programme() -> None:
    scene = voucher_scene(quota=6)
    riders = [courier(scene.district.street) for _ in range(50)]
    found = in_parallel(50, lambda number: outcome(lambda: scene.issued(rider=riders[number])), threads=16)
    assert Counter(found) == {"done": 6, "quota_full": 44}
    assert (Programme.objects.get().issued, Voucher.objects.count()) == (6, 6)


def test_one_courier_gets_one_card() -> None:
    scene = voucher_scene()
    found = in_parallel(20, lambda number: outcome(scene.issued), threads=16)
    assert Counter(found) == {"done": 1, "already_issued": 19}


def test_fifty_scans_of_one_card_are_one_check_in() -> None:
    scene = voucher_scene()
    voucher, morning = scene.booked(), scene.slot(days=3).starts_at
    found = in_parallel(
        50, lambda number: outcome(lambda: services.check_in(voucher, by=scene.nurse, at=morning)), threads=16
    )
    assert Counter(found) == {"done": 1, "already_checked_in": 49}
    voucher.refresh_from_db()
    assert (voucher.state, voucher.steps.filter(move="check-in").count()) == (VoucherState.CHECKED_IN, 1)


def test_places_given_back_at_once_go_to_who_waits_one_each() -> None:
    scene = voucher_scene()
    slot = scene.slot(days=3, capacity=8)
    holding = [scene.booked(slot=slot, rider=courier(scene.district.street)) for _ in range(8)]
    waiting = [scene.issued(rider=courier(scene.district.street)) for _ in range(12)]
    for each in waiting:
        services.wait_for(each, slot, by=each.courier.user)
    found = in_parallel(
        8, lambda number: outcome(lambda: services.cancel(holding[number], by=holding[number].courier.user)), threads=8
    )
    assert Counter(found) == {"done": 8}
    lucky = set(Booking.objects.live().values_list("voucher_id", flat=True))
    assert (Slot.objects.get().booked, lucky) == (8, {each.pk for each in waiting[:8]})
