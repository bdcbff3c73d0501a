"""What lies on the shelves is counted, confirmed by the counter, and posted by street or district."""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter

from django.db import IntegrityError

from accounts.models import User
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from gifts.models import LARGEST_QUANTITY, Gift, StockTake, StockTakeLine
from gifts.problems import (
    BelowReserved,
    CountOvertaken,
    NothingCounted,
    SecondPersonNeeded,
    StockTakeClosed,
    StockTakeUnderWay,
)
from gifts.rules import may_cancel_stock_take, may_finish_stock_takes
from gifts.services.stock import post_difference
from gifts.services.words import reason_in
from gifts.states import STOCK_TAKE_MOVES, StockTakeState
from points import ledger
from points.models import Balance
from stations.models import Station
from stations.rules import serves


def begin(station: Station, *, by: User, at: datetime | None = None) -> StockTake:
    """Open the one stock-take a station may have. Raises NotThere when the station is not `by`'s to serve,
    StockTakeUnderWay when one is open or waits to be posted."""
    if not serves(by, station):
        raise NotThere
    stock_take = StockTake(number=f"S{codes.random_code(8)}", station=station, begun_by=by, begun_at=at or clock.now())
    try:
        with unit_of_work():
            stock_take.save(force_insert=True)
            audit.record(by, "stock_take.begun", stock_take, {"station": station.code})
    except IntegrityError as error:
        if StockTake.objects.live().filter(station=station).exists():
            raise StockTakeUnderWay from error
        raise
    return stock_take


def count(stock_take: StockTake, gift: Gift, counted: int, *, by: User, at: datetime | None = None) -> StockTakeLine:
    """Write down that `counted` whole pieces of `gift` lie there now. See `count_all`."""
    return count_all(stock_take, {gift: counted}, by=by, at=at)[0]


def count_all(
    stock_take: StockTake, counts: Mapping[Gift, int], *, by: User, at: datetime | None = None
) -> list[StockTakeLine]:
    """Write several counts down, all or none; a gift counted again replaces what was counted of it before.

    Beside each stands what the books say at this moment, read under the lock of that stock's balance: a hand-over
    before or after changes books and shelf alike, so the difference stays true while the counter is open. Raises
    NotThere, StockTakeClosed when it is not a draft, BadValue (names the gift as field) outside 0 to 10,000. Locks the
    stock-take, then the balances in the order of their accounts.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(stock_take)
        if not serves(by, locked.station):
            raise NotThere
        if locked.state != StockTakeState.DRAFT:
            raise _closed(locked)
        for gift, counted in counts.items():
            if type(counted) is not int or not 0 <= counted <= LARGEST_QUANTITY:
                raise BadValue(f"{gift.name}的实盘数必须是 0 到 {LARGEST_QUANTITY} 的整数。", field=gift.code)
        books = _books(locked.station, list(counts))
        lines = []
        for gift, counted in counts.items():
            expected = books[gift.pk].posted
            line, _ = StockTakeLine.objects.update_or_create(
                stock_take=locked, gift=gift, defaults={"counted": counted, "expected": expected, "by": by, "at": at}
            )
            facts = {"gift": gift.code, "counted": counted, "expected": expected}
            audit.record(by, "stock_take.counted", locked, facts)
            lines.append(line)
    return lines


def confirm(stock_take: StockTake, *, by: User, at: datetime | None = None) -> StockTake:
    """The counter stands by its numbers, which do not change from here on. Raises NotThere, StockTakeClosed the second
    time, NothingCounted."""
    at = at or clock.now()
    with unit_of_work():
        locked = _moving(stock_take, "confirm", serves, by)
        lines = locked.lines.count()
        if not lines:
            raise NothingCounted
        locked.confirmed_by, locked.confirmed_at = by, at
        locked.save(update_fields=["state", "confirmed_by", "confirmed_at"])
        audit.record(by, "stock_take.confirmed", locked, {"lines": lines})
    return locked


def reopen(stock_take: StockTake, *, by: User) -> StockTake:
    """Back to counting: the counter found a slip, or the street sends it back. What was counted stays until it is
    counted again. Raises NotThere, StockTakeClosed unless it waits to be posted."""
    with unit_of_work():
        locked = _moving(stock_take, "reopen", serves, by)
        locked.confirmed_by = locked.confirmed_at = None
        locked.save(update_fields=["state", "confirmed_by", "confirmed_at"])
        audit.record(by, "stock_take.reopened", locked)
    return locked


def finish(stock_take: StockTake, *, by: User, at: datetime | None = None) -> StockTake:
    """Post what was found to differ, every line or none.

    Street and district, and never who confirmed. What is posted is counted less expected, as it stood when it was
    counted: hand-overs since then are in the books already. Raises NotThere, StockTakeClosed unless it waits to be
    posted, SecondPersonNeeded, CountOvertaken when less lies in the books than would leave them, BelowReserved when
    that would touch what is set aside. Locks the stock-take, then the balances in the order of their accounts.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _moving(stock_take, "finish", may_finish_stock_takes, by)
        if locked.confirmed_by_id == by.pk:
            raise SecondPersonNeeded
        lines = list(locked.lines.select_related("gift"))
        books = _books(locked.station, [line.gift for line in lines])
        for line in lines:
            _refuse_impossible(line, books[line.gift_id])
        for line in lines:
            post_difference(
                line.gift, locked.station, counted=line.counted, difference=line.difference, by=by, at=at,
                stock_take=locked,
            )  # fmt: skip
        locked.ended_by, locked.ended_at = by, at
        locked.save(update_fields=["state", "ended_by", "ended_at"])
        differing = sum(line.difference != 0 for line in lines)
        audit.record(by, "stock_take.finished", locked, {"lines": len(lines), "differing": differing})
    return locked


def cancel(stock_take: StockTake, *, reason: str, by: User, at: datetime | None = None) -> StockTake:
    """Throw a stock-take away before it is posted; its lines are kept. Raises BadValue without a reason, NotThere,
    StockTakeClosed."""
    reason = reason_in(reason, "作废原因")
    with unit_of_work():
        locked = _moving(stock_take, "cancel", may_cancel_stock_take, by)
        locked.ended_by, locked.ended_at, locked.note = by, at or clock.now(), reason
        locked.save(update_fields=["state", "ended_by", "ended_at", "note"])
        audit.record(by, "stock_take.cancelled", locked)
    return locked


def _locked(stock_take: StockTake) -> StockTake:
    rows = StockTake.objects.select_for_update(of=("self",)).select_related("station__organisation")
    found: StockTake = rows.get(pk=stock_take.pk)
    return found


def _moving(stock_take: StockTake, move: str, may: Callable[[User, Station], bool], by: User) -> StockTake:
    """The stock-take, locked and in the state after `move`, not yet saved. NotThere before anything is told of it."""
    before, after = STOCK_TAKE_MOVES[move]
    locked = _locked(stock_take)
    if not may(by, locked.station):
        raise NotThere
    if locked.state not in before:
        raise _closed(locked)
    locked.state = after
    return locked


def _closed(stock_take: StockTake) -> StockTakeClosed:
    return StockTakeClosed(state=StockTakeState(stock_take.state).label)


def _books(station: Station, gifts: list[Gift]) -> dict[int, Balance]:
    """Gift id → its balance at the station, locked, in the order in which the ledger locks."""
    accounts = {ledger.stock_account(station.pk, gift.code): gift.pk for gift in sorted(gifts, key=attrgetter("pk"))}
    rows = Balance.objects.select_for_update().filter(pk__in=accounts).order_by("pk")
    return {accounts[balance.pk]: balance for balance in rows}


def _refuse_impossible(line: StockTakeLine, books: Balance) -> None:
    left = books.posted + line.difference
    if line.difference < 0 and left < 0:
        raise CountOvertaken(gift=line.gift.name)
    if line.difference < 0 and left < books.held:
        raise BelowReserved(gift=line.gift.name)
