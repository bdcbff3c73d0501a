"""A redemption through its service beside the bare posting function it ends in, one after the other in one run."""

import statistics
import time
from collections.abc import Callable
from itertools import count

from accounts.models import Courier, User
from benchmarks import scratch, tables
from benchmarks.load import Clients
from benchmarks.people import everybody
from fengchao.core import clock
from gifts.models import Gift
from gifts.services import redeem
from points import ledger
from points.ledger import Leg, Source
from stations.models import Station

ROUNDS, CALLS = 5, 100
_source = count(1)


def run(_: Clients) -> None:
    people = everybody()
    scratch.use(scratch.copy("service"))
    counter = people.counters[0]
    worker = User.objects.get(pk=counter.worker)
    station = Station.objects.select_related("organisation").get(pk=counter.station_id)
    gift = Gift.objects.get(code=people.gifts[0])
    courier = Courier.objects.select_related("user").get(pk=people.couriers[0])

    def bare() -> None:
        year = clock.shanghai_day(clock.now()).year
        ledger.post(
            [
                Leg(ledger.courier_account(courier.pk), -gift.points),
                Leg(ledger.programme_account("gifts", year), gift.points),
            ],
            kind="bench", source=Source("bench", str(next(_source))), by=worker,
        )  # fmt: skip

    def whole() -> None:
        redeem(courier, gift, station=station, by=worker)

    timings: dict[str, list[float]] = {"posting function alone": [], "redeem, the whole service": []}
    for _ in range(ROUNDS):
        timings["posting function alone"].append(_seconds(bare))
        timings["redeem, the whole service"].append(_seconds(whole))
    base = timings["posting function alone"]
    tables.show(
        f"A redemption through its service (limits, ledger, redemption row, audit) beside the posting function alone, "
        f"one client without HTTP, {ROUNDS} rounds of {CALLS} calls in turn.",
        ["", "a second (median)", "time against posting alone"],
        [
            [name, f"{CALLS / statistics.median(seconds):,.0f}", f"{tables.ratio(seconds, base):.2f} ×"]
            for name, seconds in timings.items()
        ],
    )
    scratch.drop("service")


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        act()
    return time.perf_counter() - start
