from pathlib import Path
from typing import Any

import pytest

from tests.factories.wishes import WishScene, wish_scene


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scene(db: None) -> WishScene:
    return wish_scene()
