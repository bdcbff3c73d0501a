"""One draft sent fifty times at once is one report, with whatever keys the requests come."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Courier
from accounts.services import tokens
from fengchao.core.models import Photo
from reports.models import Report, Step
from reports.services import filing
from tests.core.conftest import in_parallel
from tests.factories.reports import HERE, ReportScene, picture, report_scene
from tests.meeting import Meeting

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 50


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def sent_at_once(scene: ReportScene, keys: Any) -> tuple[Counter[int], set[str]]:
    """How the answers were, and which reports they name."""
    token = tokens.issue(scene.rider.user, staff=False)[1]
    body = {
        "category": "litter", "text": "垃圾堆着", "lat": HERE.lat, "lng": HERE.lng, "client_key": "one-draft",
        "photos": [picture(scene.rider.user).pk],
    }  # fmt: skip

    def send(number: int) -> tuple[int, str]:
        client = APIClient(headers={"Authorization": f"Bearer {token}", **keys(number)}, raise_request_exception=False)
        answer = client.post("/api/v1/reports/", body, format="json")
        return answer.status_code, json.loads(answer.content).get("number", "")

    answers = in_parallel(TIMES, send, threads=16)
    return Counter(status for status, _ in answers), {number for _, number in answers}


@pytest.mark.parametrize(
    ("keys", "statuses"),
    [
        (lambda number: {}, {201: 1, 200: TIMES - 1}),
        (lambda number: {"Idempotency-Key": f"k{number}"}, {201: 1, 200: TIMES - 1}),
        (lambda number: {"Idempotency-Key": "the-same"}, {201: TIMES}),
        (lambda number: {"Idempotency-Key": f"k{number % 5}"}, None),
    ],
    ids=["no key", "a key each", "one key", "five keys"],
)
def test_fifty_sends_of_one_draft_are_one_report(keys: Any, statuses: dict[int, int] | None) -> None:
    scene = report_scene()
    found, numbers = sent_at_once(scene, keys)
    assert found == statuses if statuses else set(found) == {200, 201}
    report = Report.objects.get()
    assert numbers == {report.number}
    assert (Step.objects.count(), Photo.objects.get().subject_key) == (1, report.number)


def test_without_lock_and_constraint_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same fifty, and nothing that holds them back."""
    scene, looked, meeting = report_scene(), filing.sent_before, Meeting(2)

    def together(courier: Courier, client_key: str) -> Report | None:
        found = looked(courier, client_key)
        meeting.wait()
        return found

    monkeypatch.setattr(filing, "sent_before", together)
    monkeypatch.setattr(filing.photos, "attach", lambda *_, **__: None)
    monkeypatch.setattr(type(Courier.objects.all()), "select_for_update", lambda rows, **_: rows)
    with without_constraint("report_once_per_draft"):
        _, numbers = sent_at_once(scene, lambda number: {})
        assert Report.objects.count() > 1
        assert len(numbers - {""}) > 1


@contextmanager
def without_constraint(name: str) -> Iterator[None]:
    """Without this unique index of the reports; they are gone afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        [(written,)] = cursor.fetchall()
        cursor.execute(f"DROP INDEX {name}")
        try:
            yield
        finally:
            cursor.execute("TRUNCATE reports_report CASCADE")
            cursor.execute(written)
