"""Points given by hand, and earned by rule."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Courier, Membership, Organisation, User
from accounts.problems import AccountFrozen
from accounts.roles import Role
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from points import ledger
from points.ledger import Source
from points.models import EarningRule, Grant, RefusedAward, Transfer
from points.problems import MayNotGrant, SelfDealing
from points.services import earn, grant, standing, statement
from points.verify import checks
from tests.points.conftest import in_parallel, new_clerk

pytestmark = pytest.mark.django_db

REASON = "协助社区防汛值守"


@pytest.fixture(autouse=True)
def books_balance() -> object:
    yield
    assert list(checks()) == []


def test_fifty_points_are_there_at_once(courier: Courier, clerk: User) -> None:
    given = grant(courier, 50, reason=f"  {REASON} ", by=clerk)
    assert (given.state, given.reason, standing(courier).balance) == ("posted", REASON, 50)
    entry = statement(courier).get()
    assert (entry.transfer.title, entry.transfer.source_key) == (REASON, str(given.pk))
    assert AuditLog.objects.get(subject_kind="points.grant").verb == "grant.posted"


def test_more_waits_for_a_second_person(courier: Courier, clerk: User) -> None:
    given = grant(courier, 51, reason=REASON, by=clerk)
    assert (given.state, given.transfer, standing(courier).balance) == ("pending", None, 0)


def test_two_hundred_a_day_posted_and_waiting_together(courier: Courier, clerk: User) -> None:
    at = datetime(2026, 5, 1, 15, 59, 58, tzinfo=UTC)  # 23:59:58 in Shanghai
    assert grant(courier, 60, reason=REASON, by=clerk, at=at).state == "pending"
    states = [grant(courier, points, reason=REASON, by=clerk, at=at).state for points in (50, 50, 40, 1)]
    assert states == ["posted", "posted", "posted", "pending"]
    assert grant(courier, 50, reason=REASON, by=clerk, at=at + timedelta(seconds=2)).state == "posted"


@pytest.mark.parametrize(("points", "field"), [(0, "points"), (-5, "points"), (100_001, "points")])
def test_points_must_make_sense(points: int, field: str, courier: Courier, clerk: User) -> None:
    with pytest.raises(BadValue) as refusal:
        grant(courier, points, reason=REASON, by=clerk)
    assert refusal.value.field == field


@pytest.mark.parametrize("reason", ["", "   ", "长" * 201])
def test_a_reason_is_needed(reason: str, courier: Courier, clerk: User) -> None:
    with pytest.raises(BadValue) as refusal:
        grant(courier, 5, reason=reason, by=clerk)
    assert refusal.value.field == "reason"
    assert Grant.objects.count() == 0


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.STREET_ADMIN, Role.DISTRICT_ADMIN}))
def test_other_roles_grant_nothing(role: Role, courier: Courier, district: Organisation) -> None:
    with pytest.raises(MayNotGrant):
        grant(courier, 5, reason=REASON, by=new_clerk(district, role))


def test_a_courier_of_another_street_is_not_there(
    courier: Courier, other_street: Organisation, district: Organisation
) -> None:
    elsewhere = new_clerk(other_street)
    Membership.objects.create(user=elsewhere, organisation=district, role=Role.AUDITOR)
    with pytest.raises(NotThere):
        grant(courier, 5, reason=REASON, by=elsewhere)
    assert grant(courier, 5, reason=REASON, by=new_clerk(district, Role.DISTRICT_ADMIN)).state == "posted"


def test_nobody_grants_to_himself(courier: Courier, street: Organisation) -> None:
    Membership.objects.create(user=courier.user, organisation=street, role=Role.STREET_ADMIN)
    with pytest.raises(SelfDealing):
        grant(courier, 5, reason=REASON, by=courier.user)


def test_a_frozen_courier_gets_nothing(courier: Courier, clerk: User) -> None:
    Courier.objects.filter(pk=courier.pk).update(frozen_at=timezone.now())
    with pytest.raises(AccountFrozen):
        grant(courier, 5, reason=REASON, by=clerk)


@pytest.mark.django_db(transaction=True)
def test_the_sum_of_the_day_holds_when_many_press_at_once(courier: Courier, clerk: User) -> None:
    answers = in_parallel(lambda _: grant(courier, 30, reason=REASON, by=clerk).state, 30)
    assert sorted(map(str, answers)) == ["pending"] * 24 + ["posted"] * 6
    assert standing(courier).balance == 180


@pytest.fixture
def rule(db: None) -> EarningRule:
    return EarningRule.objects.create(
        event="check_in", title="到站签到", programme="checkins", points=4, day_cap=10, month_cap=15,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_an_event_earns_once(courier: Courier, rule: EarningRule) -> None:
    assert earn(courier, "check_in", source=Source("visit", "1")) is not None
    assert earn(courier, "check_in", source=Source("visit", "1")) is None
    assert (standing(courier).balance, Transfer.objects.get().rule_version) == (4, rule.version)


def test_an_event_without_a_valid_rule_earns_nothing(courier: Courier, rule: EarningRule) -> None:
    assert earn(courier, "nothing", source=Source("visit", "1")) is None
    assert earn(courier, "check_in", source=Source("visit", "1"), at=datetime(2025, 12, 31, tzinfo=UTC)) is None


def test_caps_cut_and_then_refuse_and_turn_at_midnight_in_shanghai(courier: Courier, rule: EarningRule) -> None:
    at = datetime(2026, 5, 1, 15, 59, 58, tzinfo=UTC)
    awards = [earn(courier, "check_in", source=Source("visit", str(visit)), at=at) for visit in range(4)]
    assert [award.credited if award else None for award in awards] == [4, 4, 2, None]
    assert [entry.amount for entry in statement(courier)] == [2, 4, 4]
    refused = RefusedAward.objects.get()
    assert (refused.code, refused.source_key) == ("cap_reached", "3")
    for visit in range(4, 7):  # the next day: the month has 5 left
        earn(courier, "check_in", source=Source("visit", str(visit)), at=at + timedelta(seconds=2))
    assert [entry.amount for entry in statement(courier)] == [1, 4, 2, 4, 4]


def test_an_award_taken_back_can_be_earned_again(courier: Courier, rule: EarningRule) -> None:
    first = earn(courier, "check_in", source=Source("visit", "1"))
    assert first is not None
    ledger.reverse(Transfer.objects.get(pk=first.transfer_id), by=None, overdraft=True)
    assert earn(courier, "check_in", source=Source("visit", "1", round=1)) is not None
    for visit in range(2, 5):
        earn(courier, "check_in", source=Source("visit", str(visit)))
    assert standing(courier).balance == 10


def test_a_new_version_of_a_rule_takes_over(courier: Courier, rule: EarningRule) -> None:
    EarningRule.objects.create(
        event="check_in", version=2, title="到站签到", programme="checkins", points=9,
        valid_from=datetime(2026, 2, 1, tzinfo=UTC),
    )  # fmt: skip
    earn(courier, "check_in", source=Source("visit", "1"), at=datetime(2026, 1, 15, tzinfo=UTC))
    earn(courier, "check_in", source=Source("visit", "2"), at=datetime(2026, 2, 15, tzinfo=UTC))
    assert [(e.amount, e.transfer.rule_version) for e in statement(courier)] == [(9, 2), (4, 1)]
