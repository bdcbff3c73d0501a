"""The statement leads to the report, and the report says what it earned."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from points import ledger
from points.ledger import Leg, Source
from reports import services
from reports.states import ReportState
from tests.factories import api_of, page_client
from tests.factories.reports import ReportScene

pytestmark = pytest.mark.django_db
S = ReportState


def test_an_entry_leads_to_its_report_and_back(scene: ReportScene) -> None:
    report = scene.in_state(S.RESOLVED)
    browser, api = page_client(scene.rider.user), api_of(scene.rider.user)
    page = browser.get("/points/").content.decode()
    assert page.count(f'href="/reports/{report.number}/"') == 2
    assert browser.get(f"/reports/{report.number}/").status_code == 200
    entries = api.get("me/entries/")["results"]
    assert [(entry["points"], entry["source"]) for entry in entries] == [
        (60, {"kind": "report", "key": report.number}),
        (10, {"kind": "report", "key": report.number}),
    ]
    assert api.get(f"reports/{entries[0]['source']['key']}/")["points"] == 70
    scene.make(report, "disprove")
    assert services.earned([report]) == {report.number: 0}
    assert browser.get("/points/").content.decode().count(f'href="/reports/{report.number}/"') == 4


def test_what_is_not_his_or_not_there_is_no_link(scene: ReportScene) -> None:
    legs = [Leg(ledger.programme_account("reports", 2026), -5), Leg(ledger.courier_account(scene.rider.pk), 5)]
    ledger.post(legs, kind="report_accepted", source=Source("report", "demo-0000001"), by=None, title="垃圾")
    page = page_client(scene.rider.user).get("/points/").content.decode()
    assert ("垃圾" in page, "/reports/demo" in page) == (True, False)


def test_the_links_of_a_page_cost_one_query(scene: ReportScene) -> None:
    browser = page_client(scene.rider.user)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get("/points/")
        return len(seen)

    scene.in_state(S.ACCEPTED)
    first = cost()
    for _ in range(3):
        scene.in_state(S.RESOLVED)
    assert cost() == first
