from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from accounts.models import User


@pytest.fixture
def probe(settings: Any) -> None:
    """The addresses of tests/core/urls.py instead of the platform's."""
    settings.ROOT_URLCONF = "tests.core.urls"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create(name="何小蜂")


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create(name="石头")


@pytest.fixture
def api(probe: None, user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


@pytest.fixture
def anonymous(probe: None) -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def database_down(transactional_db: None) -> Iterator[None]:
    """The server's address leads nowhere: every new connection of this process fails as with a server that is down."""
    connection.close()
    host = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    yield
    connection.close()
    connection.settings_dict["HOST"] = host


def in_parallel(times: int, act: Callable[[int], Any], *, threads: int = 8) -> list[Any]:
    """`act(0)`, `act(1)`, … each on a connection of its thread; what it raises is a result too."""

    def one(number: int) -> Any:
        try:
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(times)))
