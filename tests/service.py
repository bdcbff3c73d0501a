"""A service of its own, as `make run` starts it, and ways to hurt it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import override_settings

from fengchao import embedded
from fengchao.embedded.cluster import binaries
from fengchao.embedded.processes import living, pid_in_file
from fengchao.management.commands.serve import web_command
from points import ledger

ROOT = Path(__file__).resolve().parent.parent


class Service:
    """A `serve` of its own: data folder, port, embedded database. `more` goes into its environment."""

    def __init__(self, folder: Path, static: Path, *options: str, **more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data, self.log = folder / "data", folder / "serve.log"
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEPLOY", "DEBUG"}}
        own = {"DATA_DIR": self.data, "STATIC_ROOT": static, "PORT": self.port, "SEED": "none"}
        self.environment = kept | {name: str(value) for name, value in own.items()} | more
        self.prepare()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.command(), *options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def prepare(self) -> None:
        """`serve` does it."""

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "serve"]

    def wait_until_ready(self) -> None:
        self.wait_for(f"ready: http://127.0.0.1:{self.port}/\n")

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

    def seconds_to_load(self) -> float:
        """How long a new web worker needs here and now before it can serve: two seconds on a quiet machine."""
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import fengchao.wsgi"], cwd=ROOT, env=self.environment, check=True)
        return time.monotonic() - began

    def kill_web_worker(self, *, leave: int = 0) -> None:
        """The one that has served longest, once `leave` others serve; gunicorn starts another in its place."""
        deadline = time.monotonic() + 60.0
        while len(workers := self.web_workers()) <= leave:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        os.kill(workers[0], signal.SIGKILL)

    def web_workers(self) -> list[int]:
        """Those that have loaded the platform and wait for connections, the oldest first."""
        children = Path(f"/proc/{self.gunicorn}/task/{self.gunicorn}/children").read_text().split()
        return [int(pid) for pid in children if waits_for_connections(pid)]

    def kill_database(self) -> None:
        """Every process of PostgreSQL. What it has written stays with the kernel: this is no power cut."""
        place = embedded.Place.of(self.data)
        for pid in sorted(living(place), key=lambda pid: pid != pid_in_file(place)):
            with suppress(ProcessLookupError):  # gone with its parent
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def database(self) -> Iterator[None]:
        """Models and services of this process work on the service's database inside the block."""
        kept = dict(connection.settings_dict)
        another_database(embedded.connection_settings(self.data))
        try:
            yield
        finally:
            another_database(kept)


def waits_for_connections(pid: str) -> bool:
    """Whether the process watches anything with epoll."""
    try:
        return any("tfd:" in path.read_text() for path in Path(f"/proc/{pid}/fdinfo").iterdir())
    except OSError:  # it has just ended
        return False


def another_database(where: dict[str, Any]) -> None:
    """What this process remembers of the one it was connected to is forgotten."""
    connection.close()
    connection.settings_dict.update(where)
    ledger.forget_accounts()
    ContentType.objects.clear_cache()


def copied_from_the_tests(data: Path) -> None:
    """The tests' own database, migrated and empty, once more in the server of this folder."""
    here, there = connection.settings_dict, embedded.connection_settings(data)
    dumped = subprocess.run(
        [binaries() / "pg_dump", "--no-owner", *_where(here)], env=_secretly(here), check=True, capture_output=True
    )  # fmt: skip
    psql = [binaries() / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    subprocess.run(
        [*psql, *_where(there)], env=_secretly(there), check=True, capture_output=True, input=dumped.stdout
    )  # fmt: skip


def _where(place: dict[str, Any]) -> list[str]:
    named = {"host": "HOST", "port": "PORT", "username": "USER", "dbname": "NAME"}
    return [f"--{option}={place[key]}" for option, key in named.items() if place[key]]


def _secretly(place: dict[str, Any]) -> dict[str, str]:
    return os.environ | ({"PGPASSWORD": place["PASSWORD"]} if place["PASSWORD"] else {})


class Parts(Service):
    """The database and the website as `serve` runs them, without its preparations and jobs: up in half the time."""

    def prepare(self) -> None:
        embedded.ensure(self.data)
        copied_from_the_tests(self.data)
        self.over = threading.Event()
        self.guard = threading.Thread(target=self.look_after_the_database)
        self.guard.start()

    def command(self) -> list[str]:
        with override_settings(DATA_DIR=self.data, PORT=self.port):
            return web_command(workers=2, threads=4)

    def look_after_the_database(self) -> None:
        while not self.over.wait(0.5):
            embedded.revive(self.data)

    def wait_until_ready(self) -> None:
        for _ in range(1200):
            with suppress(OSError):
                if self.status() == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.over.set()
        self.guard.join()
        return super().end(number)
