"""What became of the cards, by programme, enterprise and day: counts, never a person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from fengchao.core.clock import SHANGHAI
from vouchers.models import Allotment, Booking, Programme, Slot, Voucher, Waiting
from vouchers.states import Outcome, VoucherState

NO_ENTERPRISE = "没有企业"


@dataclass(frozen=True)
class Counts:
    """Cards by where they are now, and how often their holders did not come."""

    unbooked: int = 0
    booked: int = 0
    checked_in: int = 0
    completed: int = 0
    partial: int = 0
    expired: int = 0
    returned: int = 0
    void: int = 0
    no_shows: int = 0

    @property
    def issued(self) -> int:
        """What counts against the quota."""
        return self.unbooked + self.booked + self.checked_in + self.completed + self.partial

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class ProgrammeRow:
    name: str
    quota: int
    waiting: int
    counts: Counts

    @property
    def left(self) -> int:
        return self.quota - self.counts.issued


@dataclass(frozen=True)
class EnterpriseRow:
    name: str
    places: int | None  # None: no places of its own
    counts: Counts


@dataclass(frozen=True)
class DayRow:
    """Of the slots of a day: places, who has one or had one, who came, who did not."""

    day: date
    places: int
    booked: int
    came: int
    missed: int


@dataclass(frozen=True)
class Figures:
    programmes: list[ProgrammeRow]
    enterprises: list[EnterpriseRow]
    days: list[DayRow]

    @property
    def total(self) -> ProgrammeRow:
        rows = self.programmes
        counts = sum((row.counts for row in rows), Counts())
        return ProgrammeRow("合计", sum(row.quota for row in rows), sum(row.waiting for row in rows), counts)


def figures(user: User, programme: Programme | None = None) -> Figures:
    """Of the programmes in the scope of `user`, or of one of them. Six queries, however many cards."""
    chosen = Programme.objects.in_scope(user).order_by("-valid_from", "pk")
    found = list(chosen.filter(pk=programme.pk) if programme else chosen)
    keys = [one.pk for one in found]
    by_both = _counts(Voucher.objects.filter(programme__in=keys))
    waiting = dict(
        Waiting.objects.filter(programme__in=keys).order_by().values_list("programme").annotate(Count("pk"))
    )  # fmt: skip
    rows = [
        ProgrammeRow(one.name, one.quota, waiting.get(one.pk, 0), _sum(row[2] for row in by_both if row[0] == one.pk))
        for one in found
    ]
    return Figures(rows, _enterprises(keys, by_both), _days(keys))


def _counts(vouchers: QuerySet[Voucher]) -> list[tuple[int, str, Counts]]:
    """(programme, name of the enterprise, its cards), in one query."""
    states = {"unbooked" if state == VoucherState.ISSUED else state.value: state for state in VoucherState}
    columns = {f"in_{name}": Count("pk", filter=Q(state=state)) for name, state in states.items()}
    counted = vouchers.order_by().values("programme", "enterprise__name").annotate(**columns, missed=Sum("no_shows"))
    return [
        (programme, name or NO_ENTERPRISE, Counts(**dict(zip(states, cards, strict=True)), no_shows=missed))
        for programme, name, missed, *cards in counted.values_list("programme", "enterprise__name", "missed", *columns)
    ]


def _enterprises(keys: list[int], by_both: list[tuple[int, str, Counts]]) -> list[EnterpriseRow]:
    """Those with places and those whose couriers have cards; most cards first."""
    allotted = Allotment.objects.filter(programme__in=keys).order_by().values_list("enterprise__name")
    places: dict[str, int] = dict(allotted.annotate(Sum("places")))
    cards: dict[str, list[Counts]] = defaultdict(list)
    for _, name, counts in by_both:
        cards[name].append(counts)
    rows = [EnterpriseRow(name, places.get(name), _sum(cards.get(name, []))) for name in {*places, *cards}]
    return sorted(rows, key=lambda row: (-row.counts.issued, row.name))


def _days(keys: list[int]) -> list[DayRow]:
    """Days with slots, as they turn in Shanghai."""
    slots = Slot.objects.filter(programme__in=keys).annotate(day=TruncDate("starts_at", tzinfo=SHANGHAI))
    places = slots.order_by("day").values_list("day").annotate(places=Sum("capacity"), taken=Sum("booked"))
    bookings = Booking.objects.filter(slot__programme__in=keys)
    ended = bookings.annotate(day=TruncDate("slot__starts_at", tzinfo=SHANGHAI)).order_by().values_list("day").annotate(
        came=Count("pk", filter=Q(outcome=Outcome.KEPT)), missed=Count("pk", filter=Q(outcome=Outcome.MISSED))
    )  # fmt: skip
    outcomes = {day: (came, missed) for day, came, missed in ended}
    return [DayRow(day, capacity, taken, *outcomes.get(day, (0, 0))) for day, capacity, taken in places]


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
