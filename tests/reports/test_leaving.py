"""Who leaves takes his words and pictures along: at once from what is over, from the rest when it is over."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from fengchao import erasure
from fengchao.core import clock
from fengchao.core.models import Notice, Photo
from fengchao.mydata import everything_about
from reports import services
from reports.models import Category, Question, Report
from reports.states import AFTERWARDS, ReportState
from tests.factories import api_of
from tests.factories.reports import HERE, ReportScene, picture
from tests.marks import marked

pytestmark = pytest.mark.django_db
S = ReportState
MARK = "只有我知道"


def told(scene: ReportScene, category: Category | None = None) -> Report:
    """With the mark in everything the reporter writes, up to the answer; and two pictures of his."""
    report, _ = services.file(
        scene.rider, category or scene.litter, text=f"{MARK}一", place=f"{MARK}二", position=HERE,
        answers={"who": f"{MARK}三"}, client_key="draft", photo_ids=[picture(scene.rider.user, colour="red").pk],
    )  # fmt: skip
    for move in ("accept", "assign", "ask"):
        report = scene.make(report, move)
    shown = [picture(scene.rider.user, colour="blue").pk]
    report = services.answer(report, text=f"{MARK}四", by=scene.rider.user, photo_ids=shown)
    return scene.make(report, "start")


@pytest.fixture
def scene(scene: ReportScene) -> ReportScene:
    Question.objects.create(category=scene.litter, code="who", label="谁")
    return scene


def resolved(scene: ReportScene, report: Report) -> Report:
    report = scene.make(report, "resolve")
    services.rate(report, stars=3, text=f"{MARK}五", by=scene.rider.user)
    return report


def files(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


def test_what_is_over_loses_his_words_and_pictures_at_once(
    scene: ReportScene, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = resolved(scene, told(scene))
    api_of(scene.street, staff=True).post(f"reports/{report.number}/reopen/", {"text": "再看看"}, key="kept")
    scene.make(report, "resolve")
    services.close_due(clock.now() + AFTERWARDS + timedelta(minutes=1))
    assert marked(MARK) == ["core_idempotencykey", "reports_feedback", "reports_report", "reports_step"]
    assert files(settings.MEDIA_ROOT) == 6
    api_of(scene.rider.user).delete("me/")
    assert marked(MARK) == []
    # The unit's picture of the work stays, and so does what it wrote.
    assert list(Photo.objects.values_list("kind", flat=True)) == ["report_after"] * 2
    assert files(settings.MEDIA_ROOT) == 2
    report.refresh_from_db()
    assert (report.state, report.lat, report.client_key, report.feedback.stars) == (S.CLOSED, HERE.lat, "", 3)
    assert [step.text for step in report.steps.all() if step.text] == [
        "在哪个门口？",
        "换了新井盖",
        "再看看",
        "换了新井盖",
    ]
    assert MARK not in caplog.text


def test_what_is_open_keeps_them_until_it_is_over(scene: ReportScene) -> None:
    report = told(scene)
    erasure.close_account(scene.rider.user, by=scene.rider.user)
    call_command("expire", verbosity=0)
    assert marked(MARK) == ["reports_report", "reports_step"]
    assert api_of(scene.unit, staff=True).get(f"reports/{report.number}/")["text"] == f"{MARK}一"
    scene.make(report, "resolve")
    call_command("expire", verbosity=0)
    assert marked(MARK) == ["reports_report", "reports_step"]  # staff may still have it done again
    later = clock.now() + AFTERWARDS + timedelta(minutes=1)
    assert (services.erase_of_closed(), services.close_due(later)) == (0, 1)
    call_command("expire", verbosity=0)
    assert marked(MARK) == []
    assert services.erase_of_closed() == 0


def test_who_stays_keeps_everything(scene: ReportScene) -> None:
    """The control: the rule looks at who has left and at nobody else."""
    scene.make(scene.make(resolved(scene, told(scene)), "disprove"), "appeal")
    told_again = scene.in_state(S.REJECTED)
    assert services.erase_of_closed() == 0
    assert marked(MARK) == ["reports_feedback", "reports_report", "reports_step"]
    assert Report.objects.get(pk=told_again.pk).text == "井盖松了"


def test_his_data_hold_everything_he_told(scene: ReportScene) -> None:
    report = resolved(scene, told(scene))
    everything = everything_about(scene.rider.user, scene.rider)
    [mine] = everything["reports"]
    assert (mine["number"], mine["text"], mine["place"], mine["answers"], mine["feedback__text"]) == (
        report.number, f"{MARK}一", f"{MARK}二", {"who": f"{MARK}三"}, f"{MARK}五",
    )  # fmt: skip
    steps = everything["report_steps"]
    assert [(step["move"], step["by_me"]) for step in steps] == [
        ("file", True), ("accept", False), ("assign", False), ("ask", False), ("answer", True), ("start", False),
        ("resolve", False),
    ]  # fmt: skip
    assert f"{MARK}四" in [step["text"] for step in steps]
    data = str(api_of(scene.rider.user).get("me/data/"))
    assert not any(member.name in data for member in (scene.street, scene.unit))


def test_a_day_before_the_end_he_is_told_once(scene: ReportScene) -> None:
    at = clock.now()
    rated, report = scene.in_state(S.RESOLVED, at=at), scene.in_state(S.RESOLVED, at=at)
    services.rate(rated, stars=5, by=scene.rider.user, at=at)
    assert services.remind_to_rate(at + timedelta(days=12, hours=23)) == 0
    before = at + timedelta(days=13, minutes=1)
    assert (services.remind_to_rate(before), services.remind_to_rate(before)) == (1, 0)
    [notice] = Notice.objects.filter(kind="report_ends")
    assert (notice.user_id, notice.subject_key) == (scene.rider.pk, report.number)
    assert services.remind_to_rate(at + timedelta(days=15)) == 0


def test_expire_closes_what_is_due(scene: ReportScene) -> None:
    at = clock.now()
    report = scene.in_state(S.RESOLVED, at=at)
    call_command("expire", at=(at + AFTERWARDS + timedelta(seconds=1)).isoformat(), verbosity=0)
    report.refresh_from_db()
    assert report.state == S.CLOSED
