"""The table of moves again, through the doors that programs use: every forbidden move is refused there too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from fengchao.core import clock
from tests.factories import Api, api_of
from tests.factories.vouchers import VoucherScene
from tests.vouchers.test_moves import OWNERS, PEOPLE, expected, person
from vouchers import rules
from vouchers.models import Booking, Voucher
from vouchers.states import Party, VoucherState

pytestmark = pytest.mark.django_db
S = VoucherState
STATUS = {"not_found": 404, "not_allowed": 403, "wrong_state": 409, "already_checked_in": 409, "not_booked": 409}
TODAY = ("book", "change", "cancel", "void")
"""Asked now; the others on the morning of the booking."""
DOORS: dict[str, Callable[[VoucherScene], dict[str, Any]]] = {
    "check-in": lambda scene: {},
    "tick": lambda scene: {"item": scene.items[0].pk, "done": True},
    "complete": lambda scene: {},
    "no-show": lambda scene: {},
    "void": lambda scene: {"reason": "登记错了"},
}


def wanted(state: VoucherState, move: str, who: str) -> str:
    """What domain.md says. Bookings are the courier's own door, at which staff hear that it is not theirs before
    anything is looked up; and what is not booked has no booking to change or cancel."""
    if move in ("book", "change", "cancel") and who != "rider":
        return "not_allowed"
    code = expected(state, move, who)
    return "not_found" if move in ("change", "cancel") and code == "wrong_state" else code


def ask(api: Api, scene: VoucherScene, voucher: Voucher, move: str, status: int) -> str:
    """The state afterwards or the code of the refusal; what it did is undone."""
    booking = Booking.objects.filter(voucher=voucher).order_by("-pk").first()
    place = f"bookings/{booking.pk if booking else 77}/"
    slot, good = scene.slot(days=4).pk, status < 300
    with transaction.atomic():
        match move:
            case "book":
                body = {"voucher": voucher.code, "slot": slot}
                said = api.post("bookings/", body, status=201 if good else status, key="one")
            case "change":
                said = api.patch(place, {"slot": slot}, status=status)
            case "cancel":
                said = api.delete(place, status=204 if good else status)
            case _:
                said = api.post(f"vouchers/{voucher.code}/{move}/", DOORS[move](scene), status=status)
        state = Voucher.objects.get(pk=voucher.pk).state
        transaction.set_rollback(True)
    if good and move not in ("book", "change", "cancel"):
        assert said["state"] == state
    return state if good else str(said["code"])


def api_for(scene: VoucherScene, who: str) -> Api:
    return api_of(person(scene, who), staff=who != "rider")


MORNING = pytest.mark.parametrize("morning", [False, True], ids=["today", "that morning"])


@pytest.mark.parametrize("state", VoucherState)
@MORNING
def test_moves_from_every_state_by_everybody(
    scene: VoucherScene, monkeypatch: pytest.MonkeyPatch, state: VoucherState, morning: bool
) -> None:
    """What is allowed, and a third of what is refused."""
    assert walk(scene, monkeypatch, state, morning=morning, one_in=3) >= 28 // 3


@pytest.mark.slow
@pytest.mark.parametrize("state", VoucherState)
@MORNING
def test_every_move_from_every_state_by_everybody(
    scene: VoucherScene, monkeypatch: pytest.MonkeyPatch, state: VoucherState, morning: bool
) -> None:
    assert walk(scene, monkeypatch, state, morning=morning, one_in=1) == 7 * 4


def walk(
    scene: VoucherScene, monkeypatch: pytest.MonkeyPatch, state: VoucherState, *, morning: bool, one_in: int
) -> int:
    """How many moves were tried."""
    voucher, asked = scene.in_state(state), 0
    turn = count(list(VoucherState).index(state))
    moves = [move for move in OWNERS if (move not in TODAY) == morning]
    if morning:
        at: datetime = scene.slot(days=3).starts_at + timedelta(minutes=5)
        monkeypatch.setattr(clock, "now", lambda: at)
    for who in PEOPLE:
        api = api_for(scene, who)
        reads = expected(state, "void", who) != "not_found"
        seen = api.get(f"vouchers/{voucher.code}/", status=200 if reads else 404)
        for move in moves:
            code = wanted(state, move, who)
            if next(turn) % one_in and code not in VoucherState.values:
                continue
            came = ask(api, scene, voucher, move, STATUS.get(code, 200))
            assert (state, who, move, came) == (state, who, move, code)
            if reads:
                assert (who, move, move in seen["allowed"]) == (who, move, came in VoucherState.values)
            asked += 1
        voucher.refresh_from_db()
        assert voucher.state == state
    return asked


def test_without_the_rule_a_forbidden_move_would_pass(scene: VoucherScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail."""
    voucher, auditor = scene.issued(), api_of(scene.auditor, staff=True)
    auditor.post(f"vouchers/{voucher.code}/void/", {"reason": "登记错了"}, status=403)
    monkeypatch.setattr(rules, "party_of", lambda by, found, move: Party.DISTRICT)
    assert auditor.post(f"vouchers/{voucher.code}/void/", {"reason": "登记错了"})["state"] == S.VOID


def test_anonymous_and_by_text_message_alone_move_nothing(scene: VoucherScene) -> None:
    voucher = scene.booked()
    at = f"bookings/{scene.booking(voucher).pk}/"
    by_text = api_of(scene.chief)  # signed in by text message only: no role
    for move, body in DOORS.items():
        Api().post(f"vouchers/{voucher.code}/{move}/", body(scene), status=401)
        answer = by_text.post(f"vouchers/{voucher.code}/{move}/", body(scene), status=403)
        assert answer["code"] == "not_allowed"
    slot = {"slot": scene.slot(days=4).pk}
    for api, status in ((Api(), 401), (by_text, 403)):
        api.post("bookings/", {"voucher": voucher.code, **slot}, status=status, key="one")
        api.patch(at, slot, status=status)
        api.delete(at, status=status)
        api.get(f"vouchers/{voucher.code}/", status=status)
    assert Booking.objects.get().outcome == ""
