"""The centre's line: places, waiting for one, no-shows, and what the clock does with it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from fengchao.core import clock
from fengchao.core.models import Notice
from tests.factories.people import courier
from tests.factories.vouchers import A_DAY, VoucherScene, fresh, programme
from vouchers import services
from vouchers.models import Booking, Slot, SlotWaiting
from vouchers.problems import AlreadyWaiting, MayNot, NoNeedToWait, SlotClosed, SlotFull, TooLate, WrongDay, WrongState
from vouchers.states import Outcome, VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def booked(slot: Slot) -> int:
    slot.refresh_from_db()
    return slot.booked


def test_a_slot_is_called_by_its_time_in_shanghai(scene: VoucherScene) -> None:
    slot = scene.slot(days=2, hour=0)
    assert str(slot) == f"{clock.shanghai_day(slot.starts_at):%m-%d} 00:00"


def test_a_place_each_until_it_is_full(scene: VoucherScene) -> None:
    slot = scene.slot(days=3, capacity=2)
    for _ in range(2):
        scene.booked(slot=slot, rider=courier(scene.district.street))
    with pytest.raises(SlotFull):
        scene.booked(slot=slot)
    assert booked(slot) == 2


def test_what_cannot_be_booked(scene: VoucherScene) -> None:
    voucher = scene.issued()
    closed, past = scene.slot(days=4), scene.slot(days=3)
    Slot.objects.filter(pk=closed.pk).update(is_closed=True)
    later = scene.slot(days=61)
    other = Slot.objects.create(
        programme=programme(scene.district.root, scene.clinic, name="另一个"), starts_at=closed.starts_at,
        ends_at=closed.ends_at, capacity=5,
    )  # fmt: skip
    for slot, at in ((closed, None), (past, past.starts_at), (later, None), (other, None)):
        with pytest.raises(SlotClosed):
            services.book(voucher, slot, by=scene.rider.user, at=at)
    with pytest.raises(WrongState):
        services.cancel(voucher, by=scene.rider.user)
    assert Booking.objects.count() == 0


def test_who_waits_for_a_full_slot_moves_up_in_turn(scene: VoucherScene) -> None:
    slot = scene.slot(days=3, capacity=1)
    voucher = scene.booked(slot=slot)
    waiting = [scene.issued(rider=courier(scene.district.street)) for _ in range(2)]
    for each in waiting:
        services.wait_for(each, slot, by=each.courier.user)
    with pytest.raises(AlreadyWaiting):
        services.wait_for(waiting[0], slot, by=waiting[0].courier.user)
    with pytest.raises(MayNot):
        services.wait_for(waiting[0], slot, by=scene.chief)
    services.cancel(voucher, by=scene.rider.user)
    assert (booked(slot), Booking.objects.live().get().voucher) == (1, waiting[0])
    assert Notice.objects.filter(user_id=waiting[0].courier_id, kind="voucher_moved_up").count() == 1
    assert [each.voucher for each in SlotWaiting.objects.all()] == [waiting[1]]
    services.change(fresh(waiting[0]), scene.slot(days=4), by=waiting[0].courier.user)
    assert fresh(waiting[1]).state == S.BOOKED
    assert SlotWaiting.objects.count() == 0


def test_who_booked_elsewhere_or_stopped_waits_no_more(scene: VoucherScene) -> None:
    slot = scene.slot(days=3, capacity=1)
    voucher = scene.booked(slot=slot)
    elsewhere, stopped = (scene.issued(rider=courier(scene.district.street)) for _ in range(2))
    for each in (elsewhere, stopped):
        services.wait_for(each, slot, by=each.courier.user)
    services.book(elsewhere, scene.slot(days=4), by=elsewhere.courier.user)
    for _ in range(2):
        services.stop_waiting(stopped, slot, by=stopped.courier.user)
    services.cancel(voucher, by=scene.rider.user)
    assert (booked(slot), fresh(stopped).state) == (0, S.ISSUED)


def test_nobody_waits_for_what_is_free_or_moves_up_on_the_last_evening(scene: VoucherScene) -> None:
    slot = scene.slot(days=3, capacity=1)
    late = scene.issued(rider=courier(scene.district.street))
    with pytest.raises(NoNeedToWait):
        services.wait_for(late, slot, by=late.courier.user)
    voucher = scene.booked(slot=slot)
    evening = slot.starts_at - timedelta(hours=14)
    with pytest.raises(TooLate):
        services.wait_for(late, slot, by=late.courier.user, at=evening)
    services.wait_for(late, slot, by=late.courier.user)
    services.void(voucher, reason="已离职", by=scene.chief, at=evening)
    assert (booked(slot), fresh(late).state) == (0, S.ISSUED)


def test_twice_not_come_and_the_place_goes_to_who_waits(scene: VoucherScene) -> None:
    type(scene.programme).objects.update(quota=1)
    waiting = courier(scene.district.street)
    slot = scene.slot(days=3)
    voucher = scene.booked(slot=slot)
    services.wait(scene.programme, waiting, by=scene.chief)
    with pytest.raises(WrongDay):
        services.no_show(voucher, by=scene.nurse, at=slot.starts_at - timedelta(minutes=1))
    services.no_show(voucher, by=scene.nurse, at=slot.starts_at + timedelta(hours=1))
    assert (fresh(voucher).state, fresh(voucher).no_shows, waiting.vouchers.count()) == (S.ISSUED, 1, 0)
    second = scene.slot(days=5)
    services.book(fresh(voucher), second, by=scene.rider.user)
    services.no_show(fresh(voucher), by=scene.nurse, at=second.starts_at + timedelta(hours=1))
    assert (fresh(voucher).state, waiting.vouchers.get().state) == (S.RETURNED, S.ISSUED)
    assert [each.outcome for each in Booking.objects.order_by("pk")] == [Outcome.MISSED] * 2
    assert booked(slot) == 1


def test_the_day_is_over(scene: VoucherScene) -> None:
    """Who did not come is recorded, who was forgotten is completed: once, however often it runs."""
    slot = scene.slot(days=3)
    absent, forgotten = scene.booked(slot=slot), scene.booked(slot=slot, rider=courier(scene.district.street))
    services.check_in(forgotten, by=scene.nurse, at=slot.starts_at)
    night = clock.day_bounds(clock.shanghai_day(slot.starts_at))[1]
    for at, found in ((night - timedelta(seconds=1), (0, 0)), (night, (1, 1)), (night + A_DAY, (0, 0))):
        assert (services.miss_due(at), services.complete_due(at)) == found
    assert (fresh(absent).state, fresh(absent).no_shows, fresh(forgotten).state) == (S.ISSUED, 1, S.PARTIAL)


@pytest.mark.django_db(transaction=True)
def test_reminded_once_the_day_before(scene: VoucherScene) -> None:
    slot = scene.slot(days=3)
    scene.booked(slot=slot)
    start = slot.starts_at
    for at, found in ((start - A_DAY - timedelta(minutes=1), 0), (start - A_DAY, 1), (start - A_DAY / 2, 0)):
        assert services.remind_due(at) == found
    notice = Notice.objects.get(kind="voucher_tomorrow")
    assert notice.title.startswith("体检提醒：") and notice.title.endswith("09:00")
    assert DBTaskResult.objects.count() == 1


def test_the_command_runs_them(scene: VoucherScene) -> None:
    slot = scene.slot(days=3)
    voucher = scene.booked(slot=slot)
    for _ in range(2):
        call_command("expire", at=(slot.starts_at + A_DAY).isoformat(), verbosity=0)
        assert (fresh(voucher).state, fresh(voucher).no_shows) == (S.ISSUED, 1)
