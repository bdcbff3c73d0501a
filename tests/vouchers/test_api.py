"""Check-up cards by program: given, found, booked, and used at the centre."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Courier, User
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.models import AuditLog, IdempotencyKey
from tests.factories import Api, api_of, courier, enterprise, outlet, staff
from tests.factories.places import district, organisation
from tests.factories.vouchers import VoucherScene, programme
from vouchers.api.shapes import VoucherSerializer
from vouchers.models import Allotment, Booking, Programme, Voucher
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState
WHOLE = set(VoucherSerializer().fields)
OF_CENTRE = WHOLE - {"issued_at", "no_shows", "history", "waiting"}


def staff_api(person: User) -> Api:
    return api_of(person, staff=True)


def rider_api(scene: VoucherScene) -> Api:
    return api_of(scene.rider.user)


def another(scene: VoucherScene) -> Courier:
    return courier(outlet(scene.district.community, company=scene.post))


def wanted(scene: VoucherScene, **changes: Any) -> dict[str, Any]:
    return {"programme": scene.programme.pk, "courier": scene.rider.pk} | changes


def codes(answer: dict[str, Any]) -> list[str]:
    return [each["code"] for each in answer["results"]]


def on_the_morning(monkeypatch: pytest.MonkeyPatch, scene: VoucherScene, days: int = 3) -> datetime:
    at = scene.slot(days=days).starts_at + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: at)
    return at


def test_the_whole_way_over_the_api(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    chief, rider = staff_api(scene.chief), rider_api(scene)
    given = chief.post("vouchers/", wanted(scene), status=201, key="give")
    assert set(given) == WHOLE - {"waiting"}
    assert (given["state"], given["allowed"], given["courier"]) == (
        "issued", ["void"], {"id": scene.rider.pk, "name": "何*"},
    )  # fmt: skip
    assert given["programme"] == {"id": scene.programme.pk, "name": "关爱体检"}
    at = f"vouchers/{given['code']}/"
    mine = rider.get(at)
    assert set(mine) == WHOLE
    assert (mine["allowed"], mine["courier"]["name"], mine["booking"]) == (["book"], "何小蜂", None)
    assert [(line["move"], line["name"], line["party"], line["state"]) for line in mine["history"]] == [
        ("issue", "发放", "district", "issued")
    ]
    slot = scene.slot(days=3)
    booked = rider.post("bookings/", {"voucher": given["code"], "slot": slot.pk}, status=201, key="book")
    assert (set(booked), booked["voucher"]) == ({"id", "voucher", "slot", "at"}, given["code"])
    times = {"starts_at": slot.starts_at.isoformat(), "ends_at": slot.ends_at.astimezone(clock.SHANGHAI).isoformat()}
    assert booked["slot"] == {"id": slot.pk, **times, "capacity": 5, "free": 4}
    mine = rider.get(at)
    assert (mine["state"], mine["allowed"]) == ("booked", ["change", "cancel"])
    assert mine["booking"] == {"id": booked["id"], **times}
    morning = on_the_morning(monkeypatch, scene)
    nurse = staff_api(scene.nurse)
    here = nurse.get(at)
    assert (set(here), here["courier"], here["allowed"]) == (OF_CENTRE, {"name": "何小蜂"}, ["check-in", "no-show"])
    here = nurse.post(f"{at}check-in/")
    assert (here["state"], here["allowed"], here["booking"]) == (
        "checked_in", ["tick", "complete"], {"id": booked["id"], **times},
    )  # fmt: skip
    assert here["checked_in_at"] == morning.astimezone(clock.SHANGHAI).isoformat()
    again = nurse.post(f"{at}check-in/", status=409)
    assert (again["code"], "已在美年大健康体检中心报到" in again["detail"]) == ("already_checked_in", True)
    assert [item["name"] for item in here["items"]] == ["采血", "内科", "外科", "心电图", "彩超", "五官"]
    for item in here["items"]:
        here = nurse.post(f"{at}tick/", {"item": item["id"], "done": True})
    assert all(item["done"] and item["at"] for item in here["items"])
    here = nurse.post(f"{at}tick/", {"item": item["id"], "done": False})
    assert (here["items"][-1]["done"], here["items"][-1]["at"]) == (False, None)
    assert nurse.post(f"{at}complete/")["state"] == "partial"
    last = chief_sees(scene, at)["history"][-1]
    assert (last["move"], last["party"], last["state"]) == ("complete", "centre", "partial")


def chief_sees(scene: VoucherScene, at: str) -> Any:
    return staff_api(scene.chief).get(at)


def test_who_reads_how_much(scene: VoucherScene) -> None:
    voucher = scene.booked()
    at = f"vouchers/{voucher.code}/"
    masked, whole = {"id": scene.rider.pk, "name": "何*"}, {"id": scene.rider.pk, "name": "何小蜂"}
    for who, fields, name in (
        (rider_api(scene), WHOLE, whole),
        (staff_api(scene.chief), WHOLE - {"waiting"}, masked),
        (staff_api(scene.auditor), WHOLE - {"waiting"}, masked),
        (staff_api(scene.manager), WHOLE - {"waiting", "history"}, masked),
        (staff_api(scene.nurse), OF_CENTRE, {"name": "何小蜂"}),
    ):
        seen = who.get(at)
        assert (set(seen), seen["courier"]) == (fields, name)
    for other in (api_of(another(scene).user), staff_api(scene.street), staff_api(scene.stranger)):
        other.get(at, status=404)
    far = organisation(scene.district.root, kind="new_org")
    staff_api(staff(Role.OUTLET_MANAGER, far)).get(at, status=404)
    Api().get(at, status=401)
    typed = f"vouchers/{voucher.code[:4].lower()}-{voucher.code[4:]}/"
    assert staff_api(scene.nurse).get(typed)["code"] == voucher.code


def test_what_cannot_be_issued_is_named(scene: VoucherScene) -> None:
    chief = staff_api(scene.chief)
    elsewhere = district()
    theirs = programme(elsewhere.root, organisation(elsewhere.root, kind="clinic"))
    for changes, field in (
        ({"programme": 2**40}, "programme"), ({"programme": theirs.pk}, "programme"), ({"programme": "x"}, "programme"),
        ({"programme": None}, "programme"), ({"courier": 2**40}, "courier"), ({"courier": "x"}, "courier"),
        ({"courier": courier(elsewhere.street).pk}, "courier"), ({"courier": -1}, "courier"),
    ):  # fmt: skip
        answer = chief.post("vouchers/", wanted(scene, **changes), status=400, key="k")
        assert answer["errors"][0]["field"] == field
    assert chief.post("vouchers/", wanted(scene), status=400)["code"] == "idempotency_key_required"
    assert Voucher.objects.count() == 0
    assert chief.post("vouchers/", wanted(scene), status=201, key="k")["state"] == "issued"


def test_only_the_district_issues(scene: VoucherScene) -> None:
    for by in (scene.auditor, scene.nurse, scene.manager, scene.street, scene.stranger):
        assert staff_api(by).post("vouchers/", wanted(scene), status=403, key="k")["code"] == "not_allowed"
    assert rider_api(scene).post("vouchers/", wanted(scene), status=403, key="k")["code"] == "not_allowed"
    Api().post("vouchers/", wanted(scene), status=401, key="k")
    assert Voucher.objects.count() == 0


def test_why_a_card_is_not_given(scene: VoucherScene) -> None:
    chief = staff_api(scene.chief)

    def refused(**changes: Any) -> str:
        return str(chief.post("vouchers/", wanted(scene, **changes), status=409, key="k")["code"])

    made = programme(scene.district.root, scene.clinic, quota=1, name="小项目")
    unverified = courier(outlet(scene.district.community, company=scene.post), verified=False)
    assert refused(courier=unverified.pk) == "unverified"
    own = courier(outlet(scene.district.community))
    own.user.memberships.create(organisation=scene.district.root, role=Role.DISTRICT_ADMIN)
    by_himself = staff_api(User.objects.get(pk=own.pk))
    assert by_himself.post("vouchers/", wanted(scene, courier=own.pk), status=409, key="k")["code"] == "self_dealing"
    chief.post("vouchers/", wanted(scene, programme=made.pk), status=201, key="one")
    assert refused(programme=made.pk) == "already_issued"
    assert refused(programme=made.pk, courier=another(scene).pk) == "quota_full"
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=0)
    assert refused() == "allotment_full"
    assert refused(courier=courier(outlet(scene.district.community, company=enterprise())).pk) == "not_eligible"
    Programme.objects.filter(pk=scene.programme.pk).update(is_active=False)
    assert refused() == "programme_over"


def test_the_key_of_a_request_is_honoured(scene: VoucherScene) -> None:
    chief, rider = staff_api(scene.chief), rider_api(scene)
    given = chief.post("vouchers/", wanted(scene), status=201, key="k")
    assert chief.post("vouchers/", wanted(scene), status=201, key="k") == given
    assert chief.last is not None and chief.last.headers["Idempotency-Replayed"] == "true"
    chief.post("vouchers/", wanted(scene, courier=another(scene).pk), status=422, key="k")
    book = {"voucher": given["code"], "slot": scene.slot(days=3).pk}
    assert rider.post("bookings/", book, status=400)["code"] == "idempotency_key_required"
    booked = rider.post("bookings/", book, status=201, key="b")
    assert rider.post("bookings/", book, status=201, key="b") == booked
    assert rider.post("bookings/", book, status=409, key="c")["code"] == "wrong_state"
    void = chief.post(f"vouchers/{given['code']}/void/", {"reason": "登记错了"}, key="v")
    assert chief.post(f"vouchers/{given['code']}/void/", {"reason": "登记错了"}, key="v") == void
    assert (Voucher.objects.count(), Booking.objects.count(), AuditLog.objects.filter(verb="voucher.void").count()) == (
        1, 1, 1,
    )  # fmt: skip
    assert IdempotencyKey.objects.count() == 3
    scene.chief.memberships.all().delete()
    gone = staff_api(User.objects.get(pk=scene.chief.pk))
    gone.post("vouchers/", wanted(scene), status=403, key="k")


def test_words_and_items_are_looked_at(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    voucher, chief = scene.in_state(S.CHECKED_IN), staff_api(scene.chief)
    at = f"vouchers/{voucher.code}/"
    for body in ({}, {"reason": " "}, {"reason": "长" * 201}, {"reason": []}):
        assert chief.post(f"{at}void/", body, status=400)["errors"][0]["field"] == "reason"
    other = programme(scene.district.root, scene.clinic, name="另一个").items.first()
    item = scene.items[0].pk
    nurse = staff_api(scene.nurse)
    for wrong, field in (
        ({}, "item"), ({"item": 2**40, "done": True}, "item"), ({"item": other.pk, "done": True}, "item"),
        ({"item": "x", "done": True}, "item"), ({"item": item}, "done"), ({"item": item, "done": "也许"}, "done"),
    ):  # fmt: skip
        assert field in [each["field"] for each in nurse.post(f"{at}tick/", wrong, status=400)["errors"]]
    assert voucher.ticks.count() == 0
    for _ in range(2):
        assert nurse.post(f"{at}tick/", {"item": item, "done": True})["items"][0]["done"] is True
    assert voucher.ticks.count() == 1


def test_what_the_addresses_do_not_take(scene: VoucherScene) -> None:
    voucher, chief = scene.issued(), staff_api(scene.chief)
    at = f"vouchers/{voucher.code}/"
    chief.patch(at, {"state": "completed"}, status=405)
    chief.delete(at, status=405)
    chief.get(f"{at}void/", status=405)
    chief.post(f"{at}issue/", status=404)
    chief.post(f"{at}expire/", status=404)
    rider_api(scene).get("bookings/", status=405)
    for odd in ("vouchers/%20/", "vouchers/" + "a" * 3000 + "/", "bookings/abc/"):
        chief.get(odd, status=404)


def test_who_has_not_registered_is_led_there(scene: VoucherScene) -> None:
    new = api_of(courier(registered=False, verified=False).user)
    for address in ("vouchers/", "programmes/", "slots/?programme=1", "vouchers/T1/"):
        assert new.get(address, status=403)["code"] == "registration_required"
    assert new.post("bookings/", {}, status=403, key="k")["code"] == "registration_required"
