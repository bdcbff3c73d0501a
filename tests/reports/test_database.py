"""What the database itself refuses, however it is asked."""

import pytest
from django.db import DatabaseError, connection, transaction

from reports import services
from reports.states import ReportState
from tests.factories.reports import ReportScene

pytestmark = pytest.mark.django_db

RATE = "INSERT INTO reports_feedback (report_id, stars, text, at) SELECT id, {stars}, '', filed_at FROM reports_report"
REFUSED = {
    "of a courier and of a partner": "UPDATE reports_report SET api_key_id = (SELECT id FROM reports_apikey)",
    "a picture elsewhere of a courier": "UPDATE reports_report SET media_url = 'https://example.org/a.jpg'",
    "a key deleted": "DELETE FROM reports_apikey",
    "a key that is another": "UPDATE reports_apikey SET digest = 'x'",
    "a key in use again": "UPDATE reports_apikey SET revoked_at = NULL",
    "a key revoked at another time": "UPDATE reports_apikey SET revoked_at = revoked_at + interval '1 day'",
    "a key of nobody": "UPDATE reports_apikey SET partner = ''",
    "a key without end": "UPDATE reports_apikey SET per_day = 0",
    "a state that is none": "UPDATE reports_report SET state = 'gone'",
    "assigned to nobody": "UPDATE reports_report SET assigned_to_id = NULL",
    "done without its time": "UPDATE reports_report SET resolved_at = NULL",
    "half a deadline": "UPDATE reports_report SET long_due_on = NULL",
    "half a position": "UPDATE reports_report SET lat = NULL",
    "a position outside China": "UPDATE reports_report SET lat = 'NaN'",
    "a refusal without a reason": "UPDATE reports_report SET state = 'rejected'",
    "a duplicate of itself": "UPDATE reports_report SET state = 'rejected', reject_reason = 'duplicate', "
    "duplicate_of_id = id",
    "a question without what was before": "UPDATE reports_report SET state = 'waiting_for_reporter'",
    "a report deleted": "DELETE FROM reports_report",
    "a step changed": "UPDATE reports_step SET move = 'accept'",
    "a step's words changed": "UPDATE reports_step SET text = 'x'",
    "staff's words erased": "UPDATE reports_step SET text = '' WHERE text <> '' AND party <> 'reporter'",
    "a step deleted": "DELETE FROM reports_step",
    "two live assignments": "INSERT INTO reports_assignment (report_id, organisation_id, at, due_on) "
    "SELECT report_id, organisation_id, at, due_on FROM reports_assignment",
    "an assignment moved": "UPDATE reports_assignment SET organisation_id = organisation_id + 1",
    "six stars": RATE.format(stars=6),
    "a secret category without a unit": "UPDATE reports_category SET is_confidential = true, handler_id = NULL",
    "no days": "UPDATE reports_category SET deadline_days = 0",
}
ALLOWED = {
    "a place corrected": "UPDATE reports_report SET place = '东门'",
    "an assignment ended": "UPDATE reports_assignment SET ended_at = at",
    "the reporter's words erased": "UPDATE reports_step SET text = '' WHERE party = 'reporter'",
    "a key renamed": "UPDATE reports_apikey SET partner = '市民通', per_day = 10",
    "five stars": RATE.format(stars=5),
}


@pytest.fixture
def scene(scene: ReportScene) -> ReportScene:
    """With a key that has been revoked."""
    services.revoke_key(services.make_key(partner="市民通", by=scene.chief)[0], by=scene.chief)
    return scene


@pytest.mark.parametrize("name", REFUSED)
def test_refused(scene: ReportScene, name: str) -> None:
    scene.in_state(ReportState.RESOLVED)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", ALLOWED)
def test_the_same_kind_of_statement_passes_where_it_may(scene: ReportScene, name: str) -> None:
    scene.in_state(ReportState.RESOLVED)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALLOWED[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert cursor.rowcount != 0
