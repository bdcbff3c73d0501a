"""Rules change by versions, one at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Courier, Organisation, User
from accounts.roles import Role
from fengchao.core.errors import BadValue
from fengchao.core.models import AuditLog
from points.ledger import Source
from points.models import EarningRule
from points.problems import MaySetNoRules, RuleIsOver
from points.services import earn, revise, standing, stop
from tests.points.conftest import in_parallel, new_clerk

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 1, 4, tzinfo=UTC)


@pytest.fixture
def official(district: Organisation) -> User:
    return new_clerk(district, Role.DISTRICT_ADMIN)


def rule(points: int = 4, *, start: datetime = AT - timedelta(days=9), end: datetime | None = None) -> EarningRule:
    return EarningRule(
        event="check_in", title="到站签到", programme="checkins", points=points, valid_from=start, valid_until=end
    )


def earned(courier: Courier, at: datetime) -> int:
    posting = earn(courier, "check_in", source=Source("visit", at.isoformat()), at=at)
    return next(iter(posting.balances.values())) if posting else 0


def test_the_newest_valid_version_counts(courier: Courier, official: User) -> None:
    first = revise(rule(4), by=official)
    second = revise(rule(9, start=AT), by=official)
    assert (first.version, second.version) == (1, 2)
    before, after = earned(courier, AT - timedelta(seconds=1)), earned(courier, AT)
    assert (before, after - before) == (4, 9)
    row = AuditLog.objects.filter(verb="earningrule.revised").latest("pk")
    assert (row.actor_id, row.changed["version"], row.changed["points"]) == (official.pk, 2, 9)


def test_a_version_with_an_end_gives_way_to_the_one_before(courier: Courier, official: User) -> None:
    revise(rule(4), by=official)
    revise(rule(8, start=AT, end=AT + timedelta(days=15)), by=official)
    assert earned(courier, AT) == 8
    assert earned(courier, AT + timedelta(days=15)) == 12


def test_an_end_before_the_start_is_refused(official: User) -> None:
    with pytest.raises(BadValue) as refusal:
        revise(rule(start=AT, end=AT), by=official)
    assert (refusal.value.field, EarningRule.objects.count()) == ("valid_until", 0)


def test_a_stopped_rule_does_not_let_an_older_one_return(courier: Courier, official: User) -> None:
    revise(rule(4), by=official)
    revise(rule(6), by=official)
    future = revise(rule(9, start=AT + timedelta(days=9)), by=official)
    stop(EarningRule.objects.get(version=2), by=official, at=AT)
    assert (earned(courier, AT - timedelta(seconds=1)), earned(courier, AT)) == (6, 0)
    assert standing(courier).balance == 6
    row = AuditLog.objects.filter(verb="earningrule.stopped").get()
    assert (row.actor_id, row.changed) == (official.pk, {"event": "check_in", "version": 2})
    stop(future, by=official, at=AT)  # before it has begun: it never does
    assert earned(courier, AT + timedelta(days=10)) == 0
    for version in EarningRule.objects.all():
        with pytest.raises(RuleIsOver):
            stop(version, by=official, at=AT)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DISTRICT_ADMIN}))
def test_other_roles_set_no_rules(role: Role, district: Organisation, official: User) -> None:
    person = new_clerk(district, role)
    running = revise(rule(), by=official)
    with pytest.raises(MaySetNoRules):
        revise(rule(), by=person)
    with pytest.raises(MaySetNoRules):
        stop(running, by=person)
    assert EarningRule.objects.get().valid_until is None


@pytest.mark.django_db(transaction=True)
def test_versions_set_at_once_get_a_number_each(official: User) -> None:
    answers = in_parallel(lambda number: revise(rule(number + 1), by=official).version, 12, threads=6)
    assert sorted(map(str, answers)) == sorted(map(str, range(1, 13)))
