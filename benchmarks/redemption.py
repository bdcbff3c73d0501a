"""A redemption through HTTP, with everything that belongs to it, beside the control and beside pgbench."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import override_settings
from psycopg2.extensions import AsIs

from benchmarks import scratch, servers, tables
from benchmarks.control.__main__ import COURIERS, GIFTS, STATIONS
from benchmarks.load import Answers, Ask, Clients
from benchmarks.people import COUNTERS, everybody
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from points.models import Account

SECONDS = 4
SHAPES = ((1, False, 3), (8, False, 3), (COUNTERS, False, 5), (COUNTERS, True, 3))
"""Clients, whether all are at one station and hand out one gift, rounds."""


def run(clients: Clients) -> None:
    people = everybody()
    ours, control = scratch.copy("redemption"), scratch.empty("control")
    tokens = _prepare_control(control)
    limits = _limit_scripts(ours)
    rows = []
    with servers.running(ours) as platform, servers.running(control, control=True) as minimal:
        clients.drive(minimal.port, [[Ask("GET", "/hello/")]] * COUNTERS, seconds=1)
        hello = clients.drive(minimal.port, [[Ask("GET", "/hello/")]] * COUNTERS, seconds=SECONDS)
        for connections, one_place, rounds in SHAPES:
            mine, theirs, most = [], [], []
            scripts = people.hand_overs(connections, one_place=one_place)
            control_scripts = _control_scripts(tokens, connections, one_place)
            for nr in range(rounds + 1):
                seconds = SECONDS if nr else 1  # the round before the first warms up
                pair = [
                    clients.drive(platform.port, scripts, seconds=seconds),
                    clients.drive(minimal.port, control_scripts, seconds=seconds),
                ]
                if nr:
                    mine.append(pair[0])
                    theirs.append(pair[1])
                    most.append(_pgbench(limits[one_place], ours, connections))
            rows.append([f"{connections}{', one station and gift' if one_place else ''}", *_row(mine, theirs, most)])
    tables.show(
        f"A redemption through HTTP (sign-in, ticket, scope, limits, idempotency, ledger, audit) beside the minimal "
        f"ORM + DRF view with sign-in (`control/`) and beside the posting function alone in pgbench, {SECONDS} s each "
        f"in turn, {SHAPES[0][2]} to {SHAPES[2][2]} rounds. Targets: ≥ 2 × the minimal view; p99 ≤ 4 × p50 at "
        f"{COUNTERS} clients. A view that does nothing answers these clients {hello.rate:,.0f} times a second.",
        [
            "clients", "a second", "minimal view", "pgbench", "× minimal view", "× pgbench", "p50 · p99 ms",
            "p99 ÷ p50", "minimal view p50 · p99 ms",
        ],
        rows,
    )  # fmt: skip
    scratch.drop(ours)
    scratch.drop(control)


def _row(mine: list[Answers], theirs: list[Answers], most: list[float]) -> list[str]:
    rates, control_rates = [answers.rate for answers in mine], [answers.rate for answers in theirs]
    return [
        *(f"{statistics.median(rate):,.0f}" for rate in (rates, control_rates, most)),
        f"{tables.ratio(rates, control_rates):.2f}",
        f"{tables.ratio(rates, most):.3f}",
        tables.times(mine),
        f"{tables.ratio([answers.p99 for answers in mine], [answers.p50 for answers in mine]):.1f}",
        tables.times(theirs),
    ]


def _prepare_control(database: str) -> list[str]:
    variables = os.environ | {"DATABASE_URL": scratch.url(database)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.control"], env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    tokens: list[str] = json.loads(done.stdout)
    return tokens


def _control_scripts(tokens: list[str], clients: int, one_place: bool) -> list[list[Ask]]:
    """The same people at the same places as `Everybody.hand_overs` has."""

    def ask(nr: int, i: int, courier: int) -> Ask:
        gift, station = (1, 1) if one_place else (i % GIFTS + 1, nr % STATIONS + 1)
        body = json.dumps({"courier": courier, "station": station, "gift": gift, "points": 500}).encode()
        headers = (("Authorization", f"Token {tokens[0 if one_place else nr]}"),)
        return Ask("POST", "/redemptions/", headers, body, expect=201)

    couriers = range(1, COURIERS + 1)
    return [[ask(nr, i, courier) for i, courier in enumerate(couriers[nr::clients])] for nr in range(clients)]


def _limit_scripts(database: str) -> dict[bool, Path]:
    """Scripts for pgbench with the one statement that the ledger itself sends, for one station and gift or for all."""
    scratch.use(database)
    couriers = list(Account.objects.filter(kind=Account.Kind.COURIER).values_list("pk", flat=True))
    stocks = list(Account.objects.filter(kind=Account.Kind.STOCK).order_by("pk").values_list("pk", "unit"))
    found = {}
    for one_place, pool in ((False, stocks), (True, stocks[:1])):
        goods = [ledger.goods_account("handed_out", unit.removeprefix("gift:")) for _, unit in pool]
        accounts = [
            f"({_array(couriers)})[:c]",
            str(ledger.programme_account("gifts", _year())),
            f"({_array(goods)})[:s]",
            f"({_array([pk for pk, _ in pool])})[:s]",
        ]
        path = Path(settings.DATA_DIR) / f"limit-{one_place}.sql"
        path.write_text(f"\\set c random(1, {len(couriers)})\n\\set s random(1, {len(pool)})\n{_posting(accounts)};\n")
        found[one_place] = path
    return found


def _posting(accounts: list[str]) -> str:
    """The statement of `ledger.post`, caught on its way, with a new source and these accounts in place of its own."""
    caught: list[str] = []
    mine, programme = (ledger.programme_account(kind, _year()) for kind in ("manual", "gifts"))
    own, key = [mine, programme, mine, programme], "bench-limit"

    def catch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if params and own in params:
            swapped = [*params]
            swapped[swapped.index(own)] = AsIs(f"ARRAY[{', '.join(accounts)}]")
            swapped[swapped.index(key)] = AsIs("gen_random_uuid()::text")
            caught.append(context["cursor"].mogrify(sql, swapped).decode())
        return execute(sql, params, many, context)

    with override_settings(PREPARED_STATEMENTS=False), transaction.atomic(), connection.execute_wrapper(catch):
        amounts = [-500, 500, 1, -1]
        legs = [Leg(account, amount) for account, amount in zip(own, amounts, strict=True)]
        ledger.post(legs, kind="bench", source=Source("bench", key), by=None)
        transaction.set_rollback(True)
    (statement,) = caught
    return " ".join(statement.split())


def _year() -> int:
    return clock.shanghai_day(clock.now()).year


def _array(numbers: list[int]) -> str:
    return f"'{{{','.join(map(str, numbers))}}}'::bigint[]"


def _pgbench(script: Path, database: str, clients: int) -> float:
    printed = scratch.tool(
        "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(SECONDS),
        "-f", str(script), database=database,
    )  # fmt: skip
    tps = re.search(r"tps = ([\d.]+)", printed)
    assert tps is not None, printed
    return float(tps[1])
