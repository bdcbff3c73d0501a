"""`manage.py verify` finds every planted fault of a wish, and nothing where there is none."""

import pytest
from django.db import connection

from fengchao.management.commands.verify import differences
from tests.factories.people import courier
from tests.factories.wishes import WAYS, WishScene
from tests.points.test_verify import without_triggers
from wishes import services
from wishes.models import Wish
from wishes.states import WishState
from wishes.verify import _CHECKS, checks

pytestmark = pytest.mark.django_db
S = WishState

FAULTS: dict[str, tuple[WishState, str]] = {
    "wish_begins_with_its_hanging": (S.REVIEW, "UPDATE wishes_step SET move = 'progress' WHERE wish_id = {wish}"),
    "wish_is_where_its_last_step_left_it": (S.REVIEW, "UPDATE wishes_wish SET state = 'withdrawn' WHERE id = {wish}"),
    "wish_step_is_a_move_of_the_table": (
        S.CLAIMED, "UPDATE wishes_step SET move = 'confirm' WHERE move = 'claim' AND wish_id = {wish}",
    ),
    "wish_is_with_whom_it_was_claimed_by": (
        S.CLAIMED, "UPDATE wishes_wish SET claimed_by_id = {other} WHERE id = {wish}",
    ),
    "wish_has_a_claim_for_each_time_it_was_claimed": (
        S.CLAIMED, "INSERT INTO wishes_claim (wish_id, organisation_id, by_id, at, progress_at, released_at)"
        " SELECT wish_id, organisation_id, by_id, at, progress_at, at FROM wishes_claim WHERE wish_id = {wish}",
    ),
    "wish_times_are_as_its_steps_say": (
        S.FULFILLED, "UPDATE wishes_wish SET lit_at = lit_at - interval '1 day' WHERE id = {wish}",
    ),
    "improvement_done_delivered_its_wishes": (
        S.OPEN, "UPDATE wishes_improvement SET done_at = clock_timestamp(), note = '好了'",
    ),
}  # fmt: skip


def test_every_check_has_its_fault() -> None:
    assert set(FAULTS) == set(_CHECKS)


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found(scene: WishScene, check: str) -> None:
    state, fault = FAULTS[check]
    wish, _ = scene.in_state(state), scene.in_state(S.FULFILLED, rider=courier())
    if state == S.OPEN:
        services.plan(scene.station, title="常备冰水", wishes=[wish], by=scene.street)
    assert list(checks()) == []
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(fault.format(wish=wish.pk, other=scene.shop.pk))
    found = {difference.check: difference.subject for difference in checks()}
    assert f"wish {wish.pk}" in found[check]


def test_whatever_can_happen_to_a_wish_is_in_order(scene: WishScene) -> None:
    for state in WAYS:
        scene.in_state(state, rider=courier())
    wish = scene.in_state(S.CLAIMED)
    for move in ("progress", "release", "claim", "progress", "deliver", "thank"):
        wish = scene.make(wish, move)
    shared = services.approve(scene.hung(), by=scene.street)
    better = services.plan(scene.station, title="常备冰水", wishes=[shared], by=scene.street)
    services.finish(better, note="好了", by=scene.street)
    assert Wish.objects.count() == len(WAYS) + 2
    assert list(checks()) == []


@pytest.mark.django_db(transaction=True)
def test_the_command_looks_at_wishes(scene: WishScene) -> None:
    wish = scene.in_state(S.REVIEW)
    assert differences() == []
    Wish.objects.filter(pk=wish.pk).update(state=S.WITHDRAWN)
    assert {difference.check for difference in differences()} == {"wish_is_where_its_last_step_left_it"}
