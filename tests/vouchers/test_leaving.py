"""Who leaves gives his card up; what he had is told him before."""

import pytest

from fengchao import erasure
from fengchao.core import clock
from fengchao.core.models import IdempotencyKey
from fengchao.mydata import everything_about
from tests.factories import api_of
from tests.factories.people import courier
from tests.factories.vouchers import VoucherScene, fresh, voucher_scene
from vouchers import services
from vouchers.models import Voucher, Waiting
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def test_his_place_goes_to_who_waits() -> None:
    scene = voucher_scene(quota=1)
    voucher, slot = scene.booked(), scene.slot(days=3)
    waiting = courier(scene.district.street)
    services.wait(scene.programme, waiting, by=scene.chief)
    api_of(scene.rider.user).delete("me/")
    slot.refresh_from_db()
    assert (fresh(voucher).state, slot.booked, waiting.vouchers.get().state) == (S.VOID, 0, S.ISSUED)
    last = voucher.steps.last()
    assert last is not None and (last.text, last.by, last.party) == ("账号已注销", None, "system")


def test_who_waits_and_leaves_waits_no_more() -> None:
    scene = voucher_scene(quota=1)
    scene.issued(rider=courier(scene.district.street))
    services.wait(scene.programme, scene.rider, by=scene.chief)
    erasure.close_account(scene.rider.user, by=scene.rider.user)
    assert Waiting.objects.count() == 0


@pytest.mark.parametrize("state", [S.CHECKED_IN, S.COMPLETED, S.EXPIRED])
def test_what_is_under_way_or_over_stays(scene: VoucherScene, state: VoucherState) -> None:
    voucher = scene.in_state(state)
    erasure.close_account(scene.rider.user, by=scene.rider.user)
    assert fresh(voucher).state == state


def test_answers_that_hold_his_name_go(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    voucher, other = scene.booked(), scene.booked(rider=courier(scene.district.street))
    at = scene.slot(days=3).starts_at
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: at)
        nurse = api_of(scene.nurse, staff=True)
        for card in (voucher, other):
            nurse.post(f"vouchers/{card.code}/check-in/", key=card.code)
        nurse.post(f"vouchers/{voucher.code}/complete/", key="done")
    assert IdempotencyKey.objects.filter(body__contains="何小蜂").count() == 3
    erasure.close_account(scene.rider.user, by=scene.rider.user)
    assert IdempotencyKey.objects.get().value == other.code


def test_his_data_hold_his_card_and_no_name_of_others(scene: VoucherScene) -> None:
    scene.in_state(S.COMPLETED)
    [mine] = everything_about(scene.rider.user, scene.rider)["vouchers"]
    assert (mine["state"], [each["outcome"] for each in mine["bookings"]], len(mine["done"])) == (
        "completed",
        ["kept"],
        6,
    )
    assert scene.nurse.name not in str(api_of(scene.rider.user).get("me/data/"))
    assert Voucher.objects.count() == 1
