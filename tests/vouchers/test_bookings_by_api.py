"""Places in the line, by program: taken, changed, given back, waited for."""

from datetime import timedelta
from typing import Any

import pytest

from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from tests.factories import Api, api_of
from tests.factories.vouchers import A_DAY, VoucherScene, programme
from tests.vouchers.test_api import another, rider_api, staff_api
from vouchers import services
from vouchers.models import Booking, Programme, Slot, SlotWaiting, Waiting
from vouchers.states import Outcome, VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def test_a_booking_is_changed_and_cancelled_until_the_evening_before(
    scene: VoucherScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rider, voucher, other = rider_api(scene), scene.booked(), scene.slot(days=4)
    first = scene.booking(voucher).pk
    changed = rider.patch(f"bookings/{first}/", {"slot": other.pk})
    assert (changed["id"] != first, changed["slot"]["id"], changed["slot"]["free"]) == (True, other.pk, 4)
    rider.patch(f"bookings/{first}/", {"slot": scene.slot(days=5).pk}, status=404)
    rider.delete(f"bookings/{first}/", status=404)
    stranger = api_of(another(scene).user)
    stranger.delete(f"bookings/{changed['id']}/", status=404)
    stranger.patch(f"bookings/{changed['id']}/", {"slot": other.pk}, status=404)
    for by in (scene.chief, scene.nurse):
        staff_api(by).delete(f"bookings/{changed['id']}/", status=403)
    evening = clock.day_bounds(clock.shanghai_day(other.starts_at) - A_DAY)[0] + timedelta(hours=18)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: evening)
        late = rider_api(scene)
        assert late.delete(f"bookings/{changed['id']}/", status=409)["code"] == "too_late"
        answer = late.patch(f"bookings/{changed['id']}/", {"slot": scene.slot(days=6).pk}, status=409)
        assert answer["code"] == "too_late"
    rider.delete(f"bookings/{changed['id']}/")
    rider.delete(f"bookings/{changed['id']}/", status=404)
    assert rider.get(f"vouchers/{voucher.code}/")["state"] == "issued"
    assert {booking.outcome for booking in Booking.objects.all()} == {Outcome.CANCELLED}


def test_the_booking_that_is_named_is_the_one_that_ends(scene: VoucherScene) -> None:
    """Also when another telephone changed it between the look and the lock."""
    voucher = scene.booked()
    stale = scene.booking(voucher)
    services.change(voucher, scene.slot(days=4), by=scene.rider.user)
    for act in (
        lambda: services.cancel(voucher, by=scene.rider.user, booking=stale),
        lambda: services.change(voucher, scene.slot(days=5), by=scene.rider.user, booking=stale),
    ):
        with pytest.raises(RuleBroken) as refusal:
            act()
        assert refusal.value.code == "changed"
    assert scene.booking(voucher).slot == scene.slot(days=4)


def test_what_cannot_be_booked(scene: VoucherScene) -> None:
    rider, voucher = rider_api(scene), scene.issued()
    theirs = scene.issued(rider=another(scene))
    full, closed = scene.slot(days=2, capacity=1), scene.slot(days=4)
    services.book(theirs, full, by=theirs.courier.user)
    Slot.objects.filter(pk=closed.pk).update(is_closed=True)
    other = programme(scene.district.root, scene.clinic, name="另一个")
    start = scene.slot(days=6).starts_at
    foreign = Slot.objects.create(programme=other, starts_at=start, ends_at=start + timedelta(hours=1), capacity=3)

    def asked(status: int, **changes: Any) -> Any:
        body = {"voucher": voucher.code, "slot": full.pk} | changes
        return rider.post("bookings/", body, status=status, key="k")

    for changes, field in (
        ({"voucher": theirs.code}, "voucher"), ({"voucher": "TNOWHERE"}, "voucher"),
        ({"voucher": None}, "voucher"), ({"slot": foreign.pk}, "slot"), ({"slot": 2**40}, "slot"),
        ({"slot": "x"}, "slot"), ({"slot": None}, "slot"),
    ):  # fmt: skip
        assert asked(400, **changes)["errors"][0]["field"] == field
    assert asked(409)["code"] == "slot_full"
    assert asked(409, slot=closed.pk)["code"] == "slot_closed"
    assert asked(201, slot=scene.slot(days=3).pk)["slot"]["id"] == scene.slot(days=3).pk
    assert Booking.objects.filter(voucher=voucher).count() == 1


def test_waiting_for_a_full_slot(scene: VoucherScene) -> None:
    holder, full = another(scene), scene.slot(days=3, capacity=1)
    booked = scene.booked(slot=full, rider=holder)
    rider, voucher = rider_api(scene), scene.issued()
    at = f"vouchers/{voucher.code}/wait/"
    assert rider.post(at, {"slot": scene.slot(days=5).pk}, status=409)["code"] == "places_free"
    waits = rider.post(at, {"slot": full.pk}, key="w")
    assert [each["id"] for each in waits["waiting"]] == [full.pk]
    assert rider.post(at, {"slot": full.pk}, key="w") == waits
    assert rider.post(at, {"slot": full.pk}, status=409)["code"] == "already_waiting"
    for wrong in ("?slot=x", "", "?slot=", f"?slot={2**40}", "?slot=" + "9" * 5000):
        assert rider.delete(f"{at}{wrong}", status=400)["errors"][0]["field"] == "slot"
    for other, status in ((api_of(holder.user), 404), (staff_api(scene.nurse), 403), (Api(), 401)):
        other.post(at, {"slot": full.pk}, status=status)
        other.delete(f"{at}?slot={full.pk}", status=status)
    for _ in range(2):
        rider.delete(f"{at}?slot={full.pk}")
    assert (SlotWaiting.objects.count(), rider.get(f"vouchers/{voucher.code}/")["waiting"]) == (0, [])
    rider.post(at, {"slot": full.pk})
    api_of(holder.user).delete(f"bookings/{scene.booking(booked).pk}/")
    assert rider.get(f"vouchers/{voucher.code}/")["state"] == "booked"


def test_waiting_for_a_place_of_a_programme(scene: VoucherScene) -> None:
    chief, at = staff_api(scene.chief), f"programmes/{scene.programme.pk}/wait/"
    body = {"courier": scene.rider.pk}
    assert chief.post(at, body, status=409)["code"] == "places_free"
    Programme.objects.filter(pk=scene.programme.pk).update(quota=0)
    for by in (scene.auditor, scene.nurse):
        assert staff_api(by).post(at, body, status=403)["code"] == "not_allowed"
    for by in (scene.street, scene.manager):
        staff_api(by).post(at, body, status=403)
    staff_api(scene.stranger).post(at, body, status=404)
    chief.post(f"programmes/{2**40}/wait/", body, status=404)
    for wrong in (2**40, "x", None):
        assert chief.post(at, {"courier": wrong}, status=400)["errors"][0]["field"] == "courier"
    made = chief.post(at, body, status=201)
    assert (made["programme"]["id"], made["courier"]) == (scene.programme.pk, {"id": scene.rider.pk, "name": "何*"})
    assert chief.post(at, body, status=409)["code"] == "already_waiting"
    assert Waiting.objects.get().courier == scene.rider
