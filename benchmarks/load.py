"""Clients that keep their connections: each sends its requests one after the other, as fast as it is answered.

One event loop serves all connections of a process, so a client costs some ten microseconds a request and is not what is
measured; `Answers.busy` says how much of a core it took. Processes are spawned and import nothing of Django.
"""

import multiprocessing
import selectors
import socket
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Self

PROCESSES = 2
PATIENCE = 30.0  # seconds without any answer are a failure


@dataclass(frozen=True)
class Ask:
    """One request, whole but for its Idempotency-Key. `expect` is the status that counts as an answer."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    keyed: bool = False
    expect: int = 200

    def parts(self) -> tuple[bytes, bytes]:
        """What comes before the key and what comes after it."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        head = "\r\n".join(lines).encode() + b"\r\n"
        return (head + b"Idempotency-Key: ", b"\r\n\r\n" + self.body) if self.keyed else (head, b"\r\n" + self.body)


@dataclass
class Answers:
    """How long each answer took, in seconds, and over which span they came."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    busy: float = 0.0
    refused: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    @property
    def p50(self) -> float:
        return statistics.median(self.took)

    @property
    def p99(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.99)]

    def with_more(self, other: Self) -> Self:
        self.seconds = max(self.seconds, other.seconds)
        self.took += other.took
        self.busy += other.busy
        self.refused += other.refused
        return self


class Clients:
    """Use as a context; `drive` may be called any number of times."""

    def __enter__(self) -> Self:
        self.pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def drive(self, port: int, scripts: Sequence[Sequence[Ask]], *, seconds: float = 3600, most: int = 0) -> Answers:
        """One connection for each script, which it repeats for `seconds`, or until `most` answers came in all.

        Raises RuntimeError when an answer has another status than its request expects: a benchmark of refusals would
        look splendid.
        """
        shares = [share for i in range(PROCESSES) if (share := scripts[i::PROCESSES])]
        jobs = [self.pool.submit(_drive, port, share, seconds, -(-most // len(shares))) for share in shares]
        total = Answers()
        for job in jobs:
            total.with_more(job.result())
        if total.refused:
            raise RuntimeError(f"{len(total.refused)} unexpected answers, the first: {total.refused[0]}")
        return total


class _Connection:
    """A socket, the script it repeats, and the request under way."""

    def __init__(self, port: int, script: Sequence[Ask]) -> None:
        self.script = cycle([(ask, *ask.parts()) for ask in script])
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Answered before the next one knocks and before the clock starts: of a crowd that comes at once, whichever of
        # gunicorn's workers wakes first would take nearly all, and keep them.
        self.send()
        while self.receive() is None:
            pass

    def send(self) -> None:
        self.ask, before, after = next(self.script)
        self.message = before + uuid.uuid4().hex.encode() + after if self.ask.keyed else before + after
        self.buffer = bytearray()
        self.began = time.perf_counter()
        self.socket.sendall(self.message)

    def receive(self) -> bytes | None:
        """The whole answer once it is there."""
        try:
            chunk = self.socket.recv(262144)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            raise ConnectionError(f"the server closed the connection during {self.ask.method} {self.ask.path}")
        self.buffer += chunk
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.buffer[:end]).lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            raise ConnectionError(f"an answer without its length: {head[:300]!r}")
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        return bytes(self.buffer) if len(self.buffer) >= end + 4 + length else None


def _drive(port: int, scripts: Sequence[Sequence[Ask]], seconds: float, most: int) -> Answers:
    answers, worked = Answers(), time.process_time()
    with selectors.DefaultSelector() as selector:
        connections = [_Connection(port, script) for script in scripts]
        started = time.perf_counter()
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        open_ones = len(connections)
        while open_ones:
            for connection in _ready(selector):
                answer = connection.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                answers.took.append(now - connection.began)
                if answer[9:12] != str(connection.ask.expect).encode():
                    answers.refused.append(f"{connection.ask.method} {connection.ask.path}: {answer[:900]!r}")
                if now - started < seconds and not (most and len(answers.took) >= most) and not answers.refused:
                    connection.send()
                else:
                    selector.unregister(connection.socket)
                    connection.socket.close()
                    open_ones -= 1
        answers.seconds = time.perf_counter() - started
    answers.busy = (time.process_time() - worked) / answers.seconds
    return answers


def _ready(selector: selectors.BaseSelector) -> Iterator[_Connection]:
    ready = selector.select(timeout=PATIENCE)
    if not ready:
        raise TimeoutError(f"no answer in {PATIENCE:.0f} seconds")
    return (key.data for key, _ in ready)
