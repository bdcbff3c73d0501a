"""Parameters that mean harm get a 400 that names them, in the form that was asked for; never a 500, never a page."""

import json
from xml.etree import ElementTree

import pytest
from django.db import OperationalError
from django.test import Client

from reports.open311 import views
from tests.reports.open311.conftest import LITTER, Partner

pytestmark = pytest.mark.django_db

BAD = [
    "status=gone", "status=open,gone", "start_date=yesterday", "start_date=2026-13-01", "end_date=0001-01-01",
    "end_date=9999-12-31T23:59:59Z", "start_date=2026-11-20&end_date=2026-11-19", "updated_after=1e9",
    "updated_before=2026-11-20T25:00:00", "page=0", "page=-1", "page=1.5", "page=%EF%BC%91", "page=99999999999999",
    "page=1000001", "page_size=0", "page_size=1001", "page_size=all", "page=1&page=2", "extensions=perhaps",
    "service_code=a%00b", "status=%00", "service_request_id=%EF%BF%BD", "status=%ff", "jurisdiction_id=%1b",
    "service_code=a%C2%85b", f"service_request_id={'P' * 9000}", f"service_request_id={','.join('P' * 501)}",
    "start_date=2026-11-20T00:00:00%2B99:99", "start_date=20261120", "start_date=2026-W48", "end_date=2026-11-20T8",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD, ids=[query[:40] for query in BAD])
def test_a_bad_parameter_is_a_400(partner: Partner, query: str) -> None:
    as_json = partner.client.get(f"/open311/v2/requests.json?{query}")
    assert (as_json.status_code, as_json["Content-Type"]) == (400, "application/json; charset=utf-8")
    (error,) = json.loads(as_json.content)
    assert (error["code"], bool(error["description"])) == (400, True)
    as_xml = partner.client.get(f"/open311/v2/requests.xml?{query}")
    assert (as_xml.status_code, as_xml["Content-Type"]) == (400, "text/xml; charset=utf-8")
    assert ElementTree.fromstring(as_xml.content).findtext("error/description") == error["description"]


@pytest.mark.parametrize("query", ["", "status=", "page=&page_size=", "start_date=%20", "unknown=%27%3B--", "status=,"])
def test_what_is_empty_or_unknown_is_absent(partner: Partner, query: str) -> None:
    assert partner.client.get(f"/open311/v2/requests.json?{query}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "requests.html", "requests", "requests.json/", "requests/.json", "requests/a/b.json", "services/%00.json",
        "requests/<script>.json", "tokens/' OR 1=1--.xml", "requests/%F0%9F%90%9D.xml", "v1/services.json", "",
        "nothing",        "requests/..%2f..%2fetc.json",
    ],
)  # fmt: skip
def test_no_address_outside_is_a_page(partner: Partner, path: str) -> None:
    answer = partner.client.get(f"/open311/v2/{path}")
    assert answer.status_code == (400 if "%00" in path else 404)
    if path.endswith(".xml"):
        assert ElementTree.fromstring(answer.content).findtext("error/code") == "404"
    else:
        assert json.loads(answer.content)[0]["code"] == answer.status_code


def test_other_methods_say_which_there_are(partner: Partner) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = partner.client.generic(method, "/open311/v2/requests.json")
        assert (answer.status_code, answer["Allow"], answer.json()[0]["code"]) == (405, "GET, POST, HEAD, OPTIONS", 405)
    assert partner.client.post("/open311/v2/services.json").status_code == 405
    assert partner.client.head("/open311/v2/services.json").status_code == 200


def test_a_browser_may_ask_first(partner: Partner) -> None:
    answer = partner.client.options("/open311/v2/requests.json", headers={"Origin": "https://example.org"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Idempotency-Key" in answer["Access-Control-Allow-Headers"]


def test_a_session_and_its_token_play_no_part(partner: Partner) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/open311/v2/requests.json", {"api_key": partner.text, **LITTER}).status_code == 200


def test_a_database_that_is_down_is_said_in_our_words(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(views, "_offered", down)
    answer = partner.client.get("/open311/v2/services.xml")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert ElementTree.fromstring(answer.content).findtext("error/code") == "503"
