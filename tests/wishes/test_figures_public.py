"""Public counts of wishes: what waits on the tree, what is lit, by day."""

from datetime import timedelta

import pytest

from fengchao import figures
from fengchao.core import clock
from tests.factories import Api
from tests.factories.people import courier
from tests.factories.wishes import WAYS, WishScene
from wishes.states import WishState

pytestmark = pytest.mark.django_db


def test_waiting_and_lit(scene: WishScene) -> None:
    for state in (*WAYS, WishState.FULFILLED):
        scene.in_state(state, rider=courier())
    assert Api().get("figures/")["wishes"] == {"open": 1, "lit": 2}


def test_by_day(scene: WishScene) -> None:
    today = clock.shanghai_day(clock.now())
    midnight = clock.day_bounds(today)[0]
    for at in (midnight, midnight - timedelta(seconds=1), clock.now()):
        scene.in_state(WishState.FULFILLED, rider=courier(), at=at)
    start, end = clock.day_bounds(today - timedelta(days=1))[0], clock.day_bounds(today)[1]
    assert figures.DAILY["wishes"](start, end) == {today - timedelta(days=1): 1, today: 2}
