"""The worker: tasks of dead workers come back, living workers keep theirs, one worker runs the timetable."""

import time
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from fengchao import jobs

pytestmark = pytest.mark.django_db(transaction=True)


def running_task(*workers: str, minutes: int = 5) -> DBTaskResult:
    now = timezone.now()
    return DBTaskResult.objects.create(
        status="RUNNING",
        started_at=now - timedelta(minutes=minutes),
        args_kwargs={"args": [], "kwargs": {}},
        task_path="nowhere.task",
        worker_ids=list(workers),
        backend_name="default",
        run_after=now,
        exception_class_path="",
        traceback="",
    )


@pytest.fixture
def living_worker():
    """A second session holding the lock of a worker called `living`."""
    other = connections.create_connection("default")
    other.settings_dict = connection.settings_dict
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext('living'))", [jobs.WORKERS])
    yield other
    die(other)


def die(worker: BaseDatabaseWrapper) -> None:
    """Close the session and wait until the server has noticed, which it does by itself a moment later."""
    if worker.connection is None:
        return
    with worker.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    worker.close()
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.01)
    raise AssertionError("the session did not end")


def test_a_dead_workers_task_is_ready_again() -> None:
    row = running_task("dead")
    assert jobs.reap() == 1
    row.refresh_from_db()
    assert (row.status, row.started_at) == ("READY", None)
    assert jobs.reap() == 0


def test_a_living_workers_task_is_left_alone(living_worker) -> None:
    row = running_task("living")
    assert jobs.reap() == 0
    row.refresh_from_db()
    assert row.status == "RUNNING"
    die(living_worker)
    assert jobs.reap() == 1


def test_a_worker_has_time_to_take_its_lock_again() -> None:
    running_task("just started", minutes=0)
    assert jobs.reap() == 0


def test_the_third_death_is_a_failure() -> None:
    row = running_task("one", "two", "three")
    assert jobs.reap() == 1
    row.refresh_from_db()
    assert row.status == "FAILED"
    assert "3 attempts" in row.traceback


def test_a_worker_takes_back_only_what_it_left_itself() -> None:
    mine, theirs = running_task("other", "me", minutes=0), running_task("me", "other", minutes=0)
    jobs.reap_own("me")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("READY", "RUNNING")


def test_only_one_worker_leads(living_worker) -> None:
    with living_worker.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [jobs.LEADERSHIP])
    keeper = jobs.Keeper("me")
    assert keeper._takes_the_lead() is False
    die(living_worker)
    assert keeper._takes_the_lead() is True
    connection.close()


def test_the_timetable_runs_each_command_when_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(jobs, "call_command", lambda name, **options: ran.append(name))
    monkeypatch.setattr(jobs, "TIMETABLE", {"clearsessions": timedelta(minutes=10), "no_such": timedelta(minutes=1)})
    keeper = jobs.Keeper("me")
    start = datetime(2026, 11, 24, tzinfo=timezone.get_default_timezone())
    for minutes in (0, 9, 10, 11, 20):
        keeper.run_due(start + timedelta(minutes=minutes))
    assert ran == ["clearsessions"] * 3


def test_a_failing_command_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def call(name: str, **options: object) -> None:
        ran.append(name)
        raise ValueError(name)

    monkeypatch.setattr(jobs, "call_command", call)
    monkeypatch.setattr(jobs, "TIMETABLE", {"clearsessions": timedelta(1), "prune_db_task_results": timedelta(1)})
    jobs.Keeper("me").run_due(timezone.now())
    assert ran == ["clearsessions", "prune_db_task_results"]
