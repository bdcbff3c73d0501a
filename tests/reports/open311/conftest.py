"""A partner with a key, and how a program without a session asks."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse
from django.test import Client

from reports import services
from reports.models import ApiKey, Category, Question
from reports.states import QuestionKind
from tests.factories.reports import HERE, ReportScene

BASE = "/open311/v2"
FORM = "application/x-www-form-urlencoded"
LITTER = {"service_code": "litter", "lat": str(HERE.lat), "long": str(HERE.lng), "description": "桶满了"}


@dataclass
class Partner:
    key: ApiKey
    text: str
    client: Client

    def get(self, path: str, status: int = 200, /, **parameters: str) -> Any:
        answer = self.client.get(f"{BASE}/{path}.json", parameters)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json; charset=utf-8"), (
            answer.content
        )
        return json.loads(answer.content)

    def xml(self, path: str, status: int = 200, /, **parameters: str) -> ElementTree.Element:
        answer = self.client.get(f"{BASE}/{path}.xml", parameters)
        assert (answer.status_code, answer["Content-Type"]) == (status, "text/xml; charset=utf-8"), answer.content
        return ElementTree.fromstring(answer.content)

    def send(self, form: dict[str, Any], *, form_of: str = "json", **headers: str) -> HttpResponse:
        """The form as it stands: lists are sent as one field several times."""
        body = urlencode(form, doseq=True)
        return self.client.post(f"{BASE}/requests.{form_of}", body, content_type=FORM, headers=headers)

    def post(self, status: int = 200, *, call: str = "", **form: Any) -> Any:
        """A report of litter but for what `form` says otherwise."""
        headers = {"Idempotency-Key": call} if call else {}
        answer = self.send({"api_key": self.text, **LITTER, **form}, **headers)
        assert answer.status_code == status, answer.content.decode()
        return json.loads(answer.content)

    def filed(self, **form: Any) -> str:
        number: str = self.post(**form)[0]["service_request_id"]
        return number


@pytest.fixture
def partner(scene: ReportScene) -> Partner:
    key, text = services.make_key(partner="市民通小程序", by=scene.chief)
    return Partner(key, text, Client(raise_request_exception=False))


@pytest.fixture
def asking(scene: ReportScene) -> Category:
    """A category with one question of every kind, one of them to be answered."""
    category = Category.objects.create(
        code="road", name="路面", parent=scene.litter.parent, hint="井盖松动", stop_notice="有人受伤请先打 120。"
    )
    options = {QuestionKind.SINGLE: ["会", "不会"], QuestionKind.MULTI: ["坑", "裂缝", "积水"]}
    for order, kind in enumerate(QuestionKind):
        Question.objects.create(
            category=category, code=f"q-{kind.name.lower()}", label=f"{kind.label}？", kind=kind,
            choices=options.get(kind, []), is_required=kind == QuestionKind.SINGLE, order=order,
        )  # fmt: skip
    return category
