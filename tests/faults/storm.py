"""Clients that redeem without a pause while something goes wrong, and the count of what came of it.

Every client stands for one courier and one worker's program: its own bearer token, its own ticket, a key of its own for
each hand-over. What has no answer, or one that says the service is in trouble, it repeats until somebody answers 201.
Each seventh answer never reaches it, as on a bad line, so repeats meet hand-overs that have happened.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event
from typing import Any, NamedTuple
from uuid import uuid4

from accounts.models import Courier
from accounts.services import tokens
from fengchao.core.models import IdempotencyKey
from fengchao.management.commands.verify import differences
from gifts.models import Redemption
from points.services import standing
from tests import factories
from tests.gifts.shop import Shop, give, on_hand, ticket
from tests.service import Service

LOST_ON_THE_WAY = 7  # of so many answers one
PATIENCE = 120.0  # seconds; a proof asks for less and says so
PAUSE = 0.1


class Done(NamedTuple):
    """A hand-over that the service acknowledged."""

    key: str
    number: str
    courier_id: int
    replayed: bool
    seconds: float  # from the first sending to the acknowledgement


@dataclass
class Client:
    """One courier at the counter again and again. With `same_key` off it does what it must not."""

    port: int
    courier: Courier
    token: str
    ticket: str
    same_key: bool = True
    done: list[Done] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unanswered: int = 0
    answers: count = field(default_factory=lambda: count(1))
    line: HTTPConnection | None = None

    def run(self, over: Event) -> None:
        while not over.is_set() and not self.refused:
            self.hand_over()
        self.hang_up()

    def hand_over(self) -> None:
        key, began = str(uuid4()), time.monotonic()
        while time.monotonic() < began + PATIENCE:
            status, body, replayed = self.send(key)
            if status == 201:
                seconds = time.monotonic() - began
                self.done.append(Done(key, body["number"], self.courier.pk, replayed, seconds))
                return
            if status and status < 500:
                self.refused.append(f"{status} {body}")
                return
            self.unanswered += 1
            time.sleep(PAUSE)
            key = key if self.same_key else str(uuid4())
        self.refused.append(f"no answer in {PATIENCE:.0f} s")

    def send(self, key: str) -> tuple[int, Any, bool]:
        """The answer, or status 0 when there was none."""
        headers = {
            "Authorization": f"Bearer {self.token}", "Idempotency-Key": key, "Content-Type": "application/json",
        }  # fmt: skip
        body = json.dumps({"ticket": self.ticket, "gift": "tissue", "station": "QK-001"})
        try:
            self.line = self.line or HTTPConnection("127.0.0.1", self.port, timeout=10)
            self.line.request("POST", "/api/v1/redemptions/", body, headers)
            answer = self.line.getresponse()
            said = json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            self.hang_up()
            return 0, None, False
        if next(self.answers) % LOST_ON_THE_WAY == 0:
            return 0, None, False
        return answer.status, said, answer.headers.get("Idempotency-Replayed") == "true"

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


@dataclass(frozen=True)
class Outcome:
    """What the clients were told beside what the books say."""

    acknowledged: int
    replayed: int
    unanswered: int
    slowest: float
    refused: list[str]
    lost: set[str]  # acknowledged, and not there
    doubled: set[str]  # there, and no client wanted it
    wrong: list[str]  # keys, balances, stock and invariants that are not as the clients' own count says

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.replayed} by a repeat, {self.unanswered} answers missing, "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, slowest {self.slowest:.1f} s"
        )


POINTS = 10_000_000


def clients(service: Service, shop: Shop, number: int, *, same_key: bool = True) -> list[Client]:
    """New couriers with points for more than they can have in a minute. Inside `service.database()`."""
    riders = [factories.courier() for _ in range(number)]
    for rider in riders:
        give(rider, POINTS)
    return [
        Client(
            service.port,
            rider,
            tokens.issue(shop.worker, staff=True)[1],
            ticket(replace(shop, courier=rider)),
            same_key,
        )
        for rider in riders
    ]


def storm(crowd: list[Client], script: Callable[[], None]) -> None:
    """All clients at once, until the script is over; what is open then is brought to its end."""
    over = Event()
    with ThreadPoolExecutor(len(crowd)) as pool:
        running = [pool.submit(client.run, over) for client in crowd]
        try:
            script()
        finally:
            over.set()
    for client in running:
        client.result()


def wait_for(crowd: list[Client], acknowledged: int) -> None:
    """Until so many hand-overs are acknowledged, however busy the machine is."""
    deadline = time.monotonic() + PATIENCE
    while sum(len(client.done) for client in crowd) < acknowledged:
        assert time.monotonic() < deadline
        assert not any(client.refused for client in crowd), [client.refused for client in crowd]
        time.sleep(0.02)


def outcome(crowd: list[Client], shop: Shop, *, stock_before: int) -> Outcome:
    """Inside `service.database()`."""
    done = [each for client in crowd for each in client.done]
    there = dict(Redemption.objects.filter(courier__in=[c.courier for c in crowd]).values_list("number", "courier_id"))
    told = Counter((each.number, each.courier_id) for each in done)  # one told as two is lost as well
    lost = {number for (number, courier), times in told.items() if there.get(number) != courier or times > 1}
    return Outcome(
        acknowledged=len(done),
        replayed=sum(each.replayed for each in done),
        unanswered=sum(client.unanswered for client in crowd),
        slowest=max((each.seconds for each in done), default=0.0),
        refused=[refusal for client in crowd for refusal in client.refused],
        lost=lost,
        doubled=set(there) - {each.number for each in done},
        wrong=[*wrong_keys(done, shop), *wrong_books(crowd, shop, stock_before)],
    )


def wrong_keys(done: list[Done], shop: Shop) -> list[str]:
    """Each acknowledged key holds its own answer."""
    kept = dict(IdempotencyKey.objects.filter(user_id=shop.worker.pk).values_list("value", "body"))
    answers = {key: json.loads(body)["number"] for key, body in kept.items() if body}
    return [f"key {each.key}" for each in done if answers.get(each.key) != each.number]


def wrong_books(crowd: list[Client], shop: Shop, stock_before: int) -> list[str]:
    """What the clients' own count says, against balances and stock; and everything that `verify` finds."""
    wrong = [str(difference) for difference in differences()]
    for client in crowd:
        expected, found = POINTS - 1000 * len(client.done), standing(client.courier).available
        if expected != found:
            wrong.append(f"courier {client.courier.pk}: {found} points, not {expected}")
    expected, found = stock_before - sum(len(client.done) for client in crowd), on_hand(shop)
    if expected != found:
        wrong.append(f"stock: {found} pieces, not {expected}")
    return wrong
