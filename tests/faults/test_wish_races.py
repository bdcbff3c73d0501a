"""Fifty claims of one wish at once: exactly one stands, by code and by constraint."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.roles import Role
from accounts.services import tokens
from tests.core.conftest import in_parallel
from tests.factories.people import staff
from tests.factories.places import Kind, organisation
from tests.factories.wishes import WishScene, wish_scene
from tests.meeting import read_without_lock
from wishes.models import Claim, Wish
from wishes.states import WishState

pytestmark = pytest.mark.django_db(transaction=True)
TIMES, CLAIMERS = 50, 10


def claimed_at_once(scene: WishScene, wish: Wish) -> Counter[int]:
    """Ten organisations, five requests each, all with keys of their own."""
    claimers = []
    for _ in range(CLAIMERS):
        office = organisation(scene.district.root, kind=Kind.DEPARTMENT)
        claimers.append((office, tokens.issue(staff(Role.CLAIMER, office), staff=True)[1]))

    def claim(number: int) -> int:
        office, token = claimers[number % CLAIMERS]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{number}"}
        client = APIClient(headers=headers, raise_request_exception=False)
        body = {"organisation": office.pk}
        return int(client.post(f"/api/v1/wishes/{wish.pk}/claim/", body, format="json").status_code)

    answers = Counter(in_parallel(TIMES, claim, threads=16))
    wish.refresh_from_db()
    return answers


def test_fifty_claims_of_one_wish_are_one() -> None:
    scene = wish_scene()
    wish = scene.in_state(WishState.OPEN)
    answers = claimed_at_once(scene, wish)
    assert answers == {200: 1, 409: TIMES - 1}
    live = Claim.objects.get()
    assert (wish.state, live.organisation) == (WishState.CLAIMED, wish.claimed_by)
    assert wish.steps.filter(move="claim").count() == 1


def test_without_the_lock_the_constraint_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = wish_scene()
    wish = scene.in_state(WishState.OPEN)
    read_without_lock(monkeypatch, Wish)
    answers = claimed_at_once(scene, wish)
    assert answers[200] == 1
    assert Claim.objects.live().count() == 1


def test_without_lock_and_constraint_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same fifty, and nothing that holds them back."""
    scene = wish_scene()
    wish = scene.in_state(WishState.OPEN)
    read_without_lock(monkeypatch, Wish)
    with without_constraint():
        answers = claimed_at_once(scene, wish)
        assert answers[200] > 1
        assert Claim.objects.live().count() > 1


@contextmanager
def without_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'claim_one_live_per_wish'")
        [(written,)] = cursor.fetchall()
        cursor.execute("DROP INDEX claim_one_live_per_wish")
        try:
            yield
        finally:
            cursor.execute("TRUNCATE wishes_claim CASCADE")
            cursor.execute(written)


def test_fifty_wishes_of_one_courier_are_one() -> None:
    scene = wish_scene()
    token = tokens.issue(scene.rider.user, staff=False)[1]
    body = {"category": "daily", "title": "风扇", "price": 100, "station": scene.station.code, "for_whom": "自己",
            "text": "", "anonymous": False}  # fmt: skip

    def hang(number: int) -> int:
        client = APIClient(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)
        return int(client.post("/api/v1/wishes/", body, format="json").status_code)

    assert Counter(in_parallel(TIMES, hang, threads=16)) == {201: 1, 409: TIMES - 1}
    assert Wish.objects.count() == 1
