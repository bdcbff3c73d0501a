"""A redemption through HTTP, with everything that belongs to it, beside the control and beside pgbench."""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg2.extensions import AsIs

from benchmarks import scratch, servers, tables
from benchmarks.control.__main__ import COURIERS, GIFTS, STATIONS
from benchmarks.load import Answers, Ask, Clients
from benchmarks.people import COUNTERS, Everybody, everybody
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from points.models import Account

ROUNDS, SECONDS = 5, 4
FEW_ROUNDS = 3
Slice = Callable[[], Answers]


def run(clients: Clients) -> None:
    people = everybody()
    ours, control = scratch.copy("redemption"), scratch.empty("control")
    tokens = _prepare_control(control)
    limit = _limit_script(ours)
    rows: list[list[object]] = []
    with servers.running(ours) as platform, servers.running(control, control=True) as minimal:
        hello = clients.drive(minimal.port, [[Ask("GET", "/hello/")]] * COUNTERS, seconds=SECONDS)
        for connections, one_place in ((1, False), (8, False), (COUNTERS, False), (COUNTERS, True)):
            rounds = ROUNDS if connections == COUNTERS and not one_place else FEW_ROUNDS
            scripts = people.hand_overs(connections, one_place=one_place)
            control_scripts = _control_scripts(tokens, connections, one_place)
            clients.drive(platform.port, scripts, seconds=1)
            clients.drive(minimal.port, control_scripts, seconds=1)
            rows += _compare(
                f"{connections}{', one station and gift' if one_place else ''}",
                rounds,
                lambda scripts=scripts: clients.drive(platform.port, scripts, seconds=SECONDS),
                lambda scripts=control_scripts: clients.drive(minimal.port, scripts, seconds=SECONDS),
                lambda n=connections, one=one_place: _pgbench(limit[one], ours, n),
            )
    tables.show(
        f"A redemption through HTTP (sign-in, ticket, scope, limits, idempotency, ledger, audit) beside the minimal ORM + DRF view with sign-in and beside "
        f"the posting function in pgbench; {SECONDS} s each in turn, {ROUNDS} rounds at {COUNTERS} clients, else {FEW_ROUNDS}. "
        f"The client itself managed {hello.rate:,.0f} a second against a view that does nothing.",
        ["clients", "redemptions a second", "minimal view", "pgbench", "× minimal (target ≥ 2)", "of pgbench", "p50 ms", "p99 ms", "p99 ÷ p50 (target ≤ 4)", "minimal view p50 · p99 ms"],
        rows,
    )  # fmt: skip
    scratch.drop(ours)
    scratch.drop(control)


def _compare(name: str, rounds: int, ours: Slice, control: Slice, limit: Callable[[], float]) -> list[list[object]]:
    mine, theirs, most = [], [], []
    for _ in range(rounds):
        mine.append(ours())
        theirs.append(control())
        most.append(limit())
    rates, control_rates = [slice_.rate for slice_ in mine], [slice_.rate for slice_ in theirs]
    p50, p99 = (statistics.median(getattr(slice_, name) for slice_ in mine) for name in ("p50", "p99"))
    tail = tables.ratio([slice_.p99 for slice_ in mine], [slice_.p50 for slice_ in mine])
    return [
        [
            name, f"{statistics.median(rates):,.0f}", f"{statistics.median(control_rates):,.0f}", f"{statistics.median(most):,.0f}",
            f"{tables.ratio(rates, control_rates):.2f}", f"{tables.ratio(rates, most):.3f}", tables.ms(p50), tables.ms(p99), f"{tail:.1f}",
            " · ".join(tables.ms(statistics.median(getattr(slice_, name) for slice_ in theirs)) for name in ("p50", "p99")),
        ]
    ]  # fmt: skip


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


def _limit_script(database: str) -> dict[bool, Path]:
    """Scripts for pgbench with the one statement that the ledger itself sends, for one station and gift or for all."""
    scratch.use(database)
    couriers = list(Account.objects.filter(kind=Account.Kind.COURIER).values_list("pk", flat=True))
    stocks = list(Account.objects.filter(kind=Account.Kind.STOCK).order_by("pk").values_list("pk", "unit"))
    found = {}
    for one_place, pool in ((False, stocks), (True, stocks[:1])):
        goods = [ledger.goods_account("handed_out", unit.removeprefix("gift:")) for _, unit in pool]
        accounts = [f"({_array(couriers)})[:c]", str(ledger.programme_account("gifts", _year())),
                    f"({_array(goods)})[:s]", f"({_array([pk for pk, _ in pool])})[:s]"]  # fmt: skip
        path = Path(settings.DATA_DIR) / f"limit-{one_place}.sql"
        path.write_text(
            f"\\set c random(1, {len(couriers)})\n\\set s random(1, {len(pool)})\n{_posting(accounts)};\n"
        )
        found[one_place] = path
    return found


def _posting(accounts: list[str]) -> str:
    """The statement of `ledger.post`, caught on its way, with a new source and these accounts in place of its own."""
    caught: list[str] = []
    mine, programme = (ledger.programme_account(kind, _year()) for kind in ("manual", "gifts"))
    own = [mine, programme, mine, programme]

    def catch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if params and own in params:
            swap = {"bench-limit": AsIs("gen_random_uuid()::text")}
            given = [AsIs(f"ARRAY[{', '.join(accounts)}]") if value == own else _swapped(value, swap) for value in params]
            caught.append(context["cursor"].mogrify(sql, given).decode())
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(catch):
        amounts = [-500, 500, 1, -1]
        legs = [Leg(account, amount) for account, amount in zip(own, amounts, strict=True)]
        ledger.post(legs, kind="bench", source=Source("bench", "bench-limit"), by=None)
        transaction.set_rollback(True)
    (statement,) = caught
    return " ".join(statement.split())


def _year() -> int:
    return clock.shanghai_day(clock.now()).year


def _swapped(value: Any, swap: dict[str, Any]) -> Any:
    return swap.get(value, value) if isinstance(value, str) else value


def _array(numbers: list[int]) -> str:
    return f"'{{{','.join(map(str, numbers))}}}'::bigint[]"


def _pgbench(script: Path, database: str, clients: int) -> float:
    printed = scratch.tool(
        "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(SECONDS), "-f", str(script),
        database=database,
    )  # fmt: skip
    tps = re.search(r"tps = ([\d.]+)", printed)
    assert tps is not None, printed
    return float(tps[1])
