"""Requests that a generator makes of the API's own description: no 5xx, and problems as problem documents."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from accounts.roles import Role
from fengchao.wsgi import application
from tests.matrix.world import COURIER, World

pytestmark = pytest.mark.django_db
LONG_RUN = 20_000


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """A server takes a transaction that is still open for a fault and drops the connection; here it is the world's."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations() -> Iterator[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    for result in schema.get_all_operations():
        yield result.ok()


def run(world: World, operation: Any, *, examples: int, random: bool) -> int:
    """Send generated requests, half of them wrong by design, as a courier and as staff; how many."""
    sent = 0
    tokens = [world.actors[name].token for name in (COURIER, Role.STREET_ADMIN)]

    def check(case: Any) -> None:
        nonlocal sent
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {tokens[sent % 2]}"})
            transaction.set_rollback(True)
        sent += 1
        assert response.status_code < 500, case.as_curl_command()
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"], case.as_curl_command()

    for mode in GenerationMode:
        limited = settings(
            max_examples=examples, deadline=None, database=None, derandomize=not random, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        try:
            limited(given(operation.as_strategy(generation_mode=mode))(check))()
        except Unsatisfiable:  # who takes no parameter and knows no caller cannot be asked wrongly
            assert mode is GenerationMode.NEGATIVE
            assert not operation.definition.raw.get("parameters") and "requestBody" not in operation.definition.raw
    return sent


def test_generated_requests(world: World) -> None:
    found = [run(world, operation, examples=2, random=False) for operation in operations()]
    assert len(found) >= 20
    assert sum(found) >= 150


@pytest.mark.slow
def test_many_generated_requests(world: World) -> None:
    total, examples = 0, 60
    while total < LONG_RUN:
        for operation in operations():
            total += run(world, operation, examples=examples, random=True)
    assert total >= LONG_RUN
