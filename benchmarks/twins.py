"""The same question to a small district and to a grown one, in turn."""

import statistics

from benchmarks import tables
from benchmarks.load import Ask, Clients
from benchmarks.servers import Server

ROUNDS, SECONDS = 5, 1.0
IN_TURN = f"{ROUNDS} rounds of {SECONDS:.0f} s in turn"


def compare(clients: Clients, script: list[Ask], few: Server, many: Server) -> list[str]:
    """Both medians in milliseconds, and their ratio. One client."""
    small, grown = [], []
    for nr in range(ROUNDS + 1):
        pair = [clients.drive(server.port, [script], seconds=SECONDS) for server in (few, many)]
        if nr:  # the round before the first warms up
            small.append(pair[0].p50)
            grown.append(pair[1].p50)
    return [*(tables.ms(statistics.median(times)) for times in (small, grown)), f"{tables.ratio(grown, small):.2f}"]
