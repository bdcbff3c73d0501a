"""What every test stands on: a real PostgreSQL and, for journeys, a real Chromium."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import expect

from fengchao import catalogues, embedded
from fengchao.core import clock
from fengchao.static_files import collect_when_stale
from tests import emptying

# Playwright's synchronous interface runs an event loop in the thread of the test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None
)
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A page gets its time on a machine that runs other tests beside it; what never comes fails all the same.
expect.set_options(timeout=20_000)
# And a statement waits for another thread's lock as long as it takes there; a service of its own keeps the real limits.
PATIENT = {
    "connect_timeout": 30,
    "options": "-c lock_timeout=30s -c statement_timeout=60s -c idle_in_transaction_session_timeout=300s",
}
MIDNIGHTS = (time(0), time(8))  # in Shanghai: its own and UTC's
LAST_SECONDS = 20
stack = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """The first process alone starts PostgreSQL: xdist's workers find it running, each with a database of its own."""
    emptying.quickly()
    settings.DATABASES["default"]["OPTIONS"] |= PATIENT
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    catalogues.compile_all()
    if not settings.EMBEDDED_DATABASE:
        return
    # Data that nobody named is nobody's: losing it to a power cut is no loss, and writing gets quicker.
    disposable = "DATA_DIR" not in os.environ
    config.stash[stack] = ExitStack()
    config.stash[stack].enter_context(one_run_at_a_time(settings.DATA_DIR))
    config.stash[stack].enter_context(embedded.running(settings.DATA_DIR, fast_and_unsafe=disposable))


def pytest_unconfigure(config: pytest.Config) -> None:
    if stack in config.stash:
        config.stash[stack].close()


@contextmanager
def one_run_at_a_time(folder: Path) -> Iterator[None]:
    """Two runs on the same server would delete each other's test databases, so the second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pytest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.journey)
        if not CHROMIUM and item.get_closest_marker("journey"):
            item.add_marker(pytest.mark.skip(reason=f"no Chromium for {item.name}: install it or set CHROMIUM"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """No test begins in the last seconds of a day: what it makes today it asks for a second later."""
    sleep(until_the_day_has_turned(clock.now()))


def until_the_day_has_turned(now: datetime) -> float:
    """Seconds to wait, most often none."""
    soon = (now + timedelta(seconds=LAST_SECONDS)).astimezone(clock.SHANGHAI)
    for midnight in MIDNIGHTS:
        turns = datetime.combine(soon.date(), midnight, tzinfo=clock.SHANGHAI)
        if now < turns <= soon:
            return (turns - now).total_seconds()
    return 0.0


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI=true nothing may be left out unseen."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("\nCI=true: a skipped test fails the run.", red=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def static() -> Path:
    """Static files as a real service serves them, for all of them: collecting takes longer than the rest of a start."""
    folder = settings.BASE_DIR / ".cache" / "test-static"
    manifest = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    with (
        one_run_at_a_time(folder.with_name("test-static-lock")),
        override_settings(STATIC_ROOT=folder, STORAGES={**settings.STORAGES, "staticfiles": manifest}),
    ):
        collect_when_stale()
    return folder
