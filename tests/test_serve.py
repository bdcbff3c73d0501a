"""`manage.py serve`: one command brings everything up, and one signal or one death takes everything down."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fengchao import embedded

ROOT = Path(__file__).resolve().parent.parent


class Service:
    """A `serve` of its own: data folder, port, embedded database."""

    def __init__(self, folder: Path, static: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data, self.log = folder / "data", folder / "serve.log"
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEPLOY", "DEBUG"}}
        own = {"DATA_DIR": self.data, "STATIC_ROOT": static, "PORT": self.port, "SEED": "none"}
        self.environment = kept | {name: str(value) for name, value in own.items()}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def gunicorn(self) -> int:
        return int((self.data / "server.pid").read_text())

    def wait_for(self, text: str) -> None:
        for _ in range(1200):
            if text in self.log.read_text():
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def status(self, path: str = "/healthz/ready") -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected by the first service for all: it takes longer than the rest of a start."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def service(tmp_path: Path, static: Path) -> Iterator[Service]:
    service = Service(tmp_path, static)
    try:
        service.wait_for(f"ready: http://127.0.0.1:{service.port}/\n")
        yield service
    finally:
        if service.process.poll() is None:
            service.end()
        embedded.stop(service.data)


def refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_serves_reloads_and_stops(service: Service) -> None:
    assert service.status() == 200
    other = subprocess.run([sys.executable, "manage.py", "serve"], cwd=ROOT, env=service.environment, check=False)
    assert other.returncode == 1
    os.kill(service.gunicorn, signal.SIGHUP)
    assert {service.status() for _ in range(20)} == {200}
    assert service.end() == 0
    assert refused(service.port)
    assert not embedded.is_running(service.data)


@pytest.mark.slow
def test_a_killed_database_comes_back_under_a_running_service(service: Service) -> None:
    os.kill(int((service.data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert service.status("/healthz/live") == 200
    killed_at = time.monotonic()
    while service.status() != 200:
        assert time.monotonic() - killed_at < 30  # half a second on a quiet machine
        time.sleep(0.1)
    assert service.process.poll() is None


@pytest.mark.slow
def test_a_dead_child_ends_all_with_status_1(service: Service) -> None:
    os.kill(service.gunicorn, signal.SIGKILL)
    assert service.process.wait(60) == 1
    assert not embedded.is_running(service.data)


@pytest.mark.slow
def test_starts_again_after_being_killed(service: Service, tmp_path: Path, static: Path) -> None:
    service.end(signal.SIGKILL)
    for _ in range(400):
        if refused(service.port):
            break
        time.sleep(0.1)
    again = Service(tmp_path, static)
    again.wait_for("ready: ")
    assert again.end(signal.SIGINT) == 0
