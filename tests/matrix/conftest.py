"""One world for the whole package, in a transaction that is never committed; each test works in a savepoint of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from tests.matrix import world as builder
from tests.matrix.world import World


@pytest.fixture(scope="package")
def whole_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    media = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = Path(tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), transaction.atomic():
        yield builder.build()
        transaction.set_rollback(True)
    settings.MEDIA_ROOT = media


@pytest.fixture
def world(whole_world: World, db: None) -> World:
    """`db` is the savepoint."""
    return whole_world
