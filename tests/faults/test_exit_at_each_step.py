"""Wherever a process dies in a request, it has happened whole or not at all, and the repeat is harmless."""

from contextlib import nullcontext
from itertools import count

import pytest

from fengchao.core import idempotency
from fengchao.core.models import Counter as Tries
from gifts.models import Gift
from gifts.services import receive, redeem, refusals, reserve
from tests.faults.exits import Act, Findings, Request, die_at_each_step
from tests.gifts.shop import Shop, open_shop, ticket

pytestmark = pytest.mark.django_db(transaction=True)

numbers = count(1)


def new_gift(shop: Shop) -> Gift:
    """Never handed over before, so that its accounts are opened on the way."""
    gift = Gift.objects.create(code=f"gift-{next(numbers)}", name="毛巾", points=10)
    receive(gift, shop.station, quantity=5, by=shop.worker)
    return gift


def redeeming(shop: Shop) -> Request:
    body = {"ticket": ticket(shop), "gift": new_gift(shop).code, "station": shop.station.code}
    return Request("/api/v1/redemptions/", body)


def annulling(shop: Shop) -> Request:
    slip = redeem(shop.courier, new_gift(shop), station=shop.station, by=shop.worker)
    return Request(f"/api/v1/redemptions/{slip.number}/annul/", {"reason": "给错了"})


def fetching(shop: Shop) -> Request:
    Tries.objects.all().delete()  # each death leaves one that was not taken back, and the eleventh is refused
    code = reserve(shop.courier, new_gift(shop), station=shop.station).pickup_code
    return Request("/api/v1/redemptions/", {"pickup_code": code, "station": shop.station.code})


ACTS = [Act("redeem", redeeming), Act("annul", annulling), Act("pick up", fetching)]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_dying_at_some_steps(act: Act) -> None:
    assert_whole_or_nothing(die_at_each_step(act, open_shop(points=100_000), every=8))


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_dying_at_each_step(act: Act) -> None:
    found = die_at_each_step(act, open_shop(points=100_000))
    assert_whole_or_nothing(found)
    assert found.steps >= 20


def test_control_without_a_transaction_halves_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (idempotency, refusals):
        monkeypatch.setattr(module, "unit_of_work", lambda **_: nullcontext())
    found = die_at_each_step(ACTS[0], open_shop(points=100_000), every=2)
    assert any("'points.transfer': 1" in each and "'gifts.redemption': 1" not in each for each in found.half)
    assert found.not_once != []


def test_control_another_key_does_it_twice() -> None:
    found = die_at_each_step(ACTS[0], open_shop(points=100_000), every=100, same_key=False)
    assert (found.whole, found.half) == (1, [])
    assert ["'gifts.redemption': 2" in each for each in found.not_once] == [True]


def assert_whole_or_nothing(found: Findings) -> None:
    assert (found.half, found.not_once) == ([], [])
    assert found.nothing > 0
    assert found.whole == found.steps - found.nothing > 0
