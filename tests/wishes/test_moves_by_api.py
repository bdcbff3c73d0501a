"""The table of moves again, through the door that programs use: every forbidden move is refused there too."""

from itertools import count
from typing import Any

import pytest
from django.db import transaction

from tests.factories import Api, api_of, courier
from tests.factories.wishes import WAYS, WishScene
from tests.wishes.test_moves import PEOPLE, expected, person
from wishes import rules
from wishes.models import Wish
from wishes.states import MOVES, PUBLIC, WishState

pytestmark = pytest.mark.django_db
S = WishState
STATUS = {"not_found": 404, "not_allowed": 403, "wrong_state": 409}


def body_for(scene: WishScene, move: str, who: str) -> dict[str, Any]:
    own = scene.shop if who == "company" else scene.youth_league
    return {
        "reject": {"reason": "不能是现金"},
        "claim": {"organisation": own.pk},
        "progress": {"note": "已下单"},
        "deliver": {"text": "放在柜台"},
        "thank": {"text": "谢谢"},
        "withdraw": {"reason": "不需要了"},
    }.get(move, {})


def wanted(state: WishState, move: str, who: str) -> str:
    """What domain.md says. Where the service asks for the organisation first, the door asks who may claim at all."""
    code = expected(state, move, who)
    if code == "invalid organisation":
        return "not_allowed" if state in PUBLIC or who in ("rider", "street", "chief") else "not_found"
    return code


def answer(api: Api, address: str, body: dict[str, Any], status: int) -> str:
    """The state afterwards or the code of the refusal; what it did is undone."""
    with transaction.atomic():
        said = api.post(address, body, status=status, key="one")
        transaction.set_rollback(True)
    return str(said["state" if status == 200 else "code"])


def test_moves_from_every_state_by_everybody(scene: WishScene) -> None:
    """What is allowed, and a third of what is refused."""
    assert walk(scene, one_in=3) >= 7 * 7 * 9 // 3


@pytest.mark.slow
def test_every_move_from_every_state_by_everybody(scene: WishScene) -> None:
    assert walk(scene, one_in=1) == 7 * 7 * 9


def walk(scene: WishScene, *, one_in: int) -> int:
    """How many moves were tried."""
    doors = {who: api_of(person(scene, who), staff=who != "rider") for who in PEOPLE}
    asked = 0
    for number, state in enumerate(WAYS):
        turn = count(number)
        wish = scene.in_state(state)
        for who, door in doors.items():
            allowed = door.get(f"wishes/{wish.pk}/")["allowed"] if wanted(state, "approve", who) != "not_found" else []
            for move in MOVES:
                code = wanted(state, move, who)
                if next(turn) % one_in and code not in WishState.values:
                    continue
                came = answer(door, f"wishes/{wish.pk}/{move}/", body_for(scene, move, who), STATUS.get(code, 200))
                assert (state, who, move, came) == (state, who, move, code)
                assert (move in allowed) == (came in WishState.values)
                asked += 1
        wish.refresh_from_db()
        assert wish.state == state
        Wish.objects.filter(pk=wish.pk).update(courier=courier())  # he may hang the next
    return asked


def test_without_the_rule_a_forbidden_move_would_pass(scene: WishScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail."""
    wish, party = scene.in_state(S.CLAIMED), rules.party_of
    door = api_of(scene.company, staff=True)
    door.post(f"wishes/{wish.pk}/progress/", {"note": "已下单"}, status=403)
    monkeypatch.setattr(rules, "party_of", lambda by, found, move: party(scene.league, found, move))
    assert door.post(f"wishes/{wish.pk}/progress/", {"note": "已下单"})["state"] == "claimed"


def test_anonymous_and_unregistered_move_nothing(scene: WishScene) -> None:
    wish = scene.in_state(S.OPEN)
    for move in MOVES:
        Api().post(f"wishes/{wish.pk}/{move}/", body_for(scene, move, "rider"), status=401, key="one")
    by_text = api_of(scene.street)  # signed in by text message only: no role
    assert by_text.post(f"wishes/{wish.pk}/withdraw/", {"reason": "广告"}, status=403)["code"] == "not_allowed"
    assert by_text.get(f"wishes/{wish.pk}/")["allowed"] == []
