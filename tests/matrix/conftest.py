"""One world for the whole package, in a transaction that is never committed; each test works in a savepoint of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.matrix import world as builder
from tests.matrix.world import World


@pytest.fixture(scope="package")
def whole_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Passwords are hashed quickly and stay proved all day: this is about doors, not about locks."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    media = str(tmp_path_factory.mktemp("media"))
    about = {"MEDIA_ROOT": media, "PASSWORD_HASHERS": quick, "ACCOUNT_REAUTHENTICATION_TIMEOUT": 86_400}
    with override_settings(**about), django_db_blocker.unblock(), transaction.atomic():
        yield builder.build()
        transaction.set_rollback(True)


@pytest.fixture
def world(whole_world: World, db: None) -> World:
    """`db` is the savepoint."""
    return whole_world
