"""Two requests for the same hours approved at once: one stands, by code and by constraint."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.roles import Role
from activities.models import Loan
from activities.services import sharing
from activities.sharing_problems import Occupied
from tests.core.conftest import in_parallel
from tests.factories import staff
from tests.factories.places import Kind, organisation
from tests.factories.sharing import sharing_scene
from tests.meeting import Meeting

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6


def approved_at_once() -> Counter[str]:
    """Six organisations ask for the same hours, and a clerk says yes to all in the same moment."""
    scene = sharing_scene()
    asked = []
    for number in range(TIMES):
        office = organisation(scene.district.root, kind=Kind.DEPARTMENT, name=f"部门{number}")
        asked.append(scene.ask(borrower=office, by=staff(Role.COUNTER, office)))

    def approve(number: int) -> str:
        try:
            return str(sharing.approve(asked[number], by=scene.keeper).state)
        except (Occupied, IntegrityError) as refusal:
            return type(refusal).__name__

    return Counter(in_parallel(TIMES, approve, threads=TIMES))


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resource is read without its lock, and two have seen that it is free before the first of them writes."""
    meeting, check = Meeting(2), sharing._refuse_occupied

    def check_and_meet(*facts: Any) -> None:
        check(*facts)
        if threading.current_thread() is not threading.main_thread():  # there they ask, one after the other
            meeting.wait()

    monkeypatch.setattr(sharing, "_locked", lambda resource: resource)
    monkeypatch.setattr(sharing, "_refuse_occupied", check_and_meet)


def test_one_of_six_is_lent() -> None:
    assert approved_at_once() == {"approved": 1, "Occupied": TIMES - 1}
    assert Loan.objects.lent().count() == 1


def test_without_the_lock_the_constraint_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    answers = approved_at_once()
    assert (answers["approved"], Loan.objects.lent().count()) == (1, 1)
    assert answers["IntegrityError"] >= 1


def test_without_lock_and_constraint_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    unlocked(monkeypatch)
    name = "loan_of_one_thing_at_a_time"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        [(written,)] = cursor.fetchall()
        cursor.execute(f"ALTER TABLE activities_loan DROP CONSTRAINT {name}")
    try:
        assert approved_at_once()["approved"] > 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE activities_loan")
            cursor.execute(f"ALTER TABLE activities_loan ADD CONSTRAINT {name} {written}")
