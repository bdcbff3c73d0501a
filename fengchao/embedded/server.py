"""The running server: started, asked whether it answers, stopped. Who starts or stops it holds the mutex."""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any

import psycopg2

from fengchao.embedded.cluster import USER, binaries, configure, environment, initialise
from fengchao.embedded.place import PORT, Place, ServerFailed, is_free, last_words, open_lock
from fengchao.embedded.processes import kill_left_overs, pid_in_file, postmaster, remember, wait_until_gone
from fengchao.embedded.runner import NOBODY, Runner, choose_runner, hand_over

NAME = "fengchao"
PATIENCE = 120.0  # seconds; recovery after a crash replays the log first


def _connect(place: Place, database: str) -> Any:
    host = str(place.socket_dir)
    return psycopg2.connect(host=host, port=PORT, user=USER, dbname=database, connect_timeout=3, options="")


def answers(place: Place) -> bool:
    try:
        _connect(place, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def bring_up(place: Place, *, fast_and_unsafe: bool = False) -> bool:
    """Start the server unless it answers. The caller holds the mutex."""
    if answers(place):
        _create_database(place)
        return False
    place.borrowed.unlink(missing_ok=True)
    if not is_free(place.alive):
        if _settles(place):
            _create_database(place)
            return False
        kill_left_overs(place)
    runner = choose_runner(place)
    if not place.cluster.exists():
        initialise(place, runner)
    configure(place, runner, fast_and_unsafe=fast_and_unsafe)
    _prepare_socket_dir(place, runner)
    _wait_until_ready(place, _launch(place, runner))
    _create_database(place)
    return True


def _settles(place: Place) -> bool:
    """Some server process is left: wait while it is one that is starting or stopping. True when it answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and postmaster(place):
        if answers(place):
            return True
        if is_free(place.alive):
            return False
        time.sleep(0.05)
    if time.monotonic() >= deadline:
        raise ServerFailed(f"内置数据库没有应答。{last_words(place)}")
    return False


def _prepare_socket_dir(place: Place, runner: Runner) -> None:
    folder = place.socket_dir
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid not in {runner.uid, os.geteuid(), place.data.stat().st_uid, NOBODY}:
        raise ServerFailed(f"目录 {folder} 属于别人，内置数据库不使用它。")
    folder.chmod(0o700)
    # No server lives here (postgres.alive is free), so what one left behind says nothing.
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (folder / name).unlink(missing_ok=True)
    hand_over(folder, runner)


def _launch(place: Place, runner: Runner) -> subprocess.Popen[bytes]:
    """Start `postgres` itself, in a session of its own so that Ctrl-C at the terminal does not reach it."""
    variables = environment()
    if stale := pid_in_file(place):
        variables["PG_GRANDPARENT_PID"] = str(stale)  # the one pid PostgreSQL does not take for another server
    socket_dir = str(place.socket_dir).replace('"', '""')
    alive = open_lock(place.alive)
    try:
        fcntl.flock(alive, fcntl.LOCK_SH)
        with place.log.open("ab") as log:
            child = subprocess.Popen(
                [*runner.prefix, binaries() / "postgres", "-D", place.cluster, "-p", PORT, "-k", f'"{socket_dir}"'],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[alive],
                start_new_session=True,
            )
    finally:
        os.close(alive)
    remember(child)
    return child


def _wait_until_ready(place: Place, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answers(place):
            return
        if child.poll() is not None:
            raise ServerFailed(f"内置数据库没有启动。{last_words(place)}")
        time.sleep(0.02)
    raise ServerFailed(f"内置数据库在 {PATIENCE:.0f} 秒内没有就绪。{last_words(place)}")


def _create_database(place: Place) -> None:
    connection = _connect(place, "postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {NAME}")
    finally:
        connection.close()


def shut_down(place: Place) -> bool:
    """Stop the server: politely, then at once, then by force. The caller holds the mutex."""
    place.borrowed.unlink(missing_ok=True)
    if is_free(place.alive):
        return False
    for how, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
        if pid := postmaster(place):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            if wait_until_gone(place, seconds):
                return True
    kill_left_overs(place)
    return True
