"""Check-up cards in the small world: one for each move in every place, each of a programme of its own, since a courier
has one card of a programme."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Courier, Membership, Organisation, User
from accounts.roles import Role
from fengchao.core import clock
from tests.factories.places import Kind, organisation
from tests.factories.vouchers import programme
from vouchers import services
from vouchers.models import Booking, Programme, Slot, Voucher

NOWHERE = 2**40
CARDS = ("issued", "booked", "today", "checked_in")


@dataclass
class Cards:
    """What a request about cards names in a place: the issued one's programme and times, the booked one's booking."""

    codes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CARDS, "TNOSUCHCRD"))
    programme: int = NOWHERE
    unissued: int = NOWHERE
    """A programme of which nobody has a card yet; `full` has no place left."""
    full: int = NOWHERE
    free_slot: int = NOWHERE
    full_slot: int = NOWHERE
    booking: int = NOWHERE
    other_slot: int = NOWHERE
    item: int = NOWHERE


def hand_out(name: str, courier: Courier, street: Organisation, *, chief: User, nurse: User) -> Cards:
    """Cards of `courier` at a centre in the street: `issued`, `booked` for a day to come, booked for a time of `today`
    that has begun, and `checked_in`."""
    for user, role in ((chief, Role.DISTRICT_ADMIN), (nurse, Role.CLINIC)):
        Membership.objects.get_or_create(user=user, organisation=street, role=role)
    chief, nurse = (User.objects.get(pk=user.pk) for user in (chief, nurse))  # with the role just given
    street = Organisation.objects.get(pk=street.pk)
    centre = organisation(street, kind=Kind.CLINIC, name=f"{name}体检中心")
    gift = {each: programme(street, centre, name=f"秘检{name}") for each in (*CARDS, "unissued")}
    now = clock.now()
    begun = max(now - timedelta(minutes=5), clock.day_bounds(clock.shanghai_day(now))[0])
    before, soon = begun - timedelta(hours=2), now + timedelta(days=3)
    cards = {each: services.issue(gift[each], courier, by=chief, at=before) for each in CARDS}

    def booked(card: str, slot: Slot) -> Booking:
        return services.book(cards[card], slot, by=courier.user, at=before)

    booking = booked("booked", _slot(gift["booked"], soon))
    booked("today", _slot(gift["today"], begun))
    booked("checked_in", _slot(gift["checked_in"], begun))
    services.check_in(Voucher.objects.shown().get(pk=cards["checked_in"].pk), by=nurse)
    return Cards(
        codes={each: card.code for each, card in cards.items()}, programme=gift["issued"].pk,
        unissued=gift["unissued"].pk, full=programme(street, centre, name=f"秘检{name}", quota=0).pk,
        free_slot=_slot(gift["issued"], soon).pk,
        full_slot=_slot(gift["issued"], soon + timedelta(days=1), capacity=0).pk, booking=booking.pk,
        other_slot=_slot(gift["booked"], soon + timedelta(days=1)).pk, item=gift["checked_in"].items.all()[0].pk,
    )  # fmt: skip


def _slot(made: Programme, start: datetime, *, capacity: int = 5) -> Slot:
    ends = start + timedelta(minutes=30)
    return Slot.objects.create(programme=made, starts_at=start, ends_at=ends, capacity=capacity)
