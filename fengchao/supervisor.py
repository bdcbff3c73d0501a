"""Child processes that live and die together: what `serve` starts."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

PATIENCE = 40.0  # seconds for a child to finish what it has begun; gunicorn gives its requests 30
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Starts children, waits until one dies or somebody says stop, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.told_to_stop = threading.Event()

    def listen(self) -> None:
        """Take the signals that mean stop; before this they end the process as an exception does."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.told_to_stop.is_set():
            self._signal(signal.SIGKILL)  # asked twice: the person does not want to wait
        self.told_to_stop.set()

    def start(self, name: str, *command: str) -> None:
        """Start a child in a session of its own (Ctrl-C reaches this process alone) that gets SIGTERM should this one
        be killed, so that nothing keeps the port."""
        self.children[name] = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def dead(self) -> list[str]:
        return [name for name, child in self.children.items() if child.poll() is not None]

    def watch(self, each_round: Callable[[], object], *, every: float = 0.5) -> list[str]:
        """Call `each_round` until a child dies or a signal says stop; the names of the dead, none when told to stop."""
        while not self.told_to_stop.wait(every):
            if dead := self.dead():
                return dead
            each_round()
        return []

    def end(self) -> None:
        """End every child: politely, and after PATIENCE by force."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(deadline - time.monotonic(), 0.1))
        self._signal(signal.SIGKILL)
        for child in self.children.values():
            child.wait()

    def _signal(self, number: signal.Signals) -> None:
        for child in self.children.values():
            if child.poll() is not None:
                continue
            with suppress(ProcessLookupError):
                # By force means the whole group: a killed gunicorn would leave its workers at the port.
                (os.killpg if number == signal.SIGKILL else os.kill)(child.pid, number)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
