"""The district's figures of check-ups against a hand count."""

from datetime import timedelta

import pytest

from fengchao.core import clock
from tests.factories import courier, enterprise, outlet
from tests.factories.vouchers import VoucherScene, programme
from vouchers import services
from vouchers.models import Allotment, Voucher
from vouchers.services.figures import Counts, DayRow, EnterpriseRow, Figures, ProgrammeRow, figures
from vouchers.states import VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState


def rider(scene: VoucherScene, company: object = None):  # type: ignore[no-untyped-def]
    return courier(outlet(scene.district.community, company=company or scene.post))


def filled(scene: VoucherScene) -> None:
    """Of the post: one in hand, one booked, one completed, one partial, one returned after two no-shows, one void. Of
    another enterprise: one checked in. Without one: one missed once. Two wait."""
    other = enterprise("顺丰")
    for state in (S.ISSUED, S.BOOKED, S.COMPLETED, S.PARTIAL, S.RETURNED, S.VOID):
        scene.in_state(state, rider=rider(scene))
    scene.in_state(S.CHECKED_IN, rider=rider(scene, other))
    once = scene.booked(rider=courier(scene.district.street), slot=scene.slot(days=4))
    services.no_show(once, by=scene.nurse, at=scene.slot(days=4).starts_at)
    scene.programme.quota = Voucher.objects.exclude(state__in=[S.VOID, S.RETURNED]).count()
    scene.programme.save(update_fields=["quota"])
    for _ in range(2):
        services.wait(scene.programme, rider(scene), by=scene.chief)


def test_by_programme_enterprise_and_day(scene: VoucherScene) -> None:
    filled(scene)
    found = figures(scene.chief)
    everything = Counts(unbooked=2, booked=1, checked_in=1, completed=1, partial=1, returned=1, void=1, no_shows=3)
    assert found.programmes == [ProgrammeRow("关爱体检", quota=6, waiting=2, counts=everything)]
    assert (found.total.counts.issued, found.total.left, found.total.waiting) == (6, 0, 2)
    scene.programme.refresh_from_db()
    assert scene.programme.issued == 6
    post = Counts(unbooked=1, booked=1, completed=1, partial=1, returned=1, void=1, no_shows=2)
    assert found.enterprises == [
        EnterpriseRow("中国邮政", None, post),
        EnterpriseRow("没有企业", None, Counts(unbooked=1, no_shows=1)),
        EnterpriseRow("顺丰", None, Counts(checked_in=1)),
    ]
    day = clock.shanghai_day(clock.now())
    assert found.days == [
        DayRow(day + timedelta(days=3), places=5, booked=5, came=3, missed=1),
        DayRow(day + timedelta(days=4), places=5, booked=1, came=0, missed=1),
        DayRow(day + timedelta(days=5), places=5, booked=1, came=0, missed=1),
    ]


def test_days_turn_in_shanghai(scene: VoucherScene) -> None:
    early = scene.slot(days=2, hour=0)
    assert [row.day for row in figures(scene.chief).days] == [clock.shanghai_day(early.starts_at)]


def test_one_programme_alone_and_places_of_enterprises(scene: VoucherScene) -> None:
    scene.issued()
    second = programme(scene.district.root, scene.clinic, name="第二期", quota=3)
    Allotment.objects.create(programme=second, enterprise=scene.post, places=2)
    services.issue(second, rider(scene), by=scene.chief)
    assert sorted(row.name for row in figures(scene.chief).programmes) == ["关爱体检", "第二期"]
    assert figures(scene.chief).total.quota == 133
    one = figures(scene.chief, second)
    assert one.programmes == [ProgrammeRow("第二期", 3, 0, Counts(unbooked=1))]
    assert one.enterprises == [EnterpriseRow("中国邮政", 2, Counts(unbooked=1))]


def test_expired_cards_are_counted_apart(scene: VoucherScene) -> None:
    scene.in_state(S.EXPIRED)
    assert figures(scene.chief).total.counts == Counts(expired=1)


def test_who_reads_no_programme_counts_nothing(scene: VoucherScene) -> None:
    filled(scene)
    assert figures(scene.auditor).total.counts.issued == 6
    for outsider in (scene.street, scene.manager, scene.stranger):
        assert figures(outsider) == Figures([], [], [])


def test_six_queries_however_many(scene: VoucherScene, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    def count() -> None:
        with django_assert_num_queries(6):
            figures(scene.chief)

    assert scene.chief.roles
    count()
    filled(scene)
    count()
