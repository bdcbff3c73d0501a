"""The same questions to a small district and to the same district with ever longer books, in turn."""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from benchmarks import scratch, servers, tables
from benchmarks.load import Ask, Clients
from benchmarks.people import Everybody, everybody
from benchmarks.servers import Server
from fengchao.core import clock
from points import history, ledger
from points.history import Past
from points.models import Account, Entry

SIZES = (1_000_000, 10_000_000)
ROUNDS, SECONDS = 7, 0.6


def run(clients: Clients) -> None:
    people = everybody()
    small, grown = scratch.copy("small"), scratch.copy("grown")
    with servers.running(small) as few, servers.running(grown) as many:
        for size in SIZES:
            began = time.monotonic()
            entries = _grow(grown, size)
            rows = [[name, *_compare(clients, script, few, many)] for name, script in _questions(people).items()]
            tables.show(
                f"One client, the answers of a district of {_entries(small):,} entries beside those of the same one "
                f"with {entries:,} (loaded and measured in {time.monotonic() - began:.0f} s), "
                f"{ROUNDS} rounds of {SECONDS} s in turn. Target: balance and statement ≤ 1.2 ×.",
                ["", "small, p50 ms", "grown, p50 ms", "ratio"],
                rows,
            )
    scratch.drop(small)
    scratch.drop(grown)


def _questions(people: Everybody) -> dict[str, list[Ask]]:
    return {
        "balance, API": people.reads("me/points/", 1)[0],
        "statement, API": people.reads("me/entries/", 1)[0],
        "points, page": people.views("/points/", 1)[0],
        "redemption, API": people.hand_overs(1)[0],
        "admin, entries (district)": people.views("/admin/points/entry/", 1, people.district)[0],
        "admin, entries (street)": people.views("/admin/points/entry/", 1, people.street)[0],
        "admin, transfers (district)": people.views("/admin/points/transfer/", 1, people.district)[0],
        "admin, transfers (street)": people.views("/admin/points/transfer/", 1, people.street)[0],
        "admin, couriers": people.views("/admin/accounts/courier/", 1, people.district)[0],
    }


def _compare(clients: Clients, script: list[Ask], few: Server, many: Server) -> list[str]:
    small, grown = [], []
    for nr in range(ROUNDS + 1):
        pair = [clients.drive(server.port, [script], seconds=SECONDS) for server in (few, many)]
        if nr:  # the round before the first warms up
            small.append(pair[0].p50)
            grown.append(pair[1].p50)
    return [*(tables.ms(statistics.median(times)) for times in (small, grown)), f"{tables.ratio(grown, small):.2f}"]


def _entries(database: str) -> int:
    scratch.use(database)
    return Entry.objects.count()


def _grow(database: str, size: int) -> int:
    """Load awards until there are `size` entries, then let the planner know."""
    scratch.use(database)
    couriers = list(Account.objects.filter(kind=Account.Kind.COURIER).order_by("pk").values_list("pk", flat=True))
    now = clock.now()
    programme = ledger.programme_account("checkins", clock.shanghai_day(now).year)
    entries = Entry.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with history.loading() as books:
            for past in _awards((size - entries) // 2, couriers, programme, now, entries):
                books.add(past)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return Entry.objects.count()


def _awards(number: int, couriers: list[int], programme: int, now: datetime, first: int) -> Iterator[Past]:
    start = now - timedelta(seconds=number / 1000)
    for nr in range(number):
        courier = couriers[nr % len(couriers)]
        at = start + timedelta(milliseconds=nr)
        yield Past(at, "check_in", "bench", f"{first}-{nr}", "到站签到", None, [(programme, -5), (courier, 5)])
