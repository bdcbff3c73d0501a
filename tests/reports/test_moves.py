"""The table of moves, walked move by move: who may make which from where, and what is refused."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from fengchao.core import clock
from fengchao.core.errors import NotThere, RuleBroken
from fengchao.core.models import AuditLog, Notice
from points.services import standing
from reports import rules, services
from reports.models import Assignment, Report
from reports.problems import AlreadyOnce, MayNot, SamePerson, SelfDealing, TooLate, WrongState
from reports.states import MOVES, ReportState
from tests.factories.reports import WAYS, ReportScene

pytestmark = pytest.mark.django_db
S = ReportState

STAFF = ("street", "second", "chief")
OWNERS = {
    "accept": STAFF, "reject": STAFF, "assign": STAFF, "disprove": STAFF, "ask": (*STAFF, "unit"), "return": ("unit",),
    "start": ("unit",), "resolve": ("unit",), "answer": ("rider",), "appeal": ("rider",), "reopen": ("rider", *STAFF),
}  # fmt: skip
PEOPLE = ("rider", "street", "second", "chief", "unit", "police", "elsewhere")


def person(scene: ReportScene, who: str) -> User:
    return scene.rider.user if who == "rider" else getattr(scene, who)


def outcome(scene: ReportScene, report: Report, move: str, by: User) -> str:
    try:
        return scene.make(report, move, by=by).state
    except RuleBroken as refusal:
        return refusal.code


def expected(state: ReportState, move: str, who: str, *, with_unit: bool) -> str:
    """What domain.md says, worked out apart from the code under test."""
    if who in ("police", "elsewhere") or (who == "unit" and not with_unit):
        return "not_found"
    if who not in OWNERS[move]:
        return "not_allowed"
    before, after = MOVES[move]
    if state not in before:
        return "wrong_state"
    if state == S.APPEALED and who == "street":
        return "self_dealing"
    return after or S.ASSIGNED


class Undone(Exception):
    """Takes a try back."""


@pytest.mark.parametrize("state", [*WAYS, S.CLOSED])
def test_every_move_from_every_state_by_everybody(scene: ReportScene, state: ReportState) -> None:
    report = scene.in_state(state)
    with_unit = report.assigned_to is not None
    for who in PEOPLE:
        by = person(scene, who)
        for move in sorted(MOVES.keys() - {"close"}):
            said = move in rules.allowed(report, by)
            with suppress(Undone), transaction.atomic():
                came = outcome(scene, report, move, by)
                raise Undone
            assert (who, move, came) == (who, move, expected(state, move, who, with_unit=with_unit))
            assert (who, move, said) == (who, move, came in set(ReportState))
        report.refresh_from_db()
        assert report.state == state


def test_the_way_from_photo_to_points(scene: ReportScene) -> None:
    report = scene.in_state(S.RESOLVED)
    assert [step.move for step in report.steps.all()] == ["file", "accept", "assign", "start", "resolve"]
    assert [str(step.organisation) for step in report.steps.all()] == [
        "None",
        "古田街道",
        "古田街道",
        "区城管局",
        "区城管局",
    ]
    assert standing(scene.rider).balance == 70
    titles = list(Notice.objects.filter(user_id=scene.rider.pk).order_by("pk").values_list("title", flat=True))
    assert titles == ["“暴露垃圾”已受理", "“暴露垃圾”已办结"]
    verbs = list(AuditLog.objects.filter(verb__startswith="report.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["report.accept", "report.assign", "report.start", "report.resolve"]


def test_a_false_report_loses_its_points_and_an_upheld_appeal_earns_again(scene: ReportScene) -> None:
    report = scene.make(scene.in_state(S.RESOLVED), "disprove")
    assert (report.round, report.assigned_to, standing(scene.rider).balance) == (1, None, 0)
    report = scene.make(report, "appeal")
    with pytest.raises(SamePerson):
        scene.make(report, "accept", by=scene.street)
    report = scene.make(report, "accept", by=scene.second)
    assert (report.state, report.reject_reason, standing(scene.rider).balance) == (S.ACCEPTED, "", 10)
    for move in ("assign", "start", "resolve"):
        report = scene.make(report, move)
    assert standing(scene.rider).balance == 70


def test_rejection_takes_back_what_acceptance_gave_but_for_what_is_not_ours(scene: ReportScene) -> None:
    false, foreign = scene.in_state(S.ACCEPTED), scene.in_state(S.ACCEPTED)
    assert standing(scene.rider).balance == 20
    scene.make(false, "reject")
    services.reject(foreign, reason="not_ours", text="请向江汉区反映", by=scene.street)
    assert standing(scene.rider).balance == 10


def test_a_duplicate_is_thanked_once_and_its_appeal_gives_that_back(scene: ReportScene) -> None:
    first, second = scene.filed(), scene.filed()
    for wrong in (None, second, first):
        with pytest.raises(RuleBroken) as refusal:
            services.reject(first, reason="duplicate", text="重复", by=scene.street, duplicate_of=wrong)
        assert refusal.value.field == "duplicate_of"
    second = services.reject(
        second, reason="duplicate", text="已有人报过", by=scene.street, duplicate_of=first, adds=True
    )
    assert (second.duplicate_of, standing(scene.rider).balance) == (first, 5)
    second = scene.make(scene.make(second, "appeal"), "accept")
    assert (second.duplicate_of, second.round, standing(scene.rider).balance) == (None, 1, 10)


def test_reopened_once_by_the_reporter_with_a_new_deadline_and_no_second_points(scene: ReportScene) -> None:
    report = scene.make(scene.in_state(S.RESOLVED), "reopen")
    assert (report.state, report.resolved_at, Assignment.objects.filter(report=report).count()) == (
        S.IN_PROGRESS,
        None,
        2,
    )
    report = scene.make(report, "resolve")
    assert standing(scene.rider).balance == 70
    with pytest.raises(AlreadyOnce):
        scene.make(report, "reopen")
    assert scene.make(report, "reopen", by=scene.street).state == S.IN_PROGRESS


def test_fourteen_days_after_the_work_it_is_closed(scene: ReportScene) -> None:
    at = clock.now()
    report = scene.in_state(S.RESOLVED, at=at)
    edge = at + timedelta(days=14)
    assert services.close_due(edge) == 0
    services.rate(report, stars=5, text="快", by=scene.rider.user, at=edge)
    late = edge + timedelta(seconds=1)
    with pytest.raises(TooLate):
        scene.make(report, "reopen", at=late)
    assert (services.close_due(late), services.close_due(late)) == (1, 0)
    report.refresh_from_db()
    assert (report.state, report.steps.last().party, report.feedback.stars) == (S.CLOSED, "system", 5)


def test_nobody_handles_his_own_report(scene: ReportScene) -> None:
    report = scene.filed()
    scene.rider.user.memberships.create(organisation=scene.district.street, role="street_admin")
    for move in ("accept", "reject"):
        with pytest.raises(SelfDealing):
            scene.make(report, move, by=scene.rider.user)
    assert rules.allowed(report, scene.rider.user) == []


def test_a_confidential_report_is_its_units_alone(scene: ReportScene) -> None:
    report = scene.filed(category=scene.scam)
    assert report.area == scene.police_unit
    for stranger in (scene.street, scene.chief, scene.unit):
        with pytest.raises(NotThere):
            services.accept(report, by=stranger)
        assert list(Report.objects.in_scope(stranger)) == []
    report = services.accept(report, by=scene.police)
    report = services.assign(report, organisation=scene.police_unit, by=scene.police)
    assert rules.may_see_reporter(scene.police, report) is False
    assert list(Report.objects.in_scope(scene.police)) == [report]


def test_a_unit_sends_back_in_its_own_name_and_sees_no_more_of_it(scene: ReportScene) -> None:
    report = scene.make(scene.in_state(S.IN_PROGRESS), "return")
    step = report.steps.last()
    assert (step.move, str(step.organisation), step.text) == ("return", "区城管局", "不归我们管")
    assert (report.assigned_to, report.due_on, Assignment.objects.filter(ended_at=None).count()) == (None, None, 0)
    assert list(Report.objects.in_scope(scene.unit)) == []


def test_a_stranger_and_a_repeat(scene: ReportScene) -> None:
    report = scene.in_state(S.ACCEPTED)
    with pytest.raises(WrongState) as refusal:
        scene.make(report, "accept")
    assert refusal.value.message == "这件上报现在是“已受理”，不能这样处理。"
    with pytest.raises(MayNot):
        services.rate(report, stars=3, by=scene.street)
