"""The table of moves through the doors for people: the claimants' desk and the courier's page. The admin's is walked in
its own file."""

from contextlib import suppress

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from tests.factories import page_client, staff_client
from tests.factories.people import courier, outlet
from tests.factories.wishes import WAYS, WishScene
from wishes.models import Wish
from wishes.states import MOVES, WishState

pytestmark = pytest.mark.django_db
S = WishState

WORDS = {
    "progress": {"note": "已下单"}, "deliver": {"text": "放在柜台"}, "release": {"reason": "买不到"},
    "thank": {"text": "谢谢"},
}  # fmt: skip
DOORS = {
    "desk": (("claim", "progress", "release", "deliver"), "/desk/wishes/{key}/{move}/"),
    "page": (("confirm", "thank", "withdraw"), "/wishes/{key}/{move}/"),
}


class Undone(Exception):
    """Takes a try back."""


def tried(client: Client, wish: Wish, move: str, address: str) -> tuple[int, str]:
    """Status of the answer, and the state that came of it."""
    came = (0, "")
    with suppress(Undone), transaction.atomic():
        answer = client.post(address.format(key=wish.pk, move=move), {"key": move, **WORDS.get(move, {})})
        came = answer.status_code, Wish.objects.get(pk=wish.pk).state
        raise Undone
    return came


def after(state: WishState, move: str) -> str:
    """What domain.md says of who may; where the move does not go, nothing happens."""
    before, target = MOVES[move]
    return target if state in before else state


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("door", DOORS)
def test_every_move_from_every_state(scene: WishScene, door: str, state: WishState) -> None:
    moves, address = DOORS[door]
    wish = scene.in_state(state)
    client = staff_client(scene.league) if door == "desk" else page_client(scene.rider.user)
    for move in moves:
        status, came = tried(client, wish, move, address)
        assert (move, came) == (move, after(state, move))
        assert status < 500


@pytest.mark.parametrize("state", WAYS)
def test_others_move_nothing_through_either(scene: WishScene, state: WishState) -> None:
    wish = scene.in_state(state)
    stranger = courier(outlet(scene.district.community)).user
    people: dict[str, tuple[User, ...]] = {
        "desk": (scene.street, scene.worker, scene.elsewhere), "page": (stranger, scene.league, scene.street),
    }  # fmt: skip
    for door, (moves, address) in DOORS.items():
        for person in people[door]:
            client = page_client(person) if person is stranger else staff_client(person)
            for move in moves:
                status, came = tried(client, wish, move, address)
                assert (door, move, came) == (door, move, state)
                assert status in (302, 403, 404)
    for move in ("progress", "release", "deliver"):  # of another claiming organisation
        assert tried(staff_client(scene.company), wish, move, DOORS["desk"][1])[1] == state
