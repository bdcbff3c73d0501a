"""A process that dies at a chosen step of a request, and what it leaves in the database.

A step is a moment before or after one statement that goes to the database, COMMIT included. The request is made by a
child of this process on a connection of its own; `os._exit` lets nothing clean up, as a kill would not.
"""

import os
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Value
from typing import Any, NamedTuple
from uuid import uuid4

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections
from rest_framework.test import APIClient

from fengchao.core.models import Counter as Tries
from gifts.models import Redemption
from points import ledger
from points.models import Balance
from tests.gifts.shop import Shop, api, differences

FINISHED, DIED, BROKEN = 0, 1, 2


class Request(NamedTuple):
    path: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Act:
    """Something a worker does over the API. `prepare` sets the stage for one more of it and says what he sends."""

    name: str
    prepare: Callable[[Shop], Request]


class Steps:
    """Counts the moments passed, also for the parent, and dies at the one chosen; 0 is never."""

    def __init__(self, last: int) -> None:
        self.last, self.passed = last, Value("i")

    def moment(self) -> None:
        self.passed.value += 1
        if self.passed.value == self.last:
            os._exit(DIED)

    def statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.moment()
        result = execute(sql, params, many, context)
        self.moment()
        return result

    def count_commits(self) -> None:
        """COMMIT goes past the wrapper of statements."""
        commit = connection._commit

        def counted() -> None:
            self.moment()
            commit()
            self.moment()

        connection._commit = counted


def in_a_child(client: APIClient, request: Request, key: str, *, last_step: int = 0) -> int:
    """Make the request in a child that dies at `last_step`, or with 0 finishes with a 2xx; how many steps it passed."""
    steps = Steps(last_step)
    child = os.fork()
    if child == 0:
        try:
            connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)  # not on its parent's line
            ledger.forget_accounts()  # a new worker has looked nothing up
            steps.count_commits()
            with connection.execute_wrapper(steps.statement):
                status = send(client, request, key)[0]
            os._exit(FINISHED if 200 <= status < 300 else BROKEN)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(BROKEN)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (DIED if last_step else FINISHED)
    return int(steps.passed.value)


def send(client: APIClient, request: Request, key: str) -> tuple[int, Any, bool]:
    answer = client.post(request.path, request.body, headers={"Idempotency-Key": key}, format="json")
    return answer.status_code, answer.json(), "Idempotency-Replayed" in answer.headers


class Picture(NamedTuple):
    """The rows of every table, and the sums that a request changes in place."""

    rows: Counter[str]
    sums: Counter[str]

    def since(self, before: "Picture") -> "Picture":
        return Picture(minus(self.rows, before.rows), minus(self.sums, before.sums))


NOTHING = Picture(Counter(), Counter())


def minus(after: Counter[str], before: Counter[str]) -> Counter[str]:
    after = Counter(after)
    after.subtract(before)
    return Counter({name: number for name, number in after.items() if number})


def picture() -> Picture:
    sums: Counter[str] = Counter()
    for kind, posted, held in Balance.objects.values_list("account__kind", "posted", "held"):
        sums[f"{kind} posted"] += posted
        sums[f"{kind} held"] += held
    sums.update(f"redemption {state}" for state in Redemption.objects.values_list("state", flat=True))
    # A try is counted before it is made, whatever becomes of it.
    models = (model for model in apps.get_models() if model is not Tries)
    rows = {model._meta.label_lower: model._base_manager.count() for model in models}
    return Picture(Counter(rows), sums)


@dataclass
class Findings:
    """What dying at each step in turn came to."""

    steps: int = 0
    nothing: int = 0  # died before the effect
    whole: int = 0  # died after it
    half: list[str] = field(default_factory=list)
    not_once: list[str] = field(default_factory=list)  # the repeat had another effect than one in all

    def count(self, step: int, left: Picture, effect: Picture) -> None:
        self.steps += 1
        self.nothing += left == NOTHING
        self.whole += left == effect
        wrong = [str(difference) for difference in differences()]
        if left not in (NOTHING, effect) or wrong:
            self.half.append(f"step {step}: {left} {wrong}")


def die_at_each_step(act: Act, shop: Shop, *, every: int = 1, same_key: bool = True) -> Findings:
    """A request for each step there is that dies there, and then its repeat: with another key when `same_key` is off.

    Of every so many steps one is taken, and always the two around COMMIT, which are the last.
    """
    client = api(shop.worker)
    client.raise_request_exception = False
    in_a_child(client, act.prepare(shop), str(uuid4()))  # the first of a year opens accounts for all
    request, before = act.prepare(shop), picture()
    steps = in_a_child(client, request, str(uuid4()))
    effect = picture().since(before)
    found = Findings()
    for step in sorted({*range(1, steps, every), steps - 1, steps}):
        request, before, key = act.prepare(shop), picture(), str(uuid4())
        in_a_child(client, request, key, last_step=step)
        left = picture().since(before)
        found.count(step, left, effect)
        status, body, replayed = send(client, request, key if same_key else str(uuid4()))
        came_to = picture().since(before)
        if not (200 <= status < 300 and came_to == effect and replayed == (left == effect)):
            found.not_once.append(f"step {step}: {status} {body} {came_to}")
    return found
