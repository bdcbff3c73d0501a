"""One call of a partner sent fifty times at once is one report; without lock and constraint there are more."""

import json
from collections import Counter
from urllib.parse import urlencode

import pytest
from django.test import Client

from reports import services
from reports.models import ApiKey, Report
from tests.core.conftest import in_parallel
from tests.factories.reports import HERE, report_scene
from tests.faults.test_report_races import without_constraint
from tests.meeting import read_without_lock

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 50


@pytest.fixture
def key() -> str:
    text: str = services.make_key(partner="市民通", by=report_scene().chief, per_day=10)[1]
    return text


def sent_at_once(text: str, *, times: int = TIMES) -> tuple[Counter[int], set[str]]:
    form = {"api_key": text, "service_code": "litter", "lat": HERE.lat, "long": HERE.lng}

    def send(_: int) -> tuple[int, str]:
        answer = Client(raise_request_exception=False).post(
            "/open311/v2/requests.json", urlencode(form), content_type="application/x-www-form-urlencoded",
            headers={"Idempotency-Key": "one-call"},
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content)[0].get("service_request_id", "")

    answers = in_parallel(times, send, threads=16)
    return Counter(status for status, _ in answers), {number for _, number in answers}


def test_fifty_sends_of_one_call_are_one_report(key: str) -> None:
    """The key's ten a day are enough, since a repeat does not count."""
    found, numbers = sent_at_once(key)
    assert found == {200: TIMES}
    assert numbers == {Report.objects.get().number}


def test_without_the_lock_the_database_holds(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read_without_lock(monkeypatch, ApiKey, parties=2)
    found, _ = sent_at_once(key, times=2)
    assert (Report.objects.count(), found[200]) == (1, 1)


def test_without_lock_and_constraint_there_are_more(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    read_without_lock(monkeypatch, ApiKey, parties=2)
    with without_constraint("report_once_per_call"):
        sent_at_once(key, times=2)
        assert Report.objects.count() == 2
