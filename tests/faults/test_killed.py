"""Killed without warning, under load: nothing that was acknowledged is lost, nothing happens twice.

The kernel keeps what a killed process has written, so this is about the order of commits, not about the disk.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from fengchao import embedded
from gifts.services import receive, redeem
from tests.faults.storm import Client, Outcome, clients, outcome, storm, wait_for
from tests.gifts.shop import Shop, on_hand, open_shop
from tests.service import Parts, Service

pytestmark = pytest.mark.django_db(transaction=True)  # the tests' database is what the service begins with
Script = Callable[[list[Client]], None]


@dataclass
class Counter:
    """A running service and the shop in it."""

    service: Service
    shop: Shop

    def weather(self, people: int, script: Script, *, same_key: bool = True) -> Outcome:
        with self.service.database():
            crowd = clients(self.service, self.shop, people, same_key=same_key)
            before = on_hand(self.shop)
        storm(crowd, partial(script, crowd))
        with self.service.database():
            return outcome(crowd, self.shop, stock_before=before)


KEYS = {"SECRET_KEY": settings.SECRET_KEY, "FIELD_KEYS": ",".join(settings.FIELD_KEYS)}


@contextmanager
def opened(service: Service) -> Iterator[Counter]:
    try:
        service.wait_until_ready()
        with service.database():
            assert [shown(name) for name in ("fsync", "full_page_writes", "synchronous_commit")] == ["on"] * 3
            shop = open_shop(pieces=10_000)
            receive(shop.gift, shop.station, quantity=10_000, by=shop.worker)
            redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)  # opens the year's accounts
        yield Counter(service, shop)
    finally:
        service.end()
        embedded.stop(service.data)


@pytest.fixture(scope="module")
def counter(
    tmp_path_factory: pytest.TempPathFactory, static: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Counter]:
    with django_db_blocker.unblock(), opened(Parts(tmp_path_factory.mktemp("killed"), static, **KEYS)) as counter:
        yield counter


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


def configured(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"ALTER SYSTEM {statement}")
        cursor.execute("SELECT pg_reload_conf()")


def assert_nothing_lost_or_doubled(found: Outcome, *, at_least: int, usable_within: float) -> None:
    assert (found.refused, found.lost, found.doubled, found.wrong) == ([], set(), set(), []), str(found)
    assert found.acknowledged >= at_least, str(found)
    assert found.replayed > 0, str(found)
    assert found.slowest <= usable_within, str(found)


def test_killed_once_each_under_eight_clients(counter: Counter) -> None:
    def script(crowd: list[Client]) -> None:
        wait_for(crowd, 25)
        counter.service.kill_web_worker()
        wait_for(crowd, 50)
        counter.service.kill_database()
        wait_for(crowd, 100)

    # Other tests run beside this one; the long form holds to ten.
    assert_nothing_lost_or_doubled(counter.weather(8, script), at_least=100, usable_within=60.0)


@pytest.mark.slow
def test_a_minute_of_killing_under_thirty_two_clients(
    tmp_path: Path, static: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    """One of four every two seconds; on a machine too busy to load them that fast, as soon as another one serves."""
    with django_db_blocker.unblock(), opened(Service(tmp_path, static, "--workers", "4", **KEYS)) as counter:
        service = counter.service

        def script(crowd: list[Client]) -> None:
            for turn in range(1, 31):
                time.sleep(2.0)
                service.kill_web_worker(leave=1)
                if turn in (7, 15, 23):
                    service.kill_database()

        # Ten seconds where nothing else runs; where a worker takes longer than that to load, nobody can be quicker.
        patience = max(10.0, 4 * service.seconds_to_load())
        assert_nothing_lost_or_doubled(counter.weather(32, script), at_least=500, usable_within=patience)
        assert service.process.poll() is None


def test_control_a_new_key_for_a_lost_answer_doubles(counter: Counter) -> None:
    found = counter.weather(8, partial(wait_for, acknowledged=50), same_key=False)
    assert (found.lost, found.refused) == (set(), [])
    assert len(found.doubled) > 0
    assert any("stock" in each for each in found.wrong)


def test_control_acknowledged_before_it_is_kept_is_lost(counter: Counter) -> None:
    def script(crowd: list[Client]) -> None:
        with counter.service.database():
            configured(
                "SET synchronous_commit = off", "SET wal_writer_delay = '10s'", "SET wal_writer_flush_after = '1GB'"
            )
        wait_for(crowd, 60)
        counter.service.kill_database()
        wait_for(crowd, 80)

    try:
        found = counter.weather(8, script)
    finally:
        with counter.service.database():
            configured("RESET ALL")
    assert found.refused == []
    assert len(found.lost) > 0
    assert {each.split()[0] for each in found.wrong} == {"key", "courier", "stock:"}
