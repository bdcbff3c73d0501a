import pytest
from django.db import DatabaseError, transaction

from fengchao.core.errors import BadValue, NotThere
from fengchao.core.models import AuditLog
from gifts import problems
from gifts.models import Movement
from gifts.services import move, receive, redeem, reserve, stock_levels
from tests.factories import staff
from tests.gifts.shop import Shop, differences, on_hand


def test_received_pieces_lie_on_the_shelf(shop: Shop) -> None:
    movement = receive(shop.dear, shop.station, quantity=7, note=" 示例 到货 ", by=shop.chief)
    assert (on_hand(shop, shop.dear), movement.kind, movement.note) == (7, "received", "示例 到货")
    assert AuditLog.objects.get(verb="stock.received", subject_key=str(movement.pk)).actor_id == shop.chief.pk


def test_every_kind_moves_the_right_way(shop: Shop) -> None:
    shop.worker = staff("counter", shop.station.organisation)
    shop.worker.memberships.create(organisation=shop.other.organisation, role="counter")
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    move("returned", shop.gift, shop.station, quantity=1, by=shop.worker)
    move("written_off", shop.gift, shop.station, quantity=2, by=shop.worker)
    move("transferred", shop.gift, shop.station, quantity=3, to_station=shop.other, by=shop.worker)
    assert (on_hand(shop), on_hand(shop, station=shop.other)) == (5, 3)
    levels = {level.gift.code: (level.on_hand, level.reserved, level.available) for level in stock_levels(shop.station)}
    assert levels == {"tissue": (5, 0, 5), "cooker": (0, 0, 0)}


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 1.0, "1", True, None])
def test_only_whole_pieces_in_range(shop: Shop, quantity: object) -> None:
    with pytest.raises(BadValue) as caught:
        receive(shop.gift, shop.station, quantity=quantity, by=shop.worker)  # type: ignore[arg-type]
    assert caught.value.field == "quantity"
    assert on_hand(shop) == 10


def test_no_more_leaves_than_lies_there(shop: Shop) -> None:
    with pytest.raises(problems.SoldOut):
        move("written_off", shop.gift, shop.station, quantity=11, by=shop.worker)
    assert (on_hand(shop), Movement.objects.count()) == (10, 1)


def test_a_transfer_names_another_station_that_is_ours(shop: Shop) -> None:
    for to_station in (None, shop.station, shop.other):
        with pytest.raises(BadValue) as caught:
            move("transferred", shop.gift, shop.station, quantity=1, to_station=to_station, by=shop.worker)
        assert caught.value.field == "to_station"
    with pytest.raises(BadValue):
        move("received", shop.gift, shop.station, quantity=1, to_station=shop.other, by=shop.worker)
    with pytest.raises(BadValue):
        move("stolen", shop.gift, shop.station, quantity=1, by=shop.worker)


def test_a_count_posts_the_difference_and_only_that(shop: Shop) -> None:
    fewer = move("counted", shop.gift, shop.station, quantity=7, by=shop.worker, note="少了三件")
    assert (fewer.difference, on_hand(shop)) == (-3, 7)
    same = move("counted", shop.gift, shop.station, quantity=7, by=shop.worker)
    assert (same.difference, same.transfer_id, on_hand(shop)) == (0, None, 7)
    more = move("counted", shop.gift, shop.station, quantity=9, by=shop.worker)
    assert (more.difference, on_hand(shop)) == (2, 9)
    nothing = move("counted", shop.gift, shop.station, quantity=0, by=shop.worker)
    assert (nothing.difference, on_hand(shop)) == (-9, 0)
    assert differences() == []


def test_a_count_below_what_is_set_aside_is_refused(shop: Shop) -> None:
    reserve(shop.courier, shop.gift, station=shop.station)
    with pytest.raises(problems.BelowReserved):
        move("counted", shop.gift, shop.station, quantity=0, by=shop.worker)
    assert move("counted", shop.gift, shop.station, quantity=1, by=shop.worker).difference == -9
    assert differences() == []


@pytest.mark.parametrize("who", ["neighbour", "auditor"])
def test_only_who_serves_the_station_moves_its_stock(shop: Shop, who: str) -> None:
    with pytest.raises(NotThere):
        receive(shop.gift, shop.station, quantity=1, by=getattr(shop, who))


def test_the_database_knows_the_limits_too(shop: Shop) -> None:
    made = Movement.objects.get()
    for change in ({"quantity": 0}, {"quantity": 10_001}, {"kind": "stolen"}, {"to_station": shop.other}):
        made.pk = None
        made.number = "Mtest"
        with pytest.raises(DatabaseError), transaction.atomic():
            Movement(**{**_values(made), **change}).save(force_insert=True)


def _values(movement: Movement) -> dict[str, object]:
    names = ("number", "station", "gift", "kind", "quantity", "at", "by", "transfer")
    return {name: getattr(movement, name) for name in names}
