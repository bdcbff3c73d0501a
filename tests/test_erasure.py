"""Who closes his account leaves nothing set aside behind."""

import pytest

from fengchao import erasure
from gifts.models import Reservation
from gifts.services import pick_up, reserve
from points.services import standing
from tests.factories import api_of
from tests.gifts.shop import differences, on_hand, open_shop

pytestmark = pytest.mark.django_db


def test_closing_an_account_gives_back_what_was_set_aside() -> None:
    shop = open_shop(points=3500)
    fetched, *_ = (reserve(shop.courier, shop.gift, station=shop.station) for _ in range(3))
    pick_up(fetched.pickup_code, station=shop.station, by=shop.worker)
    assert standing(shop.courier).held == 2000
    api_of(shop.courier.user).delete("me/")
    assert sorted(Reservation.objects.values_list("state", flat=True)) == ["cancelled", "cancelled", "handed_over"]
    assert (standing(shop.courier).balance, standing(shop.courier).held, on_hand(shop)) == (2500, 0, 9)
    assert differences() == []


def test_both_or_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = open_shop()
    reserve(shop.courier, shop.gift, station=shop.station)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(erasure.closing, "close_account", fails)
    with pytest.raises(RuntimeError):
        erasure.close_account(shop.courier.user, by=shop.courier.user)
    assert Reservation.objects.get().state == "reserved"
    assert standing(shop.courier).held == 1000


def test_a_repeat_changes_nothing() -> None:
    shop = open_shop()
    reserve(shop.courier, shop.gift, station=shop.station)
    for _ in range(2):
        erasure.close_account(shop.courier.user, by=shop.courier.user)
    assert Reservation.objects.get().state == "cancelled"
    assert differences() == []
