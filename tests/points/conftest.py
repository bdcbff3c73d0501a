"""People and accounts for the books."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

import pytest
from django.db import connection

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Posting, Source

T = TypeVar("T")
numbers = count(1)


def new_user(name: str = "王小明") -> User:
    return User.objects.create_with_phone(f"139{next(numbers):08}", name=name)


def new_courier(street: Organisation | None = None, name: str = "何小蜂") -> Courier:
    moment = clock.now()
    return Courier.objects.create(
        user=new_user(name), street=street, registered_at=moment, consent_version="1", consent_at=moment
    )


def new_clerk(organisation: Organisation, role: Role = Role.STREET_ADMIN) -> User:
    user = new_user("李办事")
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def give(courier: Courier, points: int, *, at: datetime | None = None) -> Posting:
    """Points out of nowhere, past every rule but the ledger's."""
    year = clock.shanghai_day(at or clock.now()).year
    return ledger.post(
        [
            Leg(ledger.programme_account("manual", year), -points),
            Leg(ledger.courier_account(courier.pk), points),
        ],
        kind="gift_of_the_test",
        source=Source("test", str(next(numbers))),
        by=None,
        at=at,
    )


def spend(courier: Courier, points: int, *, at: datetime | None = None, overdraft: bool = False) -> Posting:
    year = clock.shanghai_day(at or clock.now()).year
    return ledger.post(
        [
            Leg(ledger.programme_account("gifts", year), points),
            Leg(ledger.courier_account(courier.pk), -points),
        ],
        kind="spent_by_the_test",
        source=Source("test", str(next(numbers))),
        by=None,
        at=at,
        overdraft=overdraft,
    )


def in_parallel(act: Callable[[int], T], times: int, *, threads: int = 16) -> list[T | Exception]:
    """`act(0)` … `act(times - 1)` on real connections, many at once; an exception stands where an answer would."""
    answers: list[Any] = [None] * times
    left = iter(range(times))
    taking = threading.Lock()

    def work() -> None:
        try:
            while True:
                with taking:
                    number = next(left, None)
                if number is None:
                    return
                try:
                    answers[number] = act(number)
                except Exception as error:
                    answers[number] = error
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return answers


def new_organisation(name: str, kind: str, above: Organisation | None = None) -> Organisation:
    organisation = Organisation(name=name, kind=kind)
    if above is None:
        return Organisation.objects.add_root(instance=organisation)
    above.refresh_from_db()
    return Organisation.objects.add_child(above, instance=organisation)


@pytest.fixture
def district(db: None) -> Organisation:
    return new_organisation("硚口区", Organisation.Kind.DISTRICT)


@pytest.fixture
def street(district: Organisation) -> Organisation:
    return new_organisation("古田街道", Organisation.Kind.STREET, district)


@pytest.fixture
def other_street(district: Organisation) -> Organisation:
    return new_organisation("韩家墩街道", Organisation.Kind.STREET, district)


@pytest.fixture
def courier(street: Organisation) -> Courier:
    return new_courier(street)


@pytest.fixture
def clerk(street: Organisation) -> User:
    return new_clerk(street)


@pytest.fixture(autouse=True)
def fresh_account_numbers() -> Iterator[Any]:
    """A rolled-back or emptied database has no accounts, so none may be remembered."""
    ledger.forget_accounts()
    yield
    ledger.forget_accounts()
