"""What organisations lend each other: who asks, who decides, and one at a time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, transaction

from accounts.roles import Role
from activities import sharing_verify
from activities.models import Loan
from activities.services import sharing
from activities.sharing_problems import (
    AlreadyAsked,
    LoanMayNot,
    LoanWrongState,
    NotBegun,
    NotYourOrganisation,
    Occupied,
    OwnRequest,
)
from activities.sharing_states import LoanState
from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from tests.factories import district, staff
from tests.factories.sharing import SharingScene, resource, sharing_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> SharingScene:
    return sharing_scene()


def test_asked_lent_and_given_back(scene: SharingScene) -> None:
    loan = scene.ask()
    assert (loan.state, loan.decided_by) == (LoanState.REQUESTED, None)
    loan = sharing.approve(loan, by=scene.keeper)
    assert (loan.state, loan.decided_by) == (LoanState.APPROVED, scene.keeper)
    with pytest.raises(NotBegun):
        sharing.hand_back(loan, by=scene.keeper)
    loan = sharing.hand_back(loan, note="完好", by=scene.keeper, at=loan.ends_at)
    assert (loan.state, loan.note, loan.ended_by, loan.ended_at) == ("returned", "完好", scene.keeper, loan.ends_at)
    verbs = list(AuditLog.objects.filter(subject_kind="activities.loan").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["loan.ask", "loan.approve", "loan.hand_back"]
    assert list(sharing_verify.checks()) == []
    with pgtrigger.ignore("activities.Loan:facts_stay"):
        Loan.objects.update(by=scene.keeper)
    assert [found.check for found in sharing_verify.checks()] == ["loan_not_decided_by_who_asked"]


def test_the_owners_own_request_needs_no_answer(scene: SharingScene) -> None:
    loan = scene.ask(borrower=scene.owner, by=scene.keeper)
    assert (loan.state, loan.decided_by) == (LoanState.APPROVED, scene.keeper)
    with pytest.raises(Occupied):
        scene.ask(after=1)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"after": -48}, "starts_at"),
        ({"after": 24 * 200}, "starts_at"),
        ({"hours": 0}, "ends_at"),
        ({"hours": 24 * 32}, "ends_at"),
        ({"purpose": "  "}, "purpose"),
        ({"purpose": "长" * 101}, "purpose"),
    ],
)
def test_what_cannot_be_asked(scene: SharingScene, said: dict[str, Any], field: str) -> None:
    with pytest.raises(BadValue) as refused:
        scene.ask(**said)
    assert (refused.value.field, Loan.objects.count()) == (field, 0)


def test_who_may_ask_for_what(scene: SharingScene) -> None:
    with pytest.raises(NotYourOrganisation):
        scene.ask(borrower=scene.owner)
    far = district()
    stranger = staff(Role.COUNTER, far.community)
    with pytest.raises(NotThere):
        scene.ask(borrower=far.community, by=stranger)
    type(scene.room).objects.filter(pk=scene.room.pk).update(is_active=False)
    with pytest.raises(NotThere):
        scene.ask()
    assert Loan.objects.count() == 0


def test_twice_the_same_is_refused_and_another_may_ask_too(scene: SharingScene) -> None:
    scene.ask()
    with pytest.raises(AlreadyAsked):
        scene.ask(after=1)
    other = scene.ask(borrower=scene.district.other_street, by=staff(Role.STREET_ADMIN, scene.district.other_street))
    assert other.state == LoanState.REQUESTED


def test_one_at_a_time(scene: SharingScene) -> None:
    first, second = scene.ask(hours=2), scene.ask(hours=2, after=2)
    overlapping = scene.ask(
        after=1, borrower=scene.district.other_street, by=staff(Role.STREET_ADMIN, scene.district.other_street)
    )  # fmt: skip
    sharing.approve(first, by=scene.keeper)
    sharing.approve(second, by=scene.keeper)  # what begins when another ends does not meet it
    with pytest.raises(Occupied):
        sharing.approve(overlapping, by=scene.keeper)
    sharing.cancel(first, by=scene.asker)
    with pytest.raises(Occupied):
        sharing.approve(overlapping, by=scene.keeper)
    sharing.hand_back(second, by=scene.keeper, at=second.starts_at)
    assert sharing.approve(overlapping, by=scene.keeper).state == LoanState.APPROVED


def test_another_thing_of_the_same_hours_is_free(scene: SharingScene) -> None:
    scene.lent()
    scene.room = resource(scene.owner, "投影仪")
    assert scene.lent().state == LoanState.APPROVED


DECIDE: dict[str, Callable[[Loan, Any], Loan]] = {
    "approve": lambda loan, by: sharing.approve(loan, by=by),
    "decline": lambda loan, by: sharing.decline(loan, note="要用", by=by),
}


@pytest.mark.parametrize("move", DECIDE)
def test_the_borrower_does_not_answer_for_the_owner(scene: SharingScene, move: str) -> None:
    with pytest.raises(LoanMayNot):
        DECIDE[move](scene.ask(), scene.asker)
    street = staff(Role.STREET_ADMIN, scene.district.street)
    asked = scene.ask(after=3, by=street)
    with pytest.raises(OwnRequest):
        DECIDE[move](asked, street)
    both = staff(Role.COUNTER, scene.owner)
    both.memberships.create(organisation=scene.borrower, role=Role.COUNTER)
    with pytest.raises(OwnRequest):
        DECIDE[move](asked, type(both).objects.get(pk=both.pk))
    DECIDE[move](asked, staff(Role.STREET_ADMIN, scene.district.street))  # a colleague above both: the control


def test_who_has_nothing_to_do_with_it(scene: SharingScene) -> None:
    loan = scene.ask()
    for person in (staff(Role.STREET_ADMIN, scene.district.other_street), staff(Role.AUDITOR, scene.district.root)):
        for act in DECIDE.values():
            with pytest.raises(NotThere):
                act(loan, person)
        with pytest.raises(NotThere):
            sharing.cancel(loan, note="x", by=person)


def test_a_refusal_and_a_recall_say_why(scene: SharingScene) -> None:
    loan = scene.ask()
    with pytest.raises(BadValue):
        sharing.decline(loan, note=" ", by=scene.keeper)
    with pytest.raises(LoanMayNot):
        sharing.cancel(loan, note="要开会", by=scene.keeper)  # that would be a refusal by another name
    assert sharing.decline(loan, note="要开会", by=scene.keeper).state == LoanState.DECLINED
    lent = scene.lent()
    with pytest.raises(BadValue):
        sharing.cancel(lent, by=scene.keeper)
    assert sharing.cancel(lent, note="漏水", by=scene.keeper).note == "漏水"


def test_moves_that_are_not_in_the_table(scene: SharingScene) -> None:
    loan = sharing.cancel(scene.ask(), by=scene.asker)
    for act in DECIDE.values():
        with pytest.raises(LoanWrongState):
            act(loan, scene.keeper)
    late = scene.ask()
    with pytest.raises(BadValue):
        sharing.approve(late, by=scene.keeper, at=late.ends_at)


def test_the_database_keeps_it(scene: SharingScene) -> None:
    lent = scene.lent()
    facts: dict[str, Any] = {
        "resource": scene.room, "borrower": scene.borrower, "by": scene.asker, "at": clock.now(), "purpose": "x",
        "starts_at": lent.starts_at, "ends_at": lent.ends_at,
    }  # fmt: skip
    approved = {"state": "approved", "decided_by": scene.keeper, "decided_at": clock.now()}
    later = {"starts_at": lent.ends_at, "ends_at": lent.ends_at + timedelta(hours=1)}
    for wrong in (
        approved,
        {**later, "state": "approved"},
        {**later, "state": "lost"},
        {**later, "purpose": ""},
        {**later, "ends_at": lent.ends_at},
        {**later, **approved, "state": "declined"},
        {**later, **approved, "state": "returned"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Loan.objects.create(**{**facts, **wrong})
    Loan.objects.create(**{**facts, **later, **approved})  # the control
    for change in ({"state": "requested"}, {"purpose": "y"}, {"ends_at": lent.ends_at + timedelta(hours=1)}):
        with pytest.raises(InternalError), transaction.atomic():
            Loan.objects.filter(pk=lent.pk).update(**change)
    with pytest.raises(InternalError), transaction.atomic():
        lent.delete()
    with pytest.raises(InternalError), transaction.atomic():
        type(scene.room).objects.update(organisation=scene.borrower)
