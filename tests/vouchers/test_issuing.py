"""Cards are given out: to whom, how many, to a list as a whole, and to who waits when a place comes back."""

from datetime import timedelta

import pytest

from accounts.models import Courier, Honour
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog, Notice
from tests.factories.people import courier, enterprise, outlet, staff
from tests.factories.places import organisation
from tests.factories.vouchers import A_DAY, VoucherScene, programme, voucher_scene
from vouchers import services
from vouchers.models import Allotment, Programme, Voucher, Waiting
from vouchers.problems import (
    AllotmentFull,
    AlreadyIssued,
    AlreadyWaiting,
    MayNot,
    NoNeedToWait,
    NotEligible,
    ProgrammeOver,
    QuotaFull,
    Unverified,
)
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def count(made: Programme) -> int:
    made.refresh_from_db()
    return made.issued


def test_a_card_with_a_code_a_notice_and_a_line_in_the_log(scene: VoucherScene) -> None:
    voucher = scene.issued()
    assert (voucher.state, voucher.enterprise, voucher.valid_until) == (
        S.ISSUED,
        scene.post,
        scene.programme.valid_until,
    )
    assert len(voucher.code) == 10 and voucher.code.startswith("T")
    assert Notice.objects.get(user_id=scene.rider.pk).link == f"/vouchers/{voucher.code}/"
    assert AuditLog.objects.get(verb="voucher.issue").changed == {
        "courier": scene.rider.pk, "programme": scene.programme.pk,
    }  # fmt: skip
    assert count(scene.programme) == 1


def test_one_each_until_it_is_void(scene: VoucherScene) -> None:
    voucher = scene.issued()
    with pytest.raises(AlreadyIssued):
        scene.issued()
    services.void(voucher, reason="登记错了", by=scene.chief)
    assert count(scene.programme) == 0
    assert scene.issued().code != voucher.code


def test_by_the_district_alone(scene: VoucherScene) -> None:
    for by, refusal in (
        (scene.auditor, MayNot), (scene.nurse, MayNot), (scene.street, NotThere), (scene.manager, NotThere),
        (staff(Role.DISTRICT_ADMIN, organisation()), NotThere),
    ):  # fmt: skip
        with pytest.raises(refusal):
            services.issue(scene.programme, scene.rider, by=by)
    assert count(scene.programme) == 0


def test_never_more_than_the_quota(scene: VoucherScene) -> None:
    made = programme(scene.district.root, scene.clinic, quota=2)
    for _ in range(2):
        services.issue(made, courier(scene.district.street), by=scene.chief)
    with pytest.raises(QuotaFull):
        services.issue(made, courier(scene.district.street), by=scene.chief)


def test_only_in_its_time(scene: VoucherScene) -> None:
    end = clock.day_bounds(scene.programme.valid_until)[1]
    for at in (end, clock.day_bounds(scene.programme.valid_from)[0] - timedelta(seconds=1)):
        with pytest.raises(ProgrammeOver):
            scene.issued(at=at)
    assert scene.issued(at=end - timedelta(seconds=1)).state == S.ISSUED


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"needs_verified": True}, Unverified), ({"needs_honour": "优秀快递员"}, NotEligible),
        ({"excludes_served": True}, NotEligible),
    ],
)  # fmt: skip
def test_what_a_programme_asks(asked: dict[str, object], refusal: type[Exception]) -> None:
    scene = voucher_scene(needs_verified=False)
    scene.in_state(S.PARTIAL)
    made = programme(scene.district.root, scene.clinic, **{"needs_verified": False, **asked})
    Courier.objects.filter(pk=scene.rider.pk).update(verified_at=None)
    rider = Courier.objects.get(pk=scene.rider.pk)
    with pytest.raises(refusal):
        services.issue(made, rider, by=scene.chief)
    Courier.objects.filter(pk=rider.pk).update(verified_at=clock.now())
    Honour.objects.create(courier=rider, title="优秀快递员", year=2026, by=scene.chief, at=clock.now())
    made.excludes_served = False
    made.save()
    assert services.issue(made, Courier.objects.get(pk=rider.pk), by=scene.chief).state == S.ISSUED


def test_places_of_an_enterprise(scene: VoucherScene) -> None:
    other = enterprise("别家快递")
    Allotment.objects.create(programme=scene.programme, enterprise=scene.post, places=1)
    voucher = scene.issued()
    colleague = courier(outlet(scene.district.community, company=scene.post))
    with pytest.raises(AllotmentFull):
        scene.issued(rider=colleague)
    for stranger in (courier(outlet(company=other)), courier(scene.district.street)):
        with pytest.raises(NotEligible):
            scene.issued(rider=stranger)
    services.void(voucher, reason="退回", by=scene.chief)
    assert scene.issued(rider=colleague).state == S.ISSUED
    assert Allotment.objects.get().issued == 1


def test_a_list_as_a_whole_or_not_at_all(scene: VoucherScene) -> None:
    couriers = [courier(scene.district.street) for _ in range(3)]
    bad = courier(scene.district.street, verified=False)
    given, refused = services.issue_to_all(scene.programme, [*couriers, bad, couriers[0]], by=scene.chief)
    assert (given, [(who, why.code) for who, why in refused]) == (
        [], [(bad, "unverified"), (couriers[0], "already_issued")],
    )  # fmt: skip
    assert (Voucher.objects.count(), Notice.objects.count(), count(scene.programme)) == (0, 0, 0)
    given, refused = services.issue_to_all(scene.programme, couriers, by=scene.chief)
    assert (len(given), refused, count(scene.programme)) == (3, [], 3)


def test_who_waits_gets_the_next_place_in_turn() -> None:
    scene = voucher_scene(quota=1)
    first, second = courier(scene.district.street), courier(scene.district.street)
    with pytest.raises(NoNeedToWait):
        services.wait(scene.programme, first, by=scene.chief)
    voucher = scene.issued()
    for rider in (first, second):
        services.wait(scene.programme, rider, by=scene.chief)
    with pytest.raises(AlreadyWaiting):
        services.wait(scene.programme, first, by=scene.chief)
    with pytest.raises(AlreadyIssued):
        services.wait(scene.programme, scene.rider, by=scene.chief)
    services.void(voucher, reason="退回", by=scene.chief)
    assert [each.courier for each in Voucher.objects.live()] == [first]
    assert [each.courier for each in Waiting.objects.all()] == [second]
    assert (services.fill_due(), count(scene.programme)) == (0, 1)


def test_a_larger_quota_goes_to_who_waits_and_nobody_is_held_up() -> None:
    scene = voucher_scene(quota=1)
    scene.issued()
    gone, stays = courier(scene.district.street), courier(scene.district.street)
    for rider in (gone, stays):
        services.wait(scene.programme, rider, by=scene.chief)
    Courier.objects.filter(pk=gone.pk).update(frozen_at=clock.now())
    Programme.objects.update(quota=2)
    assert (services.fill_due(), services.fill_due()) == (1, 0)
    assert [each.courier for each in Waiting.objects.all()] == [gone]


def test_void_says_why_and_frees_the_morning(scene: VoucherScene) -> None:
    voucher = scene.booked()
    with pytest.raises(BadValue):
        services.void(voucher, reason=" ", by=scene.chief)
    services.void(voucher, reason="已离职", by=scene.chief)
    slot = scene.slot(days=3)
    assert (slot.booked, count(scene.programme)) == (0, 0)
    assert Notice.objects.filter(user_id=scene.rider.pk, kind="voucher_void").get().text == "已离职"


def test_expired_goes_to_nobody(scene: VoucherScene) -> None:
    voucher = scene.issued()
    end = clock.day_bounds(scene.programme.valid_until)[1]
    assert services.expire_due(end - timedelta(seconds=1)) == 0
    assert (services.expire_due(end), services.expire_due(end + A_DAY)) == (1, 0)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.ended_at, count(scene.programme)) == (S.EXPIRED, end, 0)
