"""The table of moves again, through the door that programs use: every forbidden move is refused there too."""

from itertools import count
from typing import Any

import pytest
from django.db import transaction

from reports import rules
from reports.models import Report
from reports.states import DONE, MOVES, ReportState
from tests.factories import Api, api_of
from tests.factories.reports import WAYS, ReportScene, picture
from tests.reports.test_moves import STAFF, expected, person

pytestmark = pytest.mark.django_db
S = ReportState
PEOPLE = ("rider", "street", "chief", "unit", "elsewhere")
STATUS = {"not_found": 404, "not_allowed": 403, "wrong_state": 409, "self_dealing": 409}


def body_for(scene: ReportScene, move: str, photo: int) -> dict[str, Any]:
    return {
        "assign": {"organisation": scene.city_unit.pk},
        "return": {"reason": "不归我们管"},
        "resolve": {"text": "换了新的", "photos": [photo]},
        "reject": {"reason": "not_true", "text": "现场没有"},
        "rate": {"stars": 4},
        "category": {"category": "litter"},
    }.get(move, {"text": "一句话"})


def wanted(state: ReportState, move: str, who: str, *, with_unit: bool) -> str:
    """What domain.md says, also of the two that are no moves of the table."""
    readable = expected(state, "start", who, with_unit=with_unit) != "not_found"
    if move not in ("rate", "category"):
        return expected(state, move, who, with_unit=with_unit)
    if not readable:
        return "not_found"
    if who not in (("rider",) if move == "rate" else STAFF):
        return "not_allowed"
    return state if state in (DONE if move == "rate" else (S.SUBMITTED, S.ACCEPTED)) else "wrong_state"


def answer(api: Api, address: str, body: dict[str, Any], status: int) -> str:
    """The state afterwards or the code of the refusal; what it did is undone."""
    with transaction.atomic():
        said = api.post(address, body, status=status)
        transaction.set_rollback(True)
    return str(said["state" if status == 200 else "code"])


def test_moves_from_every_state_by_everybody(scene: ReportScene) -> None:
    """What is allowed, and a third of what is refused."""
    assert walk(scene, one_in=3) >= 9 * 5 * 13 // 3


@pytest.mark.slow
def test_every_move_from_every_state_by_everybody(scene: ReportScene) -> None:
    assert walk(scene, one_in=1) == 9 * 5 * 13


def walk(scene: ReportScene, *, one_in: int) -> int:
    """How many moves were tried."""
    doors = {who: api_of(person(scene, who), staff=who != "rider") for who in PEOPLE}
    photo = picture(scene.unit).pk
    asked = 0
    for number, state in enumerate([*WAYS, S.CLOSED]):
        turn = count(number)
        report = scene.in_state(state)
        for who, door in doors.items():
            for move in [*sorted(MOVES.keys() - {"close"}), "rate", "category"]:
                code = wanted(state, move, who, with_unit=report.assigned_to is not None)
                if next(turn) % one_in and code not in ReportState.values:
                    continue
                came = answer(
                    door, f"reports/{report.number}/{move}/", body_for(scene, move, photo), STATUS.get(code, 200)
                )
                assert (state, who, move, came) == (state, who, move, code)
                asked += 1
        assert Report.objects.get(pk=report.pk).state == state
    assert doors["street"].post(f"reports/{report.number}/close/", status=404)["code"] == "not_found"
    return asked


def test_without_the_rule_a_forbidden_move_would_pass(scene: ReportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail."""
    report, party = scene.in_state(S.ASSIGNED), rules.party_of
    door = api_of(scene.street, staff=True)
    door.post(f"reports/{report.number}/start/", status=403)
    monkeypatch.setattr(rules, "party_of", lambda by, found, move: party(scene.unit, found, move))
    assert door.post(f"reports/{report.number}/start/")["state"] == "in_progress"
