"""Notices by text message: where he asked for them, by the worker, once, few, and no number in the log."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.services import signin, sms, texting
from fengchao import jobs
from fengchao.core import clock, limits
from reports import services
from reports.models import Report
from reports.tasks import tell_by_text
from tests.accounts import provider as providers
from tests.factories.reports import HERE, ReportScene, report_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db: None) -> ReportScene:
    return report_scene()


@pytest.fixture
def outbox(settings: Any, tmp_path: Path) -> Path:
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    return tmp_path / "sms.jsonl"


def filed(scene: ReportScene, **options: Any) -> Report:
    wanted = {"category": scene.litter, "text": "堆着", "position": HERE, "by_sms": True} | options
    return services.file(scene.rider, **wanted)[0]


def work() -> None:
    """What a worker does with what is queued."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, queue_name="*", verbosity=0)


def sent(outbox: Path) -> list[tuple[str, str]]:
    lines = outbox.read_text().splitlines() if outbox.exists() else []
    return [(line["phone"], line["text"]) for line in map(json.loads, lines)]


def test_who_asked_for_it_is_told_by_the_worker(scene: ReportScene, outbox: Path) -> None:
    services.accept(filed(scene), by=scene.street)
    services.accept(filed(scene, by_sms=False), by=scene.street)
    assert sent(outbox) == []
    work()
    assert sent(outbox) == [(scene.rider.user.phone, "【江城蜂巢】“暴露垃圾”已受理，登录后可以查看。")]
    assert list(DBTaskResult.objects.values_list("status", flat=True)) == ["SUCCESSFUL"]
    assert scene.rider.user.phone not in str(DBTaskResult.objects.values_list("args_kwargs", "return_value"))


def test_what_is_rolled_back_is_not_told(scene: ReportScene, outbox: Path) -> None:
    report = filed(scene)
    with transaction.atomic():
        services.accept(report, by=scene.street)
        transaction.set_rollback(True)
    work()
    assert (sent(outbox), DBTaskResult.objects.count()) == ([], 0)


def test_a_job_that_runs_twice_sends_once(scene: ReportScene, outbox: Path) -> None:
    services.accept(filed(scene), by=scene.street)
    work()
    row = DBTaskResult.objects.get()
    row.status, row.started_at, row.worker_ids = "RUNNING", clock.now() - timedelta(minutes=5), ["dead"]
    row.save()
    assert jobs.reap() == 1
    work()
    row.refresh_from_db()
    assert (row.status, len(row.worker_ids), row.return_value) == ("SUCCESSFUL", 2, False)
    assert len(sent(outbox)) == 1


def test_without_the_claim_it_would_send_twice(
    scene: ReportScene, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = filed(scene)
    for _ in range(2):
        tell_by_text.call(report.pk, "受理", "one-key")
    assert len(sent(outbox)) == 1
    monkeypatch.setattr(limits, "hit", lambda *_, **__: None)
    tell_by_text.call(report.pk, "受理", "one-key")
    assert len(sent(outbox)) == 2


def test_no_more_than_five_a_day_and_half_the_budget(scene: ReportScene, outbox: Path, settings: Any) -> None:
    user, at = scene.rider.user, clock.now()
    assert [texting.text(user, "受理", key=f"k{number}", at=at) for number in range(6)] == [True] * 5 + [False]
    settings.SMS_HOURLY_BUDGET = 12
    others = [User.objects.create_with_phone(f"1360000000{number}", name="某") for number in range(3)]
    # Five of six have left within the hour; the other six of the twelve are for codes.
    assert [texting.text(other, "受理", key=f"o{other.pk}", at=at) for other in others] == [True, False, False]
    assert limits.peek(signin.BUDGET, at=at) == 6
    signin.send_code("13600000009", ip="10.0.0.1", at=at)
    assert texting.text(user, "受理", key="later", at=at + timedelta(days=1, seconds=1))


@pytest.mark.parametrize("why", ["closed", "frozen", "in doubt", "idle", "no longer wanted"])
def test_nobody_is_told_who_may_be_somebody_else(scene: ReportScene, outbox: Path, why: str) -> None:
    report, user = filed(scene), scene.rider.user
    changed = {
        "closed": {"is_active": False},
        "in doubt": {"doubted_at": clock.now()},
        "idle": {"last_login": clock.now() - timedelta(days=90)},
    }
    User.objects.filter(pk=user.pk).update(**changed.get(why, {}))
    if why == "frozen":
        scene.rider.frozen_at = clock.now()
        scene.rider.save()
    if why == "no longer wanted":
        Report.objects.filter(pk=report.pk).update(by_sms=False)
    assert tell_by_text.call(report.pk, "受理", "key") is False
    assert sent(outbox) == []


def test_a_confidential_report_is_told_of_without_its_matter(scene: ReportScene, outbox: Path) -> None:
    services.accept(filed(scene, category=scene.scam), by=scene.police)
    work()
    assert [text for _, text in sent(outbox)] == ["【江城蜂巢】你的上报有新进展，登录后可以查看。"]


@pytest.fixture(params=sms.PROVIDERS)
def provider(request: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[providers.Provider]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    settings.SMS_BACKEND, settings.SMS_NOTICE_TEMPLATE = request.param, "SMS_2"
    settings.SMS_ACCESS_KEY, settings.SMS_SECRET = "ak", "sk"
    settings.SMS_SIGN_NAME, settings.SMS_TEMPLATE, settings.SMS_APP_ID = "江城蜂巢", "SMS_1", "14"
    with providers.running() as server:
        settings.SMS_ENDPOINT, server.answer = server.url, providers.ACCEPTED[request.param]
        yield server


def test_a_provider_gets_the_template_of_notices(
    scene: ReportScene, provider: providers.Provider, settings: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    user = scene.rider.user
    assert texting.text(user, "“暴露垃圾”已受理", key="a")
    assert (provider.sent, provider.templates) == ([(user.phone, "“暴露垃圾”已受理")], ["SMS_2"])
    provider.answer = providers.LIMITED[settings.SMS_BACKEND]
    before = limits.peek(signin.BUDGET)
    assert not texting.text(user, "受理", key="b")
    assert (limits.peek(signin.BUDGET), limits.peek(f"texts:{user.pk}")) == (before, 1)
    provider.answer = providers.ACCEPTED[settings.SMS_BACKEND]
    assert texting.text(user, "受理", key="b")
    assert user.phone not in "".join(record.getMessage() for record in caplog.records if record.name != "urllib3")


def test_without_a_template_nothing_leaves_and_the_log_says_so_once(
    scene: ReportScene, provider: providers.Provider, settings: Any, caplog: Any
) -> None:
    sms.sends_notices.cache_clear()
    settings.SMS_NOTICE_TEMPLATE = ""
    assert [texting.text(scene.rider.user, "受理", key=f"k{number}") for number in range(3)] == [False] * 3
    assert (provider.sent, caplog.text.count("sms_notices_off")) == ([], 1)
    assert limits.peek(signin.BUDGET) == 0
