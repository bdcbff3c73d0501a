from pathlib import Path
from typing import Any

import pytest

from tests.factories.reports import ReportScene, report_scene


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scene(db: None) -> ReportScene:
    return report_scene()
