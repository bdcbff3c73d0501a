"""What was counted, beside what the books said at that moment, is posted by a second person."""

from collections import Counter
from typing import Any

import pgtrigger
import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from accounts.roles import Role
from fengchao.core.errors import BadValue, NotThere, RuleBroken
from fengchao.core.models import AuditLog
from gifts import problems
from gifts.models import Gift, Movement, StockTake, StockTakeLine
from gifts.services import annul, receive, redeem, reserve, stock_takes
from stations.models import Station
from tests.core.conftest import in_parallel
from tests.factories import courier, staff
from tests.gifts.shop import Shop, differences, give, on_hand, open_shop


def begun(shop: Shop) -> StockTake:
    return stock_takes.begin(shop.station, by=shop.worker)


def confirmed(shop: Shop, counted: int = 8) -> StockTake:
    taken = begun(shop)
    stock_takes.count(taken, shop.gift, counted, by=shop.worker)
    return stock_takes.confirm(taken, by=shop.worker)


def hand_over(shop: Shop) -> None:
    redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)


def outcomes(results: list[Any]) -> Counter[str]:
    return Counter("done" if isinstance(r, StockTake) else getattr(r, "code", repr(r)) for r in results)


def test_counted_confirmed_and_posted(shop: Shop) -> None:
    taken = begun(shop)
    line = stock_takes.count(taken, shop.gift, 8, by=shop.worker)
    assert (line.expected, line.difference, line.by, on_hand(shop)) == (10, -2, shop.worker, 10)
    stock_takes.count(taken, shop.dear, 3, by=shop.colleague)
    assert stock_takes.confirm(taken, by=shop.colleague).state == "confirmed"
    done = stock_takes.finish(taken, by=shop.chief)
    assert (done.state, done.ended_by, on_hand(shop), on_hand(shop, shop.dear)) == ("final", shop.chief, 8, 3)
    posted = Movement.objects.filter(stock_take=taken).order_by("gift__points")
    assert list(posted.values_list("gift__code", "kind", "quantity", "difference", "by")) == [
        ("tissue", "counted", 8, -2, shop.chief.pk),
        ("cooker", "counted", 3, 3, shop.chief.pk),
    ]
    verbs = AuditLog.objects.filter(subject_kind="gifts.stocktake").order_by("pk").values_list("verb", "actor_id")
    assert list(verbs) == [
        ("stock_take.begun", shop.worker.pk),
        ("stock_take.counted", shop.worker.pk),
        ("stock_take.counted", shop.colleague.pk),
        ("stock_take.confirmed", shop.colleague.pk),
        ("stock_take.finished", shop.chief.pk),
    ]


def test_what_was_found_as_the_books_say_is_on_record_and_posts_nothing(shop: Shop) -> None:
    taken = confirmed(shop, counted=10)
    stock_takes.finish(taken, by=shop.chief)
    movement = Movement.objects.get(stock_take=taken)
    assert (movement.difference, movement.transfer_id, on_hand(shop)) == (0, None, 10)


def test_a_hand_over_between_count_and_finish_disturbs_nothing(shop: Shop) -> None:
    """Ten in the books, eight on the shelf; then two are handed over and four come: ten lie there in the end."""
    give(shop.courier, 1000)
    taken = confirmed(shop, counted=8)
    hand_over(shop)
    hand_over(shop)
    receive(shop.gift, shop.station, quantity=4, by=shop.worker)
    stock_takes.finish(taken, by=shop.chief)
    assert on_hand(shop) == 8 - 2 + 4


def test_control_read_at_finish_it_would_lose_the_hand_overs(shop: Shop) -> None:
    """What the test before would find if `expected` were read when it is posted."""
    give(shop.courier, 1000)
    taken = confirmed(shop, counted=8)
    hand_over(shop)
    hand_over(shop)
    receive(shop.gift, shop.station, quantity=4, by=shop.worker)
    with pgtrigger.ignore("gifts.StockTakeLine:only_in_draft"):
        StockTakeLine.objects.update(expected=on_hand(shop))
    stock_takes.finish(taken, by=shop.chief)
    assert on_hand(shop) == 8 != 8 - 2 + 4


def test_a_hand_over_before_the_count_is_no_difference(shop: Shop) -> None:
    taken = begun(shop)
    hand_over(shop)
    assert stock_takes.count(taken, shop.gift, 9, by=shop.worker).difference == 0


def test_counted_again_replaces_and_looks_at_the_books_anew(shop: Shop) -> None:
    taken = begun(shop)
    stock_takes.count(taken, shop.gift, 8, by=shop.worker)
    hand_over(shop)
    again = stock_takes.count(taken, shop.gift, 9, by=shop.colleague)
    assert (again.expected, again.difference, again.by) == (9, 0, shop.colleague)
    assert StockTakeLine.objects.count() == 1


@pytest.mark.parametrize("counted", [-1, 10_001, 1.0, "1", True, None])
def test_only_whole_pieces_in_range_and_all_or_none(shop: Shop, counted: Any) -> None:
    taken = begun(shop)
    with pytest.raises(BadValue) as caught:
        stock_takes.count_all(taken, {shop.gift: 8, shop.dear: counted}, by=shop.worker)
    assert caught.value.field == "cooker"
    assert not StockTakeLine.objects.exists()
    assert stock_takes.count(taken, shop.gift, 0, by=shop.worker).counted == 0


def test_one_at_a_time_at_a_station(shop: Shop) -> None:
    first = begun(shop)
    with pytest.raises(problems.StockTakeUnderWay):
        begun(shop)
    stock_takes.begin(shop.other, by=shop.neighbour)
    stock_takes.cancel(first, reason="点错了", by=shop.worker)
    second = begun(shop)
    stock_takes.count(second, shop.gift, 10, by=shop.worker)
    stock_takes.confirm(second, by=shop.worker)
    with pytest.raises(problems.StockTakeUnderWay):
        begun(shop)
    stock_takes.finish(second, by=shop.chief)
    begun(shop)


def test_an_empty_one_is_not_confirmed(shop: Shop) -> None:
    with pytest.raises(problems.NothingCounted):
        stock_takes.confirm(begun(shop), by=shop.worker)


def test_who_confirmed_never_posts(shop: Shop) -> None:
    taken = begun(shop)
    stock_takes.count(taken, shop.gift, 8, by=shop.chief)
    stock_takes.confirm(taken, by=shop.chief)
    with pytest.raises(problems.SecondPersonNeeded):
        stock_takes.finish(taken, by=shop.chief)
    second = staff(Role.STREET_ADMIN, shop.station.organisation)
    assert stock_takes.finish(taken, by=second).state == "final"


def test_the_database_knows_the_second_person_too(shop: Shop) -> None:
    taken = confirmed(shop)
    with pytest.raises(DatabaseError, match="stock_take_posted_by_another"), transaction.atomic():
        StockTake.objects.filter(pk=taken.pk).update(state="final", ended_by=shop.worker)
    with pytest.raises(DatabaseError, match="lines of a confirmed stock-take"), transaction.atomic():
        StockTakeLine.objects.update(counted=1)


MOVES = {
    "count": lambda taken, shop, by: stock_takes.count(taken, shop.gift, 1, by=by),
    "confirm": lambda taken, shop, by: stock_takes.confirm(taken, by=by),
    "reopen": lambda taken, shop, by: stock_takes.reopen(taken, by=by),
    "finish": lambda taken, shop, by: stock_takes.finish(taken, by=by),
    "cancel": lambda taken, shop, by: stock_takes.cancel(taken, reason="作废", by=by),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("who", ["neighbour", "auditor", "courier"])
def test_whoever_has_no_business_there_learns_nothing(shop: Shop, move: str, who: str) -> None:
    taken = confirmed(shop) if move in ("reopen", "finish") else begun(shop)
    person = shop.courier.user if who == "courier" else getattr(shop, who)
    with pytest.raises(NotThere):
        MOVES[move](taken, shop, person)
    with pytest.raises(NotThere):
        stock_takes.begin(shop.station, by=person)


def test_the_counter_does_not_post(shop: Shop) -> None:
    taken = confirmed(shop)
    with pytest.raises(NotThere):
        stock_takes.finish(taken, by=shop.colleague)


@pytest.mark.parametrize("state", ["draft", "confirmed", "final", "cancelled"])
def test_only_the_moves_of_the_table(shop: Shop, state: str) -> None:
    taken = begun(shop) if state == "draft" else confirmed(shop)
    if state == "final":
        stock_takes.finish(taken, by=shop.chief)
    if state == "cancelled":
        stock_takes.cancel(taken, reason="作废", by=shop.chief)
    legal = {"draft": {"count", "cancel"}, "confirmed": {"reopen", "finish", "cancel"}}.get(state, set())
    wrong = set(MOVES) - legal - ({"confirm"} if state == "draft" else set())
    for move in wrong:
        with pytest.raises(problems.StockTakeClosed):
            MOVES[move](taken, shop, shop.chief)


def test_sent_back_it_is_counted_and_confirmed_again(shop: Shop) -> None:
    taken = confirmed(shop, counted=2)
    again = stock_takes.reopen(taken, by=shop.chief)
    assert (again.state, again.confirmed_by, again.confirmed_at) == ("draft", None, None)
    stock_takes.count(taken, shop.gift, 9, by=shop.worker)
    stock_takes.confirm(taken, by=shop.colleague)
    stock_takes.finish(taken, by=shop.chief)
    assert on_hand(shop) == 9


def test_cancelled_it_posts_nothing_and_says_why(shop: Shop) -> None:
    taken = confirmed(shop)
    with pytest.raises(BadValue):
        stock_takes.cancel(taken, reason="  ", by=shop.worker)
    gone = stock_takes.cancel(taken, reason=" 数错了 货架 ", by=shop.worker)
    assert (gone.state, gone.note, gone.ended_by, on_hand(shop)) == ("cancelled", "数错了 货架", shop.worker, 10)


def test_what_is_set_aside_stays(shop: Shop) -> None:
    """All or nothing: the line that could be posted is not posted either."""
    taken = begun(shop)
    stock_takes.count_all(taken, {shop.dear: 2, shop.gift: 0}, by=shop.worker)
    stock_takes.confirm(taken, by=shop.worker)
    made = reserve(shop.courier, shop.gift, station=shop.station)
    with pytest.raises(problems.BelowReserved, match="手提纸有预约未取"):
        stock_takes.finish(taken, by=shop.chief)
    taken.refresh_from_db()
    assert (taken.state, on_hand(shop), on_hand(shop, shop.dear)) == ("confirmed", 10, 0)
    assert made.state == "reserved"


def test_a_count_that_hand_overs_have_proved_wrong(shop: Shop) -> None:
    give(shop.courier, 2000)
    taken = confirmed(shop, counted=1)
    for _ in range(2):
        hand_over(shop)
    with pytest.raises(problems.CountOvertaken, match="重新数"):
        stock_takes.finish(taken, by=shop.chief)
    assert on_hand(shop) == 8


def test_a_station_out_of_use_can_still_be_settled_by_the_street(shop: Shop) -> None:
    taken = confirmed(shop)
    Station.objects.filter(pk=shop.station.pk).update(is_active=False)
    with pytest.raises(NotThere):
        stock_takes.reopen(taken, by=shop.worker)
    assert stock_takes.finish(taken, by=shop.chief).state == "final"


def test_verify_finds_a_final_count_that_posted_something_else(shop: Shop) -> None:
    taken = confirmed(shop)
    stock_takes.finish(taken, by=shop.chief)
    with transaction.atomic():
        with pgtrigger.ignore("gifts.StockTakeLine:only_in_draft"):
            StockTakeLine.objects.update(counted=9)
        assert [text for text in differences() if "final_stock_take_posted_its_lines" in text]
        transaction.set_rollback(True)


def people_of(shop: Shop, role: str, number: int) -> list[User]:
    found = [staff(role, shop.station.organisation) for _ in range(number)]
    for person in found:
        person.roles  # noqa: B018  # read once, as in a request
    return found


@pytest.mark.django_db(transaction=True)
def test_two_people_confirm_at_once() -> None:
    shop = open_shop()
    taken = begun(shop)
    stock_takes.count(taken, shop.gift, 8, by=shop.worker)
    people = people_of(shop, Role.COUNTER, 8)
    found = outcomes(in_parallel(8, lambda number: stock_takes.confirm(taken, by=people[number])))
    assert found == {"done": 1, "wrong_state": 7}
    assert AuditLog.objects.filter(verb="stock_take.confirmed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_begin_at_once() -> None:
    shop = open_shop()
    people = people_of(shop, Role.COUNTER, 8)
    found = outcomes(in_parallel(8, lambda number: stock_takes.begin(shop.station, by=people[number])))
    assert found == {"done": 1, "stock_take_under_way": 7}


@pytest.mark.django_db(transaction=True)
def test_posted_once_by_many_at_once_while_the_counter_is_open() -> None:
    shop = open_shop(pieces=50, points=0)
    riders = [courier() for _ in range(20)]
    for rider in riders:
        give(rider, 1000)
    receive(shop.dear, shop.station, quantity=5, by=shop.worker)
    taken = begun(shop)
    stock_takes.count_all(taken, {shop.gift: 47, shop.dear: 6}, by=shop.worker)
    stock_takes.confirm(taken, by=shop.worker)
    people = people_of(shop, Role.STREET_ADMIN, 8)
    shop.worker.roles  # noqa: B018

    def act(number: int) -> Any:
        if number % 4:
            return redeem(riders[number % 20], shop.gift, station=shop.station, by=shop.worker)
        return stock_takes.finish(taken, by=people[number // 4])

    results = in_parallel(24, act)
    posted = outcomes([result for number, result in enumerate(results) if number % 4 == 0])
    served = sum(not isinstance(result, RuleBroken) for number, result in enumerate(results) if number % 4)
    assert posted == {"done": 1, "wrong_state": 5}
    assert (on_hand(shop), on_hand(shop, shop.dear), differences()) == (50 - 3 - served, 6, [])


@pytest.mark.django_db(transaction=True)
def test_counting_while_the_counter_is_open_never_mixes_before_and_after() -> None:
    """Every count saw the books between two hand-overs, so with a true shelf the difference is always the same."""
    shop = open_shop(pieces=40, points=40_000)
    taken = begun(shop)
    shelf = 37  # three were stolen before
    shop.worker.roles  # noqa: B018

    def act(number: int) -> Any:
        if number % 2:
            return redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
        return stock_takes.count(taken, shop.gift, shelf, by=shop.worker).expected

    seen = [result for number, result in enumerate(in_parallel(20, act)) if number % 2 == 0]
    assert all(type(expected) is int and 30 <= expected <= 40 for expected in seen)
    line = StockTakeLine.objects.get()
    stock_takes.confirm(taken, by=shop.worker)
    stock_takes.finish(taken, by=shop.chief)
    assert (on_hand(shop), differences()) == (30 + shelf - line.expected, [])


def test_an_undone_hand_over_after_the_count_comes_back_too(shop: Shop) -> None:
    hand = redeem(shop.courier, shop.gift, station=shop.station, by=shop.worker)
    taken = confirmed(shop, counted=9)
    annul(hand, reason="给错了", by=shop.worker)
    stock_takes.finish(taken, by=shop.chief)
    assert on_hand(shop) == 10
    assert Gift.objects.count() == 2
