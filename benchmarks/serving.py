"""gunicorn (threads, as `serve` starts it) beside granian, on the platform's own pages and endpoints."""

import statistics

from benchmarks import scratch, servers, tables
from benchmarks.load import Answers, Ask, Clients
from benchmarks.people import COUNTERS, Everybody, everybody

ROUNDS, SECONDS = 3, 2


def run(clients: Clients) -> None:
    database = scratch.copy("serving")
    rows = []
    with (
        servers.running(database, command=servers.gunicorn) as present,
        servers.running(database, command=servers.granian) as other,
    ):
        for name, scripts in _work(everybody()).items():
            found: dict[str, list[Answers]] = {"gunicorn": [], "granian": []}
            for nr in range(ROUNDS + 1):
                for server, port in (("gunicorn", present.port), ("granian", other.port)):
                    answers = clients.drive(port, scripts, seconds=SECONDS if nr else 1)
                    if nr:  # the round before the first warms up
                        found[server].append(answers)
            rows.append([name, *_row(found["gunicorn"], found["granian"])])
    tables.show(
        f"gunicorn gthread, which `serve` runs, beside granian, each {servers.WORKERS} × {servers.THREADS} threads, "
        f"granian at a backpressure of 64; {COUNTERS} connections kept alive, {ROUNDS} rounds of {SECONDS} s in turn.",
        [
            "", "gunicorn a second", "granian a second", "granian ÷ gunicorn", "gunicorn p50 · p99 ms",
            "granian p50 · p99 ms", "p99 granian ÷ gunicorn",
        ],
        rows,
    )  # fmt: skip
    scratch.drop(database)


def _work(people: Everybody) -> dict[str, list[list[Ask]]]:
    return {
        "home, not signed in": [[Ask("GET", "/")]] * COUNTERS,
        "home": people.views("/", COUNTERS),
        "points, page": people.views("/points/", COUNTERS),
        "stations, page": [[Ask("GET", "/stations/")]] * COUNTERS,
        "balance, API": people.reads("me/points/", COUNTERS),
        "statement, API": people.reads("me/entries/", COUNTERS),
        "redemption, API": people.hand_overs(COUNTERS),
    }


def _row(present: list[Answers], other: list[Answers]) -> list[str]:
    rates = [[slice_.rate for slice_ in slices] for slices in (present, other)]
    return [
        *(f"{statistics.median(rate):,.0f}" for rate in rates),
        f"{tables.ratio(rates[1], rates[0]):.2f}",
        tables.times(present),
        tables.times(other),
        f"{tables.ratio([slice_.p99 for slice_ in other], [slice_.p99 for slice_ in present]):.2f}",
    ]
