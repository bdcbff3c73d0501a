"""A privacy notice published after everybody has agreed to the one before."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts import privacy


def publish_notice(monkeypatch: pytest.MonkeyPatch, settings: Any, folder: Path, version: str, words: str) -> None:
    """For the rest of the test it is the one that holds."""
    text = folder / "accounts" / "privacy" / f"{version}.html"
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(f"<p>{words}</p>")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [folder, *engine["DIRS"]]}]
    newest = privacy.PrivacyNotice(version, date(2027, 1, 5), "")
    monkeypatch.setattr(privacy, "NOTICES", (*privacy.NOTICES, newest))
    settings.PRIVACY_NOTICE_VERSION = version
