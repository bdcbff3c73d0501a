"""The servers that are measured: processes as the service starts them, on ports of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.test.utils import override_settings

from benchmarks import scratch
from fengchao.management.commands.serve import web_command

WORKERS, THREADS = 2, 4
PATIENCE = 60.0
CONTROL = "benchmarks.control.settings"


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def workers(self) -> list[int]:
        """Pids of the processes that answer requests."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


def gunicorn(port: int, folder: Path) -> list[str]:
    """The command of `serve`, word for word but for the port and the folder of the pid file."""
    with override_settings(PORT=port, DATA_DIR=folder):
        return web_command(WORKERS, THREADS)


def granian(port: int, folder: Path) -> list[str]:
    """At its own backpressure granian would serve some of the connections only, and look quicker than it is."""
    return [
        sys.executable, "-m", "granian", "fengchao.wsgi:application", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--backpressure", "64",
        "--http", "1", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip


@contextmanager
def running(
    database: str, *, command: Callable[[int, Path], list[str]] = gunicorn, control: bool = False
) -> Iterator[Server]:
    """The platform, or the control, on this database; it has answered when the block begins."""
    port = _free_port()
    folder = Path(settings.DATA_DIR) / f"server-{port}"
    folder.mkdir()
    variables = os.environ | {
        "DATABASE_URL": scratch.url(database),
        "DJANGO_SETTINGS_MODULE": CONTROL if control else "fengchao.settings",
        "LOG_LEVEL": "INFO",  # the service's own: an access line a request is part of what a request costs
    }
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            command(port, folder), env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait(port, child, folder / "log")
            yield Server(port, child.pid)
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(port: int, child: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
