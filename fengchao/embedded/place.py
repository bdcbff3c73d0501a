"""Where one embedded server lives: its paths, and the locks by which processes agree about it."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PORT = "5432"  # names the socket file only; nothing listens on TCP
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107


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
    def alive(self) -> Path:
        return self.data / "postgres.alive"

    @property
    def users(self) -> Path:
        return self.data / "postgres.users"

    @property
    def socket_dir(self) -> Path:
        """Beside the data, or where its path is too long for a socket or has a comma (at which clients split it), in
        /tmp: not in TMPDIR or XDG_RUNTIME_DIR, because every process must arrive at the same folder whatever its
        environment."""
        near = self.data / "run"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH and "," not in str(near):
            return near
        return Path("/tmp") / f"fengchao-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"


def open_lock(path: Path) -> int:
    """A descriptor for a lock file, which belongs to the owner of the folder also when root made it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise ServerFailed(f"数据目录 {path.parent} 属于另一个用户，请用该用户运行，或设置 DATA_DIR。") from None
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def is_free(path: Path) -> bool:
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def mutex(place: Place) -> Iterator[None]:
    place.data.mkdir(parents=True, exist_ok=True)
    descriptor = open_lock(place.data / "postgres.mutex")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def last_words(place: Place) -> str:
    try:
        lines = place.log.read_text(errors="replace").splitlines()[-12:]
    except OSError:
        lines = []
    return "\n".join([f"日志：{place.log}", *lines])
