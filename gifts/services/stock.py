"""What comes into a station's stock and leaves it, other than over the counter."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from fengchao.core import audit, clock, codes
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from gifts.models import LARGEST_QUANTITY, Gift, Movement, StockTake
from gifts.problems import BelowReserved, SoldOut
from gifts.states import MovementKind
from points import ledger
from points.ledger import Leg, Source
from points.models import Balance
from points.problems import Insufficient
from stations.models import Station
from stations.rules import serves

NOTE_LENGTH = 200


@dataclass(frozen=True)
class StockLevel:
    """What lies at a station of one gift; `came` says whether it ever did."""

    gift: Gift
    on_hand: int
    reserved: int
    came: bool

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """As `GiftQuerySet.running_low`: what never lay here is not missed."""
        return self.came and self.available <= self.gift.low_stock


def receive(
    gift: Gift, station: Station, *, quantity: int, note: str = "", by: User, at: datetime | None = None
) -> Movement:
    """Take `quantity` pieces of `gift` into the stock of `station`. See `move`."""
    return move(MovementKind.RECEIVED, gift, station, quantity=quantity, note=note, by=by, at=at)


def move(
    kind: str,
    gift: Gift,
    station: Station,
    *,
    quantity: int,
    by: User,
    to_station: Station | None = None,
    note: str = "",
    at: datetime | None = None,
) -> Movement:
    """Post one stock movement of `quantity` whole pieces, 1 to 10,000.

    received: from the supplier. returned: brought back by somebody who had been given it. transferred: to `to_station`,
    which `by` serves too. written_off: broken or lost. counted: what lies there now, 0 allowed; the difference to the
    books is posted. Raises NotThere when a station is not `by`'s to serve, BadValue (names the field), SoldOut when
    more would leave than lies there free, BelowReserved for a count below what is set aside. Stock accounts are locked
    by the ledger, in its order.
    """
    at = at or clock.now()
    note = " ".join(note.split())
    _refuse(kind, gift, station, quantity, to_station, note, by)
    if kind == MovementKind.COUNTED:
        return _count(gift, station, quantity, note, by, at)
    try:
        with unit_of_work():
            return _write(kind, gift, station, to_station, quantity, note, by, at)
    except Insufficient as short:
        raise SoldOut(f"{gift.name}在本站没有这么多。", field="quantity") from short


def stock_levels(station: Station) -> list[StockLevel]:
    """Every gift with what lies here of it, in one query."""
    gifts = Gift.objects.with_stock(station.pk).order_by("points", "pk")
    return [StockLevel(gift, gift.on_hand, gift.reserved, gift.came) for gift in gifts]


def on_hand(station: Station, gift: Gift) -> int:
    """The pieces that lie at the station by the books."""
    return Balance.objects.get(pk=ledger.stock_account(station.pk, gift.code)).posted


def _refuse(
    kind: str, gift: Gift, station: Station, quantity: int, to_station: Station | None, note: str, by: User
) -> None:
    if not serves(by, station):
        raise NotThere
    if kind not in MovementKind.values:
        raise BadValue("没有这种出入库类别。", field="kind")
    least = 0 if kind == MovementKind.COUNTED else 1
    if type(quantity) is not int or not least <= quantity <= LARGEST_QUANTITY:
        raise BadValue(f"数量必须是 {least} 到 {LARGEST_QUANTITY} 的整数。", field="quantity")
    if (kind == MovementKind.TRANSFERRED) != (to_station is not None):
        raise BadValue("只有调拨要写调往哪个蜂巢，而且必须写。", field="to_station")
    if to_station is not None and (to_station.pk == station.pk or not serves(by, to_station)):
        raise BadValue("不能调往这个蜂巢。", field="to_station")
    if len(note) > NOTE_LENGTH or (note and not is_readable(note)):
        raise BadValue(f"备注不超过 {NOTE_LENGTH} 个字。", field="note")


def _count(gift: Gift, station: Station, quantity: int, note: str, by: User, at: datetime) -> Movement:
    with unit_of_work():
        books = Balance.objects.select_for_update().get(pk=ledger.stock_account(station.pk, gift.code))
        return post_difference(
            gift, station, counted=quantity, difference=quantity - books.posted, note=note, by=by, at=at
        )


def post_difference(
    gift: Gift,
    station: Station,
    *,
    counted: int,
    difference: int,
    by: User,
    at: datetime,
    note: str = "",
    stock_take: StockTake | None = None,
) -> Movement:
    """A `counted` movement in the caller's unit of work: `difference` pieces come to the books or leave them, and
    nothing is posted where there is none. Raises BelowReserved when more would leave than is free."""
    number, transfer_id = f"M{codes.random_code(8)}", None
    here = ledger.stock_account(station.pk, gift.code)
    if difference:
        try:
            transfer_id = ledger.post(
                [Leg(ledger.goods_account("counted", gift.code), -difference), Leg(here, difference)],
                kind="stock", source=Source("movement", number), by=by, title=f"盘点 {gift.name}", at=at,
            ).transfer_id  # fmt: skip
        except Insufficient as short:
            raise BelowReserved(gift=gift.name, field="quantity") from short
    movement = Movement(
        number=number, station=station, gift=gift, kind=MovementKind.COUNTED, quantity=counted, difference=difference,
        stock_take=stock_take, note=note, at=at, by=by, transfer_id=transfer_id,
    )  # fmt: skip
    movement.save(force_insert=True)
    facts = {"station": station.code, "gift": gift.code, "kind": "counted", "quantity": counted}
    audit.record(by, "stock.counted", movement, {**facts, "difference": difference})
    return movement


def _write(
    kind: str,
    gift: Gift,
    station: Station,
    to_station: Station | None,
    quantity: int,
    note: str,
    by: User,
    at: datetime,
) -> Movement:
    number = f"M{codes.random_code(8)}"
    posting = ledger.post(
        _legs(kind, gift, station, to_station, quantity),
        kind="stock", source=Source("movement", number), by=by, title=f"{MovementKind(kind).label} {gift.name}", at=at,
    )  # fmt: skip
    movement = Movement(
        number=number, station=station, gift=gift, kind=kind, quantity=quantity, to_station=to_station, note=note,
        at=at, by=by, transfer_id=posting.transfer_id,
    )  # fmt: skip
    movement.save(force_insert=True)
    facts = {"station": station.code, "gift": gift.code, "kind": kind, "quantity": quantity}
    audit.record(by, f"stock.{kind}", movement, facts)
    return movement


def _legs(kind: str, gift: Gift, station: Station, to_station: Station | None, quantity: int) -> list[Leg]:
    here = ledger.stock_account(station.pk, gift.code)
    if kind == MovementKind.RECEIVED:
        return [Leg(ledger.goods_account("supplier", gift.code), -quantity), Leg(here, quantity)]
    if kind == MovementKind.RETURNED:
        return [Leg(ledger.goods_account("handed_out", gift.code), -quantity), Leg(here, quantity)]
    if to_station is not None:
        return [Leg(here, -quantity), Leg(ledger.stock_account(to_station.pk, gift.code), quantity)]
    return [Leg(ledger.goods_account("written_off", gift.code), quantity), Leg(here, -quantity)]
