from pathlib import Path
from typing import Any

import pytest

from tests.factories.activities import ActivityScene, activity_scene
from tests.factories.care import CareScene, care_scene


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scene(db: None) -> ActivityScene:
    return activity_scene()


@pytest.fixture
def care(db: None) -> CareScene:
    return care_scene()
