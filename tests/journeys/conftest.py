"""A small demonstration district behind a real server, and people who sign in as people do."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image
from pytest_django import Settings

from fengchao.core import clock
from points import ledger
from points.ledger import Leg, Source
from reports.models import Category, Question
from reports.states import QuestionKind
from tests.factories.reports import ReportScene, report_scene
from tests.keeping import Once

TISSUE = "手提纸"


@dataclass
class DemoDistrict:
    """What `seed --json` says, and the text messages sent since."""

    said: dict[str, Any]
    messages: Path

    def staff(self, role: str) -> dict[str, Any]:
        return next(person for person in self.said["staff"] if person["role"] == role)

    @property
    def tissue(self) -> str:
        return next(gift["code"] for gift in self.said["gifts"] if gift["points"] == 1000)

    def station_of(self, worker: dict[str, Any]) -> str:
        return next(s["code"] for s in self.said["stations"] if s["organisation"] == worker["organisation"])

    def last_code(self, phone: str) -> str:
        messages = [json.loads(line) for line in self.messages.read_text().splitlines()]
        return next(message["code"] for message in reversed(messages) if message["phone"] == phone)


@pytest.fixture(scope="session")
def once() -> Once:
    return Once()


@pytest.fixture
def demo(transactional_db: None, settings: Settings, tmp_path: Path, once: Once) -> DemoDistrict:
    settings.SMS_BACKEND, settings.SMS_FILE = "file", str(tmp_path / "sms.jsonl")
    settings.DATA_DIR = tmp_path
    said = once.get(clock.shanghai_day(clock.now()), seeded)  # of today, whatever day the run began
    return DemoDistrict(json.loads(said), tmp_path / "sms.jsonl")


def seeded() -> str:
    said = io.StringIO()
    call_command("seed", "--profile", "eval", "--seed", "7", "--scale", "0.02", "--json", stdout=said)
    return said.getvalue().splitlines()[-1]


def deed(courier_id: int, points: int) -> None:
    """Points of a good deed, as the app of that name will post them."""
    legs = [
        Leg(ledger.programme_account("deeds", clock.shanghai_day(clock.now()).year), -points),
        Leg(ledger.courier_account(courier_id), points),
    ]
    ledger.post(legs, kind="award", source=Source("deed", f"journey-{courier_id}"), by=None, title="用心做 · 社区清扫")


@pytest.fixture
def scene(transactional_db: None, settings: Settings, tmp_path: Path) -> ReportScene:
    settings.MEDIA_ROOT = tmp_path
    made = report_scene()
    Category.objects.filter(pk=made.litter.pk).update(stop_notice="着火请先拨打 119")
    Question.objects.create(category=made.litter, code="size", label="多大一堆", kind=QuestionKind.SINGLE,
                            choices=["一袋", "一车"], is_required=True)  # fmt: skip
    return made


@pytest.fixture
def picture_file(tmp_path: Path) -> Path:
    """Noise, so that it is as large as what a camera makes and goes up smaller."""
    path = tmp_path / "camera.jpg"
    Image.effect_noise((1800, 1400), 80).convert("RGB").save(path, "JPEG", quality=92)
    return path
