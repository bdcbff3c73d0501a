"""Public counts of reports: real, by day, and none of a confidential category."""

from datetime import timedelta

import pytest

from fengchao import figures
from fengchao.core import clock
from reports.states import ReportState
from tests.factories import Api
from tests.factories.reports import ReportScene

pytestmark = pytest.mark.django_db
S = ReportState


def test_open_and_mended(scene: ReportScene) -> None:
    at = clock.now()
    for state in (S.SUBMITTED, S.IN_PROGRESS, S.RESOLVED, S.CLOSED, S.REJECTED):
        scene.in_state(state)
    scene.in_state(S.RESOLVED, at=at - timedelta(days=31))
    scene.filed(category=scene.scam)
    assert Api().get("figures/")["reports"] == {"open": 2, "resolved_30d": 2}


def test_by_day(scene: ReportScene) -> None:
    today = clock.shanghai_day(clock.now())
    scene.filed()
    scene.filed(category=scene.scam)
    scene.filed(at=clock.day_bounds(today)[0])
    scene.filed(at=clock.day_bounds(today)[0] - timedelta(seconds=1))
    start, end = clock.day_bounds(today - timedelta(days=1))[0], clock.day_bounds(today)[1]
    assert figures.DAILY["reports"](start, end) == {today - timedelta(days=1): 1, today: 2}
