"""What a worker of the service weighs before and after an hour's worth of requests, sent as fast as it answers."""

from pathlib import Path

from benchmarks import scratch, servers, tables
from benchmarks.load import Ask, Clients
from benchmarks.people import Everybody, everybody

HOUR = 18_000  # 5 a second for an hour: a district of 1,000 couriers asks for about that many in a day
CLIENTS = 16
WARM = 500


def run(clients: Clients) -> None:
    database = scratch.copy("memory")
    rows = []
    with servers.running(database) as server:
        scripts = _mixture(everybody())
        workers: list[int] = []
        sent = 0
        for until in (WARM, HOUR // 2, HOUR):
            sent += len(clients.drive(server.port, scripts, most=until - sent).took)
            workers = workers or server.workers  # all there once they have answered
            rows.append([f"{sent:,}", *(f"{_megabytes(pid):.0f}" for pid in workers)])
        assert server.workers == workers, "a worker was replaced"
    tables.show(
        "Memory of the service's workers (resident, MB) over an hour's worth of requests: pages, reads, hand-overs.",
        ["requests", *(f"worker {nr}" for nr, _ in enumerate(workers, start=1))],
        rows,
    )
    scratch.drop(database)


def _mixture(people: Everybody) -> list[list[Ask]]:
    """Each client in turn looks at pages, asks the API and hands over."""
    kinds = [
        people.views("/", CLIENTS), people.views("/points/", CLIENTS), people.views("/code/", CLIENTS),
        people.views("/gifts/", CLIENTS), people.views("/stations/", CLIENTS), people.reads("me/points/", CLIENTS),
        people.reads("me/entries/", CLIENTS), people.hand_overs(CLIENTS),
    ]  # fmt: skip
    # Few couriers have pages to look at, all have a ticket: as many rounds as there are of the fewest.
    return [[ask for asks in zip(*scripts, strict=False) for ask in asks] for scripts in zip(*kinds, strict=True)]


def _megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no process {pid}")
