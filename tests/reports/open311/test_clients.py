"""Clients that nobody here wrote: `civicbot`, `georeport` and `chicagorequests`, against the service on a port."""

import json
from datetime import datetime
from typing import Any

import chicagorequests
import pytest
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client, ValidationError
from civicbot.registry import Endpoint
from click.testing import CliRunner
from georeport.georeport import GeoReport
from pytest_django.live_server_helper import LiveServer

from fengchao.core import clock
from reports import services
from reports.models import ApiKey, Category, Report
from tests.factories.reports import HERE, ReportScene, report_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(media: None) -> ReportScene:
    return report_scene()


@pytest.fixture
def key(scene: ReportScene) -> tuple[ApiKey, str]:
    return services.make_key(partner="市民通", by=scene.chief)


@pytest.fixture
def base(live_server: LiveServer) -> str:
    return f"{live_server.url}/open311/v2"


@pytest.fixture
def bot(base: str) -> Open311Client:
    endpoint = Endpoint("district", "district", base, write=True)
    return Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(0.0)))


def test_civicbot_reads(scene: ReportScene, bot: Open311Client) -> None:
    report = services.accept(scene.filed(), by=scene.street)
    scene.filed(category=scene.scam)
    assert [one["service_code"] for one in bot.list_services()] == ["litter"]
    assert bot.get_service_definition("litter")["service_code"] == "litter"
    assert [one["service_request_id"] for one in bot.list_requests(status="open", page_size=10)] == [report.number]
    assert bot.list_requests(service_request_ids=[report.number, "PNONE"])[0]["service_code"] == "litter"
    found = bot.get_request(report.number)
    assert found is not None
    assert (found["status"], found["lat"]) == ("open", HERE.lat)
    assert bot.get_token(report.number)[0]["service_request_id"] == report.number
    with pytest.raises(HttpError) as refused:
        bot.get_request("PNONE")
    assert (refused.value.status, json.loads(refused.value.body)[0]["code"]) == (404, 404)


def test_civicbot_files_after_asking_what_must_be_answered(
    scene: ReportScene, bot: Open311Client, key: tuple[ApiKey, str], asking: Category
) -> None:
    place = {"lat": HERE.lat, "lng": HERE.lng, "description": "路面有坑"}
    for answers in ({}, {"q-single": "也许"}, {"q-single": "会", "q-multi": ["坑", "洞"]}):
        with pytest.raises(ValidationError, match="q-"):
            bot.create_request("road", validate_remote=True, attributes=answers, api_key=key[1], **place)
    with pytest.raises(ValidationError, match="not offered"):
        bot.create_request("scam", validate_remote=True, api_key=key[1], **place)
    answers = {"q-single": "会", "q-multi": ["坑", "积水"], "q-number": 2}
    sent: dict[str, Any] = {"dry_run": False, "confirm": "SEND", "attributes": answers, **place}
    made = bot.create_request("road", validate_remote=True, api_key=key[1], **sent)
    report = Report.objects.get(number=made.response[0]["service_request_id"])
    assert report.answers == {"q-single": "会", "q-multi": ["坑", "积水"], "q-number": 2}
    assert (report.api_key, report.text) == (key[0], "路面有坑")
    with pytest.raises(HttpError) as refused:
        bot.create_request("road", api_key="wrong", **sent)
    assert refused.value.status == 403


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_both_forms(scene: ReportScene, base: str, asking: Category, form: str) -> None:
    report, other = scene.filed(), scene.filed()
    services.accept(report, by=scene.street)
    client = GeoReport(base, jurisdiction="qiaokou", output_format=form)
    assert [one["service_code"] for one in client.get_service_list()] == ["litter", "road"]
    definition = client.get_service_definition("road")
    attributes = definition["attributes"] if form == "json" else definition["attributes"]["attribute"]
    assert [one["code"] for one in attributes][-1] == "stop-notice"
    assert client.get_service_request(report.number)["description"] == "井盖松了"
    both = client.get_service_requests(status="open", service_code="litter", start_date="2026-01-01T00:00:00Z")
    assert {one["service_request_id"] for one in both} == {report.number, other.number}
    assert len(client.get_service_requests(service_request_id=f"{report.number},{other.number}")) == 2
    with pytest.raises(Exception, match="404"):
        client.get_service_request("PNONE")


def test_chicagorequests_pages_through_a_day(scene: ReportScene, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two full pages of its 200 and a rest, of one day of Chicago; what lies outside stays out."""
    at = datetime(2026, 11, 20, 9, tzinfo=clock.SHANGHAI)
    first = scene.filed(at=at)
    Report.objects.bulk_create(
        Report(
            number=f"PX{turn:05}", category=first.category, area=first.area, text="桶满", place="路口", happened_at=at,
            filed_at=at, expected_on=first.expected_on, updated_at=at,
        )
        for turn in range(449)
    )  # fmt: skip
    scene.filed(at=datetime(2026, 11, 22, 9, tzinfo=clock.SHANGHAI))
    monkeypatch.setattr(chicagorequests.Downloader, "BASE_URL", f"{base}/requests.json")
    ran = CliRunner().invoke(chicagorequests.main, ["-s", "2026-11-19", "-e", "2026-11-20"])
    assert ran.exit_code == 0, ran.output
    found = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len({one["service_request_id"] for one in found}) == 450
    assert all(one["notes"] is not None and one["extended_attributes"]["state"] == "submitted" for one in found)


def test_chicagorequests_follows_changes(scene: ReportScene, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chicagorequests.Downloader, "BASE_URL", f"{base}/requests.json")
    old = datetime(2026, 10, 1, 9, tzinfo=clock.SHANGHAI)
    report, _ = scene.filed(at=old), scene.filed(at=old)
    services.accept(report, by=scene.street, at=datetime(2026, 11, 20, 9, tzinfo=clock.SHANGHAI))
    get = chicagorequests.Downloader(["litter"], "2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00")
    found = get((datetime(2026, 10, 1, tzinfo=clock.SHANGHAI), datetime(2026, 10, 2, tzinfo=clock.SHANGHAI)))
    assert [(one["service_request_id"], one["status_notes"]) for one in found] == [(report.number, "已受理")]
