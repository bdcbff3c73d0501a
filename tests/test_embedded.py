"""The embedded PostgreSQL: it starts anywhere, comes back after every death, and is left as it was found."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from fengchao import embedded
from fengchao.embedded.processes import living, wait_until_gone

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    embedded.stop(folder)


def query(data_dir: Path, statement: str) -> list[tuple]:
    where = embedded.connection_settings(data_dir)
    connection = psycopg2.connect(dbname=where["NAME"], user=where["USER"], host=where["HOST"], port=where["PORT"])
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def kill_all(data_dir: Path) -> None:
    place = embedded.Place.of(data_dir)
    for pid in living(place):
        with suppress(ProcessLookupError):  # gone with its parent
            os.kill(pid, signal.SIGKILL)
    wait_until_gone(place, 10)


def test_starts_once_and_answers(data_dir: Path) -> None:
    assert embedded.ensure(data_dir) is True
    assert embedded.ensure(data_dir) is False
    assert query(data_dir, "SELECT current_database()") == [("fengchao",)]
    assert query(data_dir, "SHOW synchronous_commit") == [("on",)]
    assert query(data_dir, "SHOW fsync") == [("on",)]
    assert query(
        data_dir, "SELECT datcollate, datlocprovider::text, datlocale FROM pg_database WHERE datname='fengchao'"
    ) == [("C", "b", "C.UTF-8")]


def test_settings_start_nothing(data_dir: Path) -> None:
    embedded.connection_settings(data_dir)
    assert not data_dir.exists()


def test_only_the_owner_reaches_the_socket(data_dir: Path) -> None:
    embedded.ensure(data_dir)
    socket_dir = Path(embedded.connection_settings(data_dir)["HOST"])
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    assert query(data_dir, "SHOW listen_addresses") == [("",)]


@pytest.mark.parametrize("name", ["with a blank", "江城蜂巢", 'it\'s "quoted", too', "deep" * 40])
def test_lives_in_any_folder(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name
    try:
        embedded.ensure(data_dir)
        assert query(data_dir, "SELECT 1") == [(1,)]
    finally:
        embedded.stop(data_dir)


def test_comes_back_after_everything_was_killed(data_dir: Path) -> None:
    embedded.ensure(data_dir)
    query(data_dir, "CREATE TABLE kept AS SELECT 7 AS n")
    kill_all(data_dir)
    assert embedded.ensure(data_dir) is True
    assert query(data_dir, "SELECT n FROM kept") == [(7,)]


def test_comes_back_when_only_the_postmaster_was_killed(data_dir: Path) -> None:
    embedded.ensure(data_dir)
    where = embedded.connection_settings(data_dir)
    busy = psycopg2.connect(dbname="fengchao", user=where["USER"], host=where["HOST"], port=where["PORT"], async_=1)
    while busy.poll() != psycopg2.extensions.POLL_OK:
        time.sleep(0.01)
    busy.cursor().execute("SELECT count(*) FROM generate_series(1, 1000000000)")
    busy.poll()
    os.kill(postmaster(data_dir), signal.SIGKILL)
    assert embedded.ensure(data_dir) is True
    assert query(data_dir, "SELECT 1") == [(1,)]
    busy.close()


def test_a_reused_pid_is_not_mistaken_for_the_server(data_dir: Path) -> None:
    embedded.ensure(data_dir)
    kill_all(data_dir)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().split("\n")[1:]]))
        assert embedded.ensure(data_dir) is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_half_made_cluster_is_made_anew(data_dir: Path) -> None:
    (data_dir / "postgres.new-1").mkdir(parents=True)
    (data_dir / "postgres.new-1" / "PG_VERSION").write_text("18")
    assert embedded.ensure(data_dir) is True
    assert not (data_dir / "postgres.new-1").exists()


def test_revive_brings_back_the_killed_and_not_the_stopped(data_dir: Path) -> None:
    embedded.ensure(data_dir)
    assert embedded.revive(data_dir) is False
    kill_all(data_dir)
    assert embedded.revive(data_dir) is True
    embedded.stop(data_dir)
    assert embedded.revive(data_dir) is False
    assert embedded.is_running(data_dir) is False


def test_running_leaves_it_as_found(data_dir: Path) -> None:
    with embedded.running(data_dir):
        assert embedded.is_running(data_dir)
    assert not embedded.is_running(data_dir)
    embedded.ensure(data_dir)
    with embedded.running(data_dir):
        pass
    assert embedded.is_running(data_dir)


def test_the_last_of_several_users_stops_it(data_dir: Path) -> None:
    with embedded.running(data_dir):
        with embedded.running(data_dir):
            pass
        assert embedded.is_running(data_dir)
    assert not embedded.is_running(data_dir)


def test_a_killed_user_is_not_counted(data_dir: Path) -> None:
    with embedded.running(data_dir):
        hold = (
            f"from fengchao import embedded; c = embedded.running({str(data_dir)!r}); c.__enter__(); print(); input()"
        )
        other = subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
        other.communicate()
    assert not embedded.is_running(data_dir)


def test_many_processes_starting_at_once_agree(data_dir: Path) -> None:
    start = f"from fengchao import embedded; print(embedded.ensure({str(data_dir)!r}))"
    children = [subprocess.Popen([sys.executable, "-c", start], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
    answers = sorted(child.communicate()[0].strip() for child in children)
    assert answers == [b"False", b"False", b"False", b"True"]


def test_command_line(data_dir: Path) -> None:
    def run(*arguments: str) -> int:
        command = [sys.executable, "-m", "fengchao.embedded", *arguments]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, "DATA_DIR": str(data_dir)}, timeout=60).returncode

    assert [run("status"), run("start"), run("status"), run("stop"), run("status"), run()] == [3, 0, 0, 0, 3, 2]


ALIKE = [pytest.param(arguments, marks=pytest.mark.slow) for arguments in (["--help"], ["help"], ["--version"])]


@pytest.mark.parametrize("arguments", [["migrate", "--help"], *ALIKE])
def test_help_starts_nothing(data_dir: Path, arguments: list[str]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env={**environment, "DATA_DIR": str(data_dir)}, check=True, capture_output=True)
    assert not (data_dir / "postgres").exists()


def test_psycopg_3_is_not_installed() -> None:
    """Django would switch to it without a word, and with it every assumption measured on psycopg2."""
    assert importlib.util.find_spec("psycopg") is None
