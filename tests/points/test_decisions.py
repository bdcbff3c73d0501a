"""Points that waited for a second person: approved, sent back, and taken back after all."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Courier, Membership, Organisation, User
from accounts.problems import AccountFrozen
from accounts.roles import Role
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from points.models import Grant, Transfer
from points.problems import Insufficient, MayNotGrant, SelfDealing, WrongState
from points.services import approve, grant, reject, standing, statement, take_back
from points.verify import checks
from tests.meeting import Meeting
from tests.points.conftest import in_parallel, new_clerk, new_courier, spend

pytestmark = pytest.mark.django_db

REASON = "见义勇为"
AT = datetime(2026, 5, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def books_balance() -> Iterator[None]:
    yield
    assert list(checks()) == []


@pytest.fixture
def waiting(courier: Courier, clerk: User) -> Grant:
    return grant(courier, 120, reason=REASON, by=clerk)


@pytest.fixture
def second(district: Organisation) -> User:
    return new_clerk(district, Role.DISTRICT_ADMIN)


def send_back(given: Grant, *, by: User) -> Grant:
    return reject(given, by=by, note="先核实")


def claw_back(given: Grant, *, by: User) -> Grant:
    return take_back(given, by=by, reason="查实不属实")


DECISIONS = pytest.mark.parametrize("decide", [approve, send_back], ids=["approve", "reject"])
ALL = pytest.mark.parametrize("decide", [approve, send_back, claw_back], ids=["approve", "reject", "take back"])
Decision = Callable[..., Grant]


def test_what_is_approved_is_posted_as_it_was_written(waiting: Grant, second: User) -> None:
    done = approve(waiting, by=second, at=AT)
    stored = Grant.objects.get()
    assert (done.pk, stored.state, stored.decided_by, stored.decided_at) == (waiting.pk, "posted", second, AT)
    entry = statement(waiting.courier).get()
    assert (entry.amount, entry.transfer.title, entry.transfer.created_at) == (120, REASON, AT)
    assert (stored.transfer, entry.transfer.actor_id) == (entry.transfer, waiting.by_id)
    assert AuditLog.objects.filter(verb="grant.approved", actor_id=second.pk, subject_key=str(waiting.pk)).count() == 1


def test_what_is_sent_back_moves_nothing_and_says_why(waiting: Grant, second: User) -> None:
    reject(waiting, by=second, note="  先 核实 ")
    stored = Grant.objects.get()
    assert (stored.state, stored.decided_by, stored.decision_note) == ("rejected", second, "先 核实")
    assert (standing(waiting.courier).balance, Transfer.objects.count()) == (0, 0)
    assert AuditLog.objects.get(verb="grant.rejected").actor_id == second.pk


def test_no_reason_is_needed_to_send_back(waiting: Grant, second: User) -> None:
    assert reject(waiting, by=second).decision_note == ""


@pytest.mark.parametrize("note", ["长" * 201, "\x07", "\u202e"])
def test_a_note_is_a_short_sentence(note: str, waiting: Grant, second: User) -> None:
    with pytest.raises(BadValue) as refusal:
        reject(waiting, by=second, note=note)
    assert (refusal.value.field, Grant.objects.get().state) == ("reason", "pending")


def test_what_is_taken_back_leaves_a_debt_that_blocks_spending(waiting: Grant, second: User) -> None:
    approve(waiting, by=second)
    spend(waiting.courier, 100)
    done = take_back(waiting, by=second, reason=" 查实不属实 ")
    assert (done.state, done.taken_back_by, done.taken_back_reason) == ("posted", second, "查实不属实")
    assert (standing(waiting.courier).balance, standing(waiting.courier).overdrawn) == (-100, True)
    assert statement(waiting.courier)[0].transfer == done.taken_back
    assert statement(waiting.courier)[0].transfer.title == f"收回：{REASON}"
    assert AuditLog.objects.get(verb="grant.taken_back").actor_id == second.pk
    with pytest.raises(Insufficient), transaction.atomic():
        spend(waiting.courier, 1)


def test_taking_back_needs_a_reason_and_something_posted(waiting: Grant, second: User) -> None:
    with pytest.raises(BadValue) as refusal:
        take_back(waiting, by=second, reason="  ")
    assert refusal.value.field == "reason"
    with pytest.raises(WrongState):
        take_back(waiting, by=second, reason="x")
    reject(waiting, by=second)
    with pytest.raises(WrongState):
        take_back(waiting, by=second, reason="x")


def test_small_grants_are_taken_back_too_and_by_their_clerk(courier: Courier, clerk: User) -> None:
    assert take_back(grant(courier, 5, reason=REASON, by=clerk), by=clerk, reason="发错了人").taken_back_by == clerk
    assert standing(courier).balance == 0


@DECISIONS
def test_the_clerk_is_not_his_own_second_person(decide: Decision, waiting: Grant, clerk: User) -> None:
    with pytest.raises(SelfDealing):
        decide(waiting, by=clerk)
    assert Grant.objects.get().state == "pending"


@ALL
def test_a_courier_on_the_staff_does_not_decide_on_his_own(
    decide: Decision, waiting: Grant, street: Organisation
) -> None:
    Membership.objects.create(user=waiting.courier.user, organisation=street, role=Role.STREET_ADMIN)
    with pytest.raises(SelfDealing):
        decide(waiting, by=waiting.courier.user)
    assert Grant.objects.get().state == "pending"


@ALL
def test_another_street_does_not_see_it(decide: Decision, waiting: Grant, other_street: Organisation) -> None:
    elsewhere = new_clerk(other_street)
    Membership.objects.create(user=elsewhere, organisation=waiting.courier.street, role=Role.AUDITOR)  # reads only
    with pytest.raises(NotThere):
        decide(waiting, by=elsewhere)


@ALL
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.STREET_ADMIN, Role.DISTRICT_ADMIN}))
def test_other_roles_decide_nothing(decide: Decision, role: Role, waiting: Grant, district: Organisation) -> None:
    with pytest.raises(MayNotGrant):
        decide(waiting, by=new_clerk(district, role))


def test_a_colleague_of_the_same_street_may(waiting: Grant, street: Organisation) -> None:
    assert approve(waiting, by=new_clerk(street)).state == "posted"


def test_a_courier_frozen_meanwhile_gets_nothing(waiting: Grant, second: User) -> None:
    Courier.objects.filter(pk=waiting.courier_id).update(frozen_at=timezone.now())
    with pytest.raises(AccountFrozen):
        approve(waiting, by=second)
    assert reject(waiting, by=second).state == "rejected"


@DECISIONS
@pytest.mark.parametrize("first", [approve, send_back], ids=["approved", "rejected"])
def test_what_is_decided_is_final(decide: Decision, first: Decision, waiting: Grant, second: User) -> None:
    first(waiting, by=second)
    before = Grant.objects.values().get()
    with pytest.raises(WrongState):
        decide(waiting, by=second)
    assert Grant.objects.values().get() == before


def test_what_is_taken_back_is_taken_back_once(waiting: Grant, second: User) -> None:
    approve(waiting, by=second)
    claw_back(waiting, by=second)
    with pytest.raises(WrongState):
        claw_back(waiting, by=second)
    assert standing(waiting.courier).balance == 0


@pytest.mark.parametrize(
    "change",
    ["points = 500", "reason = 'x'", "state = 'rejected'", "decided_by_id = by_id", "state = 'pending'"],
)
def test_the_database_lets_nobody_rewrite_a_decided_grant(change: str, waiting: Grant, second: User) -> None:
    approve(waiting, by=second)
    with (
        pytest.raises(DatabaseError, match=r"Cannot update|violates check"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE points_grant SET {change} WHERE id = %s", [waiting.pk])


def test_the_database_knows_the_rule_of_four_eyes(waiting: Grant) -> None:
    with pytest.raises(IntegrityError, match="grant_decided_by_another"), transaction.atomic():
        Grant.objects.filter(pk=waiting.pk).update(
            state="rejected", decided_by=waiting.by, decided_at=timezone.now()
        )  # fmt: skip


def test_the_set_of_what_one_may_decide_is_what_one_can(
    waiting: Grant, clerk: User, second: User, street: Organisation, other_street: Organisation, district: Organisation
) -> None:
    """The list and the service say the same of everybody."""
    Membership.objects.create(user=waiting.courier.user, organisation=street, role=Role.STREET_ADMIN)
    both = new_clerk(other_street)
    Membership.objects.create(user=both, organisation=street, role=Role.AUDITOR)
    people = [clerk, second, waiting.courier.user, new_clerk(street), new_clerk(other_street), both,
              new_clerk(district, Role.AUDITOR), new_clerk(street, Role.COUNTER)]  # fmt: skip
    grant(new_courier(street), 20, reason=REASON, by=clerk)  # posted at once: nobody's to decide
    offered = [list(Grant.objects.decidable_by(person).values_list("pk", flat=True)) for person in people]
    marked = [[row.pk for row in Grant.objects.for_reader(person) if row.decidable] for person in people]
    assert offered == marked == [[waiting.pk] if can(approve, waiting, person) else [] for person in people]
    assert [bool(found) for found in offered] == [False, True, False, True, False, False, False, False]


def can(decide: Decision, given: Grant, person: User) -> bool:
    try:
        with transaction.atomic():
            decide(given, by=person)
            transaction.set_rollback(True)
    except (SelfDealing, NotThere, MayNotGrant):
        return False
    return True


def test_what_is_sent_back_no_longer_counts_for_the_day(courier: Courier, clerk: User, second: User) -> None:
    waiting = grant(courier, 180, reason=REASON, by=clerk, at=AT)
    assert grant(courier, 30, reason=REASON, by=clerk, at=AT).state == "pending"
    reject(waiting, by=second, at=AT)
    assert grant(courier, 30, reason=REASON, by=clerk, at=AT).state == "posted"


def test_an_approval_of_the_next_day_changes_neither_day(courier: Courier, clerk: User, second: User) -> None:
    waiting = grant(courier, 180, reason=REASON, by=clerk, at=AT)
    approve(waiting, by=second, at=AT + timedelta(days=1))
    assert grant(courier, 50, reason=REASON, by=clerk, at=AT).state == "pending"
    assert grant(courier, 50, reason=REASON, by=clerk, at=AT + timedelta(days=1)).state == "posted"


class TestAtOnce:
    pytestmark = pytest.mark.django_db(transaction=True)

    def outcomes(self, answers: list[Any]) -> list[str]:
        return sorted("done" if isinstance(answer, Grant) else type(answer).__name__ for answer in answers)

    def test_fifty_approvals_post_once(self, waiting: Grant, second: User) -> None:
        answers = in_parallel(lambda _: approve(waiting, by=second), 50)
        assert self.outcomes(answers) == ["WrongState"] * 49 + ["done"]
        assert (Transfer.objects.count(), standing(waiting.courier).balance) == (1, 120)

    def test_approval_and_rejection_are_one_decision(self, courier: Courier, clerk: User, district: Any) -> None:
        people = [new_clerk(district, Role.DISTRICT_ADMIN) for _ in range(2)]
        for _ in range(20):
            given = grant(courier, 51, reason=REASON, by=clerk)
            answers = in_parallel(
                lambda number, given=given: (approve, send_back)[number](given, by=people[number]), 2, threads=2
            )
            assert self.outcomes(answers) == ["WrongState", "done"]
            given.refresh_from_db()
            assert (given.transfer_id is not None) == (given.state == "posted")
        assert standing(courier).balance == 51 * Grant.objects.filter(state="posted").count()

    def test_taking_back_happens_once(self, waiting: Grant, second: User) -> None:
        approve(waiting, by=second)
        answers = in_parallel(lambda _: claw_back(waiting, by=second), 30)
        assert self.outcomes(answers) == ["WrongState"] * 29 + ["done"]
        assert standing(waiting.courier).balance == 0

    def test_control_a_decision_without_the_lock_posts_or_contradicts(
        self, waiting: Grant, second: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever looks before he has the row is stopped by the ledger alone, and not in words for a person."""

        meeting = Meeting(2)

        def look_without_lock(given: Grant, by: User) -> Grant:
            found = Grant.objects.select_related("courier__user", "by").get(pk=given.pk)
            meeting.wait()
            return found

        monkeypatch.setattr("points.services.grants._locked", look_without_lock)
        answers = in_parallel(lambda _: approve(waiting, by=second), 8, threads=8)
        assert self.outcomes(answers) != ["WrongState"] * 7 + ["done"]

    def test_the_day_of_a_clerk_is_exact_while_others_decide(self, courier: Courier, clerk: User, second: User) -> None:
        waiting = [grant(courier, 55, reason=REASON, by=clerk) for _ in range(3)]

        def act(number: int) -> Grant:
            if number < 3:
                return approve(waiting[number], by=second)
            return grant(courier, 5, reason=REASON, by=clerk)

        answers = in_parallel(act, 23)
        assert self.outcomes(answers) == ["done"] * 23
        given = [answer for answer in answers[3:] if isinstance(answer, Grant)]
        assert sum(answer.points for answer in given if answer.state == "posted") == 35  # and 165 had waited
