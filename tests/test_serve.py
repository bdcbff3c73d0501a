"""`manage.py serve`: one command brings everything up, and one signal or one death takes everything down."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fengchao import embedded
from tests.service import ROOT, Service


@pytest.fixture
def service(tmp_path: Path, static: Path) -> Iterator[Service]:
    service = Service(tmp_path, static)
    try:
        service.wait_until_ready()
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
    again.wait_until_ready()
    assert again.end(signal.SIGINT) == 0
