"""What programs list: programmes, times, cards; each reader his own part, at the same cost for one row and for many."""

import itertools
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Courier, Honour
from fengchao.core import clock
from fengchao.core.errors import RuleBroken
from tests.factories import Api, api_of, courier, enterprise, outlet
from tests.factories.places import district, organisation
from tests.factories.vouchers import A_DAY, VoucherScene, programme
from tests.vouchers.test_api import OF_CENTRE, another, codes, on_the_morning, rider_api, staff_api
from vouchers import services
from vouchers.models import Allotment, Programme, Slot, SlotWaiting, Voucher
from vouchers.services.issuing import refuse_ineligible
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def test_programmes_as_their_readers_see_them(scene: VoucherScene) -> None:
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=20)
    scene.issued()
    common = {"id", "name", "sponsor", "centre", "address", "phone", "face_value", "valid_from", "valid_until", "items"}
    district_fields = {"quota", "issued", "allotments"}
    for by in (scene.chief, scene.auditor):
        (seen,) = staff_api(by).get("programmes/")["results"]
        assert (set(seen), seen["quota"], seen["issued"]) == (common | district_fields, 130, 1)
        assert seen["allotments"] == [
            {"enterprise": {"id": scene.post.pk, "name": "中国邮政"}, "places": 20, "issued": 1}
        ]
    for api in (rider_api(scene), staff_api(scene.nurse)):
        (seen,) = api.get("programmes/")["results"]
        assert (set(seen), seen["centre"]) == (common, {"id": scene.clinic.pk, "name": "美年大健康体检中心"})
        assert [item["name"] for item in seen["items"]][:2] == ["采血", "内科"]
    assert staff_api(scene.stranger).get("programmes/")["results"] == []
    for by in (scene.street, scene.manager):
        staff_api(by).get("programmes/", status=403)


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"needs_verified": False}, {"needs_honour": "优秀快递员"}, {"excludes_served": True},
        {"is_active": False}, {"valid_until": clock.shanghai_day(clock.now()) - A_DAY},
        {"valid_from": clock.shanghai_day(clock.now()) + A_DAY},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("places", [None, "own", "others"])
@pytest.mark.parametrize("rider", ["verified", "unverified", "honoured", "served", "without an outlet"])
def test_a_courier_is_shown_what_he_would_be_given(
    scene: VoucherScene, asked: dict[str, Any], places: str | None, rider: str
) -> None:
    """The list and the rule of issuing say the same."""
    made = programme(scene.district.root, scene.clinic, name="另一个", **asked)
    if places:
        company = scene.post if places == "own" else enterprise()
        Allotment.objects.create(programme=made, enterprise=company, places=1)
    who = courier(scene.district.street) if rider == "without an outlet" else scene.rider
    if rider == "served":
        scene.in_state(S.PARTIAL)
    if rider == "unverified":
        Courier.objects.filter(pk=who.pk).update(verified_at=None)
    if rider == "honoured":
        Honour.objects.create(courier=who, title="优秀快递员", year=2026, by=scene.chief, at=clock.now())
    who = Courier.objects.get(pk=who.pk)
    try:
        refuse_ineligible(made, who, clock.now())
    except RuleBroken:
        given = False
    else:
        given = True
    assert Programme.objects.for_courier(who, clock.now()).filter(pk=made.pk).exists() == given


def test_programmes_of_other_districts_are_not_shown_to_couriers(scene: VoucherScene) -> None:
    elsewhere = district()
    programme(elsewhere.root, organisation(elsewhere.root, kind="clinic"), name="别区")
    assert [each["name"] for each in rider_api(scene).get("programmes/")["results"]] == ["关爱体检"]
    assert [each["name"] for each in api_of(courier(elsewhere.street).user).get("programmes/")["results"]] == ["别区"]


def test_times_that_can_be_booked_in_order(scene: VoucherScene) -> None:
    scene.issued()
    later, full, past, closed, sooner = (
        scene.slot(days=4), scene.slot(days=3, capacity=1), scene.slot(days=-1), scene.slot(days=2), scene.slot(days=1),
    )  # fmt: skip
    Slot.objects.filter(pk=closed.pk).update(is_closed=True)
    scene.booked(slot=full, rider=another(scene))
    after = scene.slot(days=61)  # the programme is over by then
    assert {past.pk, after.pk}.isdisjoint([sooner.pk, full.pk, later.pk])
    query, key = f"slots/?programme={scene.programme.pk}", "programme"
    for api in (rider_api(scene), staff_api(scene.nurse), staff_api(scene.chief), staff_api(scene.auditor)):
        seen = api.get(query)["results"]
        assert [(each["id"], each["free"]) for each in seen] == [(sooner.pk, 5), (full.pk, 0), (later.pk, 5)]
    assert set(seen[0]) == {"id", "starts_at", "ends_at", "capacity", "free"}
    rider = rider_api(scene)
    day = clock.shanghai_day(later.starts_at)
    for since, found in (
        (f"{day}", [later.pk]), (f"{day}T09:00:00", [later.pk]), (f"{day}T09:00:01", []), ("2020-01-01", 3),
        (f"{day}T01:00:00Z", [later.pk]), (f"{day}T09:00:00%2B08:00", [later.pk]),
    ):  # fmt: skip
        ids = [each["id"] for each in rider.get(f"{query}&from={since}")["results"]]
        assert (since, ids if isinstance(found, list) else len(ids)) == (since, found)
    for wrong in ("", "x", "2026-13-01", "2026-02-30T10:00", "9999-12-31", "0001-01-01T00:00", "20261124", "now"):
        assert rider.get(f"{query}&from={wrong}", status=400)["errors"][0]["field"] == "from"
    page = rider.get(f"{query}&limit=1")
    assert [each["id"] for each in rider.get(page["next"])["results"]] == [full.pk]
    for wrong in (
        "slots/",
        "slots/?programme=",
        "slots/?programme=x",
        f"slots/?programme={2**63}",
        "slots/?programme=-1",
    ):
        assert rider.get(wrong, status=400)["errors"][0]["field"] == key
    for other in (api_of(another(scene).user), staff_api(scene.stranger)):
        assert other.get(query, status=400)["errors"][0]["field"] == key
    for by in (scene.manager, scene.street):
        staff_api(by).get(query, status=403)
    Api().get(query, status=401)


def test_lists_by_programme_state_and_day(scene: VoucherScene) -> None:
    second = programme(scene.district.root, scene.clinic, name="另一个")
    mine = scene.booked()
    issued = services.issue(second, scene.rider, by=scene.chief)
    theirs = scene.booked(rider=courier(outlet(scene.district.community)))
    void = services.void(scene.issued(rider=another(scene)), reason="登记错了", by=scene.chief)
    day = clock.shanghai_day(scene.slot(days=3).starts_at)
    everything = [void.code, theirs.code, issued.code, mine.code]
    chief, rider, nurse, manager = (
        staff_api(scene.chief), rider_api(scene), staff_api(scene.nurse), staff_api(scene.manager),
    )  # fmt: skip
    for query, of_district, of_rider, of_nurse, of_manager in (
        ("", everything, [issued.code, mine.code], [], [void.code, issued.code, mine.code]),
        ("state=issued", [issued.code], [issued.code], [], [issued.code]),
        ("state=void", [void.code], [], [], [void.code]),
        (f"programme={second.pk}", [issued.code], [issued.code], [], [issued.code]),
        (f"day={day}", [theirs.code, mine.code], [mine.code], [theirs.code, mine.code], [mine.code]),
        (f"day={day}&state=completed", [], [], [], []),
        (f"day={day + A_DAY}", [], [], [], []),
    ):
        found = [codes(api.get(f"vouchers/?{query}")) for api in (chief, rider, nurse, manager)]
        assert (query, found) == (query, [of_district, of_rider, of_nurse, of_manager])
    assert codes(staff_api(scene.auditor).get("vouchers/")) == everything
    assert codes(staff_api(scene.stranger).get(f"vouchers/?day={day}")) == []
    staff_api(scene.street).get("vouchers/", status=403)
    Api().get("vouchers/", status=401)
    for wrong in ("state=x", "state=", "programme=x", "programme=", f"programme={2**40}", "day=x", "day=",
                  "day=2026-02-30", "day=9999-12-31", "limit=0", "cursor=x"):  # fmt: skip
        for api in (chief, rider):
            answer = api.get(f"vouchers/?{wrong}", status=400)
            assert answer["errors"][0]["field"] == wrong.partition("=")[0]
    page = chief.get("vouchers/?limit=1")
    following = chief.get(page["next"])
    assert (codes(page), codes(following)) == ([void.code], [theirs.code])
    assert codes(chief.get(following["previous"])) == [void.code]


def test_the_centre_lists_today_whoever_has_come(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, came, missed, elsewhen = (scene.booked(rider=another(scene)) for _ in range(4))
    services.cancel(elsewhen, by=elsewhen.courier.user)
    services.book(Voucher.objects.get(pk=elsewhen.pk), scene.slot(days=4), by=elsewhen.courier.user)
    morning = on_the_morning(monkeypatch, scene)
    services.complete(services.check_in(came, by=scene.nurse, at=morning), by=scene.nurse, at=morning)
    services.no_show(missed, by=scene.nurse, at=morning)
    listed = staff_api(scene.nurse).get("vouchers/")
    assert set(codes(listed)) == {waits.code, came.code}
    assert all(set(each) == OF_CENTRE for each in listed["results"])


@pytest.mark.parametrize(
    ("who", "address"),
    [
        *itertools.product(["rider", "chief", "auditor", "nurse"], ["vouchers/", "programmes/", "slots/"]),
        ("manager", "vouchers/"),
    ],
)
def test_a_list_costs_the_same_for_one_and_for_many(scene: VoucherScene, who: str, address: str) -> None:
    api = rider_api(scene) if who == "rider" else staff_api(getattr(scene, who))
    scene.booked()
    slot = scene.slot(days=3)
    query = {"slots/": f"?programme={scene.programme.pk}", "vouchers/": f"?day={clock.shanghai_day(slot.starts_at)}"}
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=20, issued=1)
    SlotWaiting.objects.create(slot=slot, voucher=Voucher.objects.get(), at=clock.now())

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as seen:
            found = api.get(address + query.get(address, ""))["results"]
        return len(found), len(seen)

    one, first = cost()
    for number in (1, 2):
        made = programme(scene.district.root, scene.clinic, name=f"另外{number}")
        Allotment.objects.create(programme=made, enterprise=scene.post, places=20)
        Slot.objects.create(programme=made, starts_at=slot.starts_at, ends_at=slot.ends_at, capacity=5)
        mine = services.issue(made, scene.rider, by=scene.chief)
        services.book(mine, made.slots.get(), by=scene.rider.user)
        SlotWaiting.objects.create(slot=made.slots.get(), voucher=mine, at=clock.now())
        scene.slot(days=3 + number)
    assert (one, *cost()) == (1, 3, first)
