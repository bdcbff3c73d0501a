"""A gift set aside from the phone: held, fetched, cancelled, or over."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Courier
from accounts.problems import AccountFrozen, CodeExpired, CodeUnknown, CodeUsed
from fengchao.core import clock
from fengchao.core.errors import NotThere
from gifts import problems
from gifts.models import RefusedAttempt, Reservation
from gifts.services import annul, cancel, expire_reservations, pick_up, redeem, reserve
from gifts.services.reservations import HELD_FOR
from points import ledger
from points.models import Hold, Transfer
from points.services import standing
from stations.problems import WrongStation
from tests.gifts.shop import Shop, differences, give, on_hand

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def reserved(shop: Shop, **options: object) -> Reservation:
    return reserve(shop.courier, shop.gift, station=shop.station, **options)  # type: ignore[arg-type]


def test_what_is_set_aside_is_held_and_nothing_moves(shop: Shop) -> None:
    made = reserved(shop, at=NOW)
    mine = standing(shop.courier)
    assert (mine.balance, mine.held, mine.available) == (1500, 1000, 500)
    assert (made.state, made.points, made.expires_at - made.at) == ("reserved", 1000, HELD_FOR)
    assert on_hand(shop) == 10
    assert Hold.objects.open().count() == 2
    assert differences() == []


def test_the_counter_hands_it_over_by_its_code(shop: Shop) -> None:
    made = reserved(shop)
    redemption = pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    made.refresh_from_db()
    assert (made.state, made.redemption, redemption.points) == ("handed_over", redemption, 1000)
    assert (standing(shop.courier).balance, standing(shop.courier).held, on_hand(shop)) == (500, 0, 9)
    assert set(Hold.objects.values_list("resolution", flat=True)) == {"posted"}
    assert differences() == []


def test_a_hand_over_can_be_undone_like_any_other(shop: Shop) -> None:
    redemption = pick_up(reserved(shop).pickup_code, station=shop.station, by=shop.worker)
    annul(redemption, reason="拿错了", by=shop.worker)
    assert (standing(shop.courier).available, on_hand(shop)) == (1500, 10)
    assert differences() == []


def test_the_price_is_that_of_the_day_it_was_set_aside(shop: Shop) -> None:
    made = reserved(shop)
    shop.gift.points, shop.gift.is_active = 5000, False
    shop.gift.save()
    assert pick_up(made.pickup_code, station=shop.station, by=shop.worker).points == 1000


def test_cancelling_gives_everything_back_once(shop: Shop) -> None:
    made = reserved(shop)
    assert cancel(made, by=shop.courier.user).state == "cancelled"
    assert (standing(shop.courier).available, standing(shop.courier).held) == (1500, 0)
    with pytest.raises(problems.ReservationOver):
        cancel(made, by=shop.courier.user)
    with pytest.raises(problems.ReservationOver):
        pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    assert differences() == []


def test_nobody_cancels_for_another(shop: Shop) -> None:
    made = reserved(shop)
    for other in (shop.worker, shop.chief):
        with pytest.raises(NotThere):
            cancel(made, by=other)


def test_what_is_not_fetched_within_48_hours_is_over(shop: Shop) -> None:
    made = reserved(shop, at=NOW)
    over = NOW + HELD_FOR
    assert expire_reservations(over - timedelta(seconds=1)) == 0
    with pytest.raises(CodeExpired):  # the round has not come by yet
        pick_up(made.pickup_code, station=shop.station, by=shop.worker, at=over)
    assert (expire_reservations(over), expire_reservations(over)) == (1, 0)
    with pytest.raises(CodeExpired):
        pick_up(made.pickup_code, station=shop.station, by=shop.worker, at=over)
    assert standing(shop.courier).available == 1500
    assert set(Hold.objects.values_list("resolution", flat=True)) == {"expired"}
    assert differences() == []


def test_a_code_works_once_and_only_at_its_station(shop: Shop) -> None:
    made = reserved(shop)
    with pytest.raises(WrongStation):
        pick_up(made.pickup_code, station=shop.other, by=shop.neighbour)
    with pytest.raises(NotThere):
        pick_up(made.pickup_code, station=shop.station, by=shop.neighbour)
    with pytest.raises(CodeUnknown):
        pick_up("AAAAAAAA", station=shop.station, by=shop.worker)
    pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    with pytest.raises(CodeUsed):
        pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    kept = RefusedAttempt.objects.order_by("pk").values_list("attempt", "code")
    assert list(kept) == [("pick_up", "wrong_station"), ("pick_up", "code_unknown"), ("pick_up", "code_used")]


def test_what_is_held_cannot_be_spent_or_set_aside_again(shop: Shop) -> None:
    reserved(shop)
    with pytest.raises(problems.InsufficientPoints):
        redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    with pytest.raises(problems.InsufficientPoints):
        reserved(shop)
    assert RefusedAttempt.objects.filter(code="insufficient_points").count() == 2
    assert differences() == []


def test_the_last_piece_set_aside_is_sold_out_for_others(shop: Shop) -> None:
    give(shop.courier, 20_000)
    for _ in range(10):
        reserved(shop)
    with pytest.raises(problems.SoldOut):
        reserved(shop)
    with pytest.raises(problems.SoldOut):
        redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    assert differences() == []


def test_what_is_set_aside_counts_against_the_monthly_limit(shop: Shop) -> None:
    give(shop.courier, 5000)
    shop.gift.monthly_limit = 2
    shop.gift.save()
    made = reserved(shop)
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    for act in (reserved, lambda shop: redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)):
        with pytest.raises(problems.LimitReached):
            act(shop)
    pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    with pytest.raises(problems.LimitReached):
        reserved(shop)


def test_a_claw_back_blocks_spending_but_not_what_was_promised(shop: Shop) -> None:
    award = Transfer.objects.filter(kind="manual").latest("pk")
    made = reserved(shop)
    ledger.reverse(award, by=None, overdraft=True)
    with pytest.raises(problems.Overdrawn):
        redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    with pytest.raises(problems.Overdrawn):
        reserved(shop)
    pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    assert standing(shop.courier).balance == -1000
    assert differences() == []


def test_who_is_frozen_or_not_verified_reserves_nothing(shop: Shop) -> None:
    made = reserved(shop)
    Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=clock.now())
    shop.courier.refresh_from_db()
    with pytest.raises(AccountFrozen):
        reserved(shop)
    with pytest.raises(AccountFrozen):
        pick_up(made.pickup_code, station=shop.station, by=shop.worker)
    Courier.objects.filter(pk=shop.courier.pk).update(frozen_at=None, verified_at=None, verified_by=None)
    shop.courier.refresh_from_db()
    with pytest.raises(problems.Unverified):
        reserved(shop)
    assert set(RefusedAttempt.objects.values_list("attempt", "by")) == {
        ("reserve", shop.courier.pk),
        ("pick_up", shop.worker.pk),
    }
