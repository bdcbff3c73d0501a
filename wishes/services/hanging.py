"""A wish is hung at a station's tree: by its courier, or by the counter from paper for him."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Courier, User
from accounts.problems import AccountFrozen
from fengchao.core import audit, clock, limits, photos
from fengchao.core.errors import BadValue, TooMany
from fengchao.core.masking import mask_name
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import paragraph, sentence
from stations import counter
from stations.models import Station
from wishes.models import Step, Wish
from wishes.models.wishes import DEAREST
from wishes.problems import OneAtATime, SelfDealing, TooManyWishes
from wishes.services.flags import flags
from wishes.states import PHOTO, Party, WishCategory

TITLE_LENGTH = 30
TEXT_LENGTH = 300
FOR_WHOM_LENGTH = 20
A_DAY = timedelta(days=1)
PER_DAY = 10  # of one courier, who may hang and withdraw: each costs a moderator a look
NOBODY = "一位小哥"
_KIND_OF_FIRM = ("快递", "速运", "速递", "物流")


def hang(
    courier: Courier,
    *,
    category: str,
    title: str,
    price: int,
    station: Station,
    text: str = "",
    for_whom: str = "",
    anonymous: bool = False,
    photo_id: int | None = None,
    filed_by: User | None = None,
    at: datetime | None = None,
) -> Wish:
    """Hang a wish of `courier` at the tree of `station`, to be moderated first. `price` is in whole yuan.

    `filed_by` is the worker who files it from paper (audited); the picture is an upload of his then. Raises BadValue
    naming the field, SelfDealing for a worker's own, AccountFrozen, OneAtATime while another is live, TooManyWishes
    beyond 10 in 24 hours. Locks the courier's row; a partial unique index stands behind the lock.
    """
    at = at or clock.now()
    title = sentence(title, most=TITLE_LENGTH, field="title", needed=True)
    text = paragraph(text, most=TEXT_LENGTH, field="text")
    for_whom = sentence(for_whom, most=FOR_WHOM_LENGTH, field="for_whom")
    if category not in WishCategory.values:
        raise BadValue("请选一个类别。", field="category")
    if not 1 <= price <= DEAREST:
        raise BadValue("请写大概多少钱，1 元以上。", field="price")
    if not Station.objects.active().filter(pk=station.pk).exists():
        raise BadValue("这个蜂巢已停用，请换一个。", field="station")
    if filed_by is not None and filed_by.pk == courier.pk:
        raise SelfDealing
    with unit_of_work():
        locked = Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        if locked.is_frozen:
            raise AccountFrozen
        if Wish.objects.of_courier(courier).live().exists():
            raise OneAtATime
        _count(courier, at)
        wish = Wish.objects.create(
            courier=courier, station=station, category=category, title=title, text=text, for_whom=for_whom, price=price,
            is_anonymous=anonymous, shown_name=NOBODY if anonymous else public_name(courier),
            flags=flags(title, text, for_whom, price), filed_by=filed_by, hung_at=at, updated_at=at,
        )  # fmt: skip
        writer = filed_by or courier
        if photo_id is not None:
            photos.attach([photo_id], PHOTO, str(wish.pk), by=writer, field="photo")
        Step.objects.create(
            wish=wish, move="hang", at=at, by_id=writer.pk, state_after=wish.state,
            party=Party.COUNTER if filed_by else Party.COURIER,
            organisation_id=station.organisation_id if filed_by else None,
        )  # fmt: skip
        if filed_by is not None:
            audit.record(filed_by, "wish.file", wish, {"courier": courier.pk, "station": station.code})
    return wish


def hang_with_ticket(ticket: str, *, station: Station, by: User, at: datetime | None = None, **wish: Any) -> Wish:
    """`hang` at the counter for whom `by` has identified there. Raises TicketExpired and WrongStation besides."""
    courier = counter.read_ticket(ticket, station=station, by=by, at=at)
    return hang(courier, station=station, filed_by=by, at=at, **wish)


def public_name(courier: Courier) -> str:
    """A name like 何师傅·中通."""
    surname = mask_name(courier.user.name).rstrip("*")
    firm = courier.outlet.enterprise.name if courier.outlet else ""
    for kind in _KIND_OF_FIRM:
        firm = firm.removesuffix(kind) or firm
    return "·".join(part for part in (f"{surname}师傅" if surname else NOBODY, firm) if part)


def _count(courier: Courier, at: datetime) -> None:
    try:
        limits.hit(f"wishes:{courier.pk}", limit=PER_DAY, window=A_DAY, at=at)
    except TooMany as full:
        raise TooManyWishes(retry_after=full.retry_after or 1) from full
