"""A redemption through its service beside the bare posting function it ends in, one after the other in one run."""

import statistics
import time
from collections.abc import Callable
from itertools import count

from django.core.management import call_command

from accounts.models import Courier, Membership
from accounts.roles import Role
from fengchao.core import clock
from gifts.models import Gift
from gifts.services import receive, redeem
from points import ledger
from points.ledger import Leg, Source
from stations.models import Station

ROUNDS, CALLS = 5, 100
_source = count(1)


def prepare() -> None:
    call_command("migrate", verbosity=0)
    call_command("seed", "--profile", "eval", "--seed", "1", "--scale", "0.1", verbosity=0)


def run() -> None:
    worker = Membership.objects.filter(role=Role.COUNTER).select_related("user").order_by("pk")[0].user
    station = Station.objects.in_scope(worker).order_by("code")[0]
    gift = Gift.objects.order_by("points", "pk")[0]
    courier = Courier.objects.exclude(verified_at=None).exclude(user=worker).order_by("pk")[0]
    Gift.objects.filter(pk=gift.pk).update(monthly_limit=None)  # as many as the measurement likes
    gift.refresh_from_db()
    receive(gift, station, quantity=5000, by=worker)
    _pay(courier, gift.points * ROUNDS * CALLS * 2)

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
    base = statistics.median(timings["posting function alone"])
    print(f"| one client, {CALLS} calls × {ROUNDS} rounds, in turn | a second (median) | time against posting alone |")
    print("| --- | --- | --- |")
    for name, seconds in timings.items():
        median = statistics.median(seconds)
        print(f"| {name} | {CALLS / median:,.0f} | {median / base:.2f} × |")


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        act()
    return time.perf_counter() - start


def _pay(courier: Courier, points: int) -> None:
    year = clock.shanghai_day(clock.now()).year
    ledger.post(
        [Leg(ledger.programme_account("manual", year), -points), Leg(ledger.courier_account(courier.pk), points)],
        kind="bench", source=Source("bench-pay", "1"), by=None,
    )  # fmt: skip
