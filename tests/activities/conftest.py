from pathlib import Path
from typing import Any

import pytest

from tests.factories.activities import ActivityScene, activity_scene


@pytest.fixture
def scene(db: None, settings: Any, tmp_path: Path) -> ActivityScene:
    settings.MEDIA_ROOT = tmp_path
    return activity_scene()
