"""The processes of one cluster: which live, and how the ones left over are ended."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from fengchao.embedded.place import Place, ServerFailed, is_free

_children: list[subprocess.Popen[bytes]] = []


def remember(child: subprocess.Popen[bytes]) -> None:
    """Keep a server started here, so that it is no zombie when it has ended."""
    _children[:] = [*(other for other in _children if other.poll() is None), child]


def living(place: Place) -> list[int]:
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


def pid_in_file(place: Place) -> int | None:
    try:
        return int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def postmaster(place: Place) -> int | None:
    pid = pid_in_file(place)
    return pid if pid and _belongs(pid, place) else None


def has_crashed(place: Place) -> bool:
    return (place.cluster / "postmaster.pid").exists() and not postmaster(place)


def wait_until_gone(place: Place, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_free(place.alive):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    for child in _children:
        child.poll()
    return True


def kill_left_overs(place: Place) -> None:
    """End backends whose postmaster was killed; they hold the memory that a new one needs."""
    if wait_until_gone(place, 1.0):
        return
    for process in living(place):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    if not wait_until_gone(place, 10.0):
        raise ServerFailed(f"数据目录 {place.data} 正被别处（例如另一个容器）的数据库使用。")
