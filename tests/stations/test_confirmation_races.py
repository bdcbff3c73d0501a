"""Many taps at the same moment are one confirmation and one award."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from fengchao.core import clock
from points.models import EarningRule
from points.services import standing
from stations.models import Facility, Observation
from stations.services.observations import CONFIRMED, confirm, observe
from stations.states import Kind
from tests.gifts.shop import Shop, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def together(act: Callable[[], object]) -> list[Exception]:
    barrier, failed = threading.Barrier(AT_ONCE), []

    def run() -> None:
        try:
            barrier.wait(10)
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return failed


@pytest.fixture
def busy() -> Shop:
    EarningRule.objects.create(
        event=CONFIRMED, title="确认信息", programme="checkins", points=2, valid_from=timezone.now() - timedelta(1)
    )
    return open_shop()


def test_parallel_confirmations_are_one_award(busy: Shop) -> None:
    before = standing(busy.courier).balance
    assert together(lambda: confirm(busy.courier, busy.station)) == []
    assert Observation.objects.filter(kind=Kind.CONFIRMATION).count() == 1
    assert standing(busy.courier).balance == before + 2


def test_without_the_lock_the_database_still_keeps_it(busy: Shop) -> None:
    """The control: rows made past the service, all at once; the constraint lets one in."""
    at = timezone.now()

    def make() -> None:
        with transaction.atomic():
            Observation.objects.create(
                station=busy.station, kind=Kind.CONFIRMATION, by=busy.courier.user, at=at, day=clock.shanghai_day(at)
            )

    failed = together(make)
    assert len(failed) == AT_ONCE - 1 and {type(error) for error in failed} == {IntegrityError}


def test_parallel_taps_are_one_observation(busy: Shop) -> None:
    water = Facility.objects.create(code="water", name="饮水机")
    busy.station.facilities.add(water)
    assert together(lambda: observe(busy.station, water, "broken", by=busy.courier.user)) == []
    assert Observation.objects.count() == 1
