"""`manage.py verify` finds every planted fault of a report, and nothing where there is none."""

import pytest
from django.db import connection

from fengchao.management.commands.verify import differences
from reports import services
from reports.models import Report
from reports.states import ReportState
from reports.verify import _CHECKS, checks
from tests.factories import courier
from tests.factories.reports import WAYS, ReportScene
from tests.points.test_verify import without_triggers

pytestmark = pytest.mark.django_db
S = ReportState

THIS = "(SELECT id FROM reports_report WHERE number = '{number}')"
FAULTS: dict[str, tuple[ReportState, str]] = {
    "report_begins_with_its_filing": (S.SUBMITTED, f"UPDATE reports_step SET party = 'staff' WHERE report_id = {THIS}"),
    "report_is_where_its_last_step_left_it": (
        S.SUBMITTED, "UPDATE reports_report SET state = 'accepted' WHERE number = '{number}'",
    ),
    "step_is_a_move_of_the_table": (
        S.RESOLVED, f"UPDATE reports_step SET move = 'accept' WHERE move = 'start' AND report_id = {THIS}",
    ),
    "report_asked_remembers_its_state": (
        S.WAITING_FOR_REPORTER, "UPDATE reports_report SET state_before = 'in_progress' WHERE number = '{number}'",
    ),
    "report_is_with_whom_it_was_assigned_to": (
        S.ASSIGNED, "UPDATE reports_report SET due_on = due_on - 1 WHERE number = '{number}'",
    ),
    "assignment_gives_time_after_its_day": (
        S.ASSIGNED, f"UPDATE reports_assignment SET due_on = '2020-01-01' WHERE report_id = {THIS}",
    ),
    "report_done_is_as_its_step_says": (
        S.RESOLVED, "UPDATE reports_report SET resolved_at = now() - interval '1 year' WHERE number = '{number}'",
    ),
    "report_once_only_is_as_its_steps_say": (
        S.APPEALED, "UPDATE reports_report SET was_appealed = FALSE WHERE number = '{number}'",
    ),
    "points_of_a_report_have_their_report": (
        S.ACCEPTED, "UPDATE points_transfer SET source_key = 'PNOWHERE' WHERE source_key = '{number}'",
    ),
    "points_of_a_report_are_its_reporters": (
        S.ACCEPTED, "UPDATE reports_report SET courier_id = {other} WHERE number = '{number}'",
    ),
    "points_of_a_report_stand_in_its_round": (
        S.ACCEPTED, "UPDATE points_transfer SET source_round = 3 WHERE source_key = '{number}'",
    ),
    "report_lost_what_each_round_before_earned": (
        S.REJECTED, "UPDATE reports_report SET round = 1 WHERE number = '{number}'",
    ),
    "points_of_a_report_have_their_step": (
        S.ACCEPTED, "UPDATE points_transfer SET kind = 'report_resolved' WHERE source_key = '{number}'",
    ),
    "false_report_keeps_no_points": (S.ACCEPTED, "UPDATE reports_report SET state = 'rejected',"
                                                 " reject_reason = 'not_true' WHERE number = '{number}'"),
}  # fmt: skip


def test_every_check_has_its_fault() -> None:
    assert set(FAULTS) == set(_CHECKS)


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found(scene: ReportScene, check: str) -> None:
    state, fault = FAULTS[check]
    report, _ = scene.in_state(state), scene.in_state(S.RESOLVED)
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(fault.format(number=report.number, other=courier().pk))
    found = {difference.check: difference.subject for difference in checks()}
    assert check in found
    assert report.number in found[check] or found[check].startswith("transfer")


def test_whatever_can_happen_to_a_report_is_in_order(scene: ReportScene) -> None:
    for state in [*WAYS, S.CLOSED]:
        scene.in_state(state)
    report = scene.make(scene.make(scene.in_state(S.RESOLVED), "disprove"), "appeal")
    for move in ("accept", "assign", "start", "ask", "answer", "resolve", "reopen", "return"):
        report = scene.make(report, move)
    services.change_category(report, category=scene.scam, by=scene.street)
    first, second = scene.filed(), scene.filed()
    second = services.reject(second, reason="duplicate", text="报过", by=scene.street, duplicate_of=first, adds=True)
    scene.make(scene.make(second, "appeal"), "accept")
    foreign = scene.in_state(S.ACCEPTED)
    services.reject(foreign, reason="not_ours", text="请向江汉区反映", by=scene.street)
    asked = scene.make(scene.make(scene.in_state(S.ACCEPTED), "ask"), "answer")
    services.ask(services.assign(asked, organisation=scene.city_unit, by=scene.street), text="?", by=scene.unit)
    assert Report.objects.count() == 14
    assert list(checks()) == []


@pytest.mark.django_db(transaction=True)
def test_the_command_looks_at_reports(scene: ReportScene) -> None:
    report = scene.in_state(S.ACCEPTED)
    assert differences() == []
    Report.objects.filter(pk=report.pk).update(round=1)
    assert {difference.check for difference in differences()} == {
        "points_of_a_report_stand_in_its_round",
        "report_lost_what_each_round_before_earned",
    }
