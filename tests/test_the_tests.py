"""What the tests themselves stand on."""

from datetime import datetime, timedelta

import pytest

from fengchao.core import clock
from tests.conftest import LAST_SECONDS, until_the_day_has_turned


@pytest.mark.parametrize("hour", [0, 8])
def test_a_day_turns_before_a_test_begins(hour: int) -> None:
    midnight = datetime(2027, 1, 1, hour, tzinfo=clock.SHANGHAI)
    assert until_the_day_has_turned(midnight - timedelta(seconds=3)) == 3
    for quiet in (timedelta(0), timedelta(seconds=1), -timedelta(seconds=LAST_SECONDS + 1)):
        assert until_the_day_has_turned(midnight + quiet) == 0
