"""What became of wishes, by organisation, street and category: counts and days, never a person."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q

from accounts.models import User
from fengchao.core import clock
from wishes.models import Claim, Wish
from wishes.services.streets import Streets
from wishes.states import WishCategory, WishState

A_DAY = timedelta(days=1)
ORDER = {str(label): place for place, label in enumerate(WishCategory.labels)}


class Median(Aggregate):
    """Half of the values are below it, as PostgreSQL works it out between two rows."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Granting:
    """What one organisation did: claimed, lit and released within the days, under way now."""

    name: str
    claimed: int = 0
    lit: int = 0
    released: int = 0
    under_way: int = 0
    median_days: float | None = None  # from the hanging to the light, of what was lit within the days


@dataclass(frozen=True)
class Cell:
    """Wishes of one street and category: hung and lit within the days, waiting for a claimant now."""

    street: str
    category: str
    hung: int = 0
    lit: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Figures:
    """Of the days from `first` to `last` in Shanghai, both included."""

    first: date
    last: date
    organisations: list[Granting]
    cells: list[Cell]
    median_days: float | None

    @property
    def by_street(self) -> list[Cell]:
        return _sums(self.cells, lambda cell: cell.street, lambda cell: Cell(cell.street, ""))

    @property
    def by_category(self) -> list[Cell]:
        found = _sums(self.cells, lambda cell: cell.category, lambda cell: Cell("", cell.category))
        return sorted(found, key=lambda cell: ORDER[cell.category])

    @property
    def total(self) -> Cell:
        return next(iter(_sums(self.cells, lambda cell: 0, lambda cell: Cell("", ""))), Cell("", ""))


def figures(user: User, first: date, last: date) -> Figures:
    """Of wishes in the scope of `user`. Five queries, however many wishes; a claim counts on the day it was made, a
    wish on the days it was hung and lit. What was rejected or withdrawn later has been hung all the same."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    lit, median = _lit(user, start, end)
    return Figures(first, last, _organisations(user, start, end, lit), _cells(user, start, end), median)


def _between(field: str, start: datetime, end: datetime) -> Q:
    return Q(**{f"{field}__gte": start, f"{field}__lt": end})


def _lit(user: User, start: datetime, end: datetime) -> tuple[dict[int, tuple[int, float]], float | None]:
    """Organisation → (how many, median days), and the median of all."""
    took = ExpressionWrapper(F("lit_at") - F("hung_at"), output_field=DurationField())
    found = Wish.objects.in_scope(user).filter(_between("lit_at", start, end)).annotate(took=took)
    median = Median("took", output_field=DurationField())
    rows = found.order_by().values_list("claimed_by").annotate(how_many=Count("pk"), median=median)
    of_all = found.aggregate(median=median)["median"]
    return {key: (count, value / A_DAY) for key, count, value in rows}, None if of_all is None else of_all / A_DAY


def _organisations(
    user: User, start: datetime, end: datetime, lit: dict[int, tuple[int, float]]
) -> list[Granting]:  # fmt: skip
    """Who granted most first, then who claimed most."""
    running = Q(released_at=None, wish__state__in=(WishState.CLAIMED, WishState.DELIVERED))
    rows = Claim.objects.in_scope(user).order_by().values_list("organisation", "organisation__name").annotate(
        claimed=Count("pk", filter=_between("at", start, end)),
        released=Count("pk", filter=_between("released_at", start, end)),
        under_way=Count("pk", filter=running),
    )  # fmt: skip
    found = [
        Granting(name, claimed, count, released, under_way, median)
        for key, name, claimed, released, under_way in rows
        for count, median in [lit.get(key, (0, None))]
        if count or claimed or released or under_way
    ]
    return sorted(found, key=lambda one: (-one.lit, -one.claimed, one.name))


def _cells(user: User, start: datetime, end: datetime) -> list[Cell]:
    """In the order of the tree, then of the categories."""
    streets = Streets()
    rows = Wish.objects.in_scope(user).order_by().values_list("station__organisation__path", "category").annotate(
        hung=Count("pk", filter=_between("hung_at", start, end)),
        lit=Count("pk", filter=_between("lit_at", start, end)),
        waiting=Count("pk", filter=Q(state=WishState.OPEN)),
    )  # fmt: skip
    cells = [Cell(streets.name(path), str(WishCategory(kind).label), *counts) for path, kind, *counts in sorted(rows)]
    summed = _sums(cells, lambda cell: (cell.street, cell.category), lambda cell: Cell(cell.street, cell.category))
    places = {name: place for place, name in enumerate(dict.fromkeys(cell.street for cell in cells))}
    return sorted(summed, key=lambda cell: (places[cell.street], ORDER[cell.category]))


def _sums(cells: list[Cell], key: Callable[[Cell], Hashable], name: Callable[[Cell], Cell]) -> list[Cell]:
    """Cells with the same key as one, in the order of their first; what is nothing but zeros is left out."""
    heaps: dict[Hashable, list[Cell]] = defaultdict(list)
    for cell in cells:
        heaps[key(cell)].append(cell)
    found = []
    for heap in heaps.values():
        named = name(heap[0])
        hung, lit, waiting = (sum(getattr(cell, part) for cell in heap) for part in ("hung", "lit", "waiting"))
        if hung or lit or waiting:
            found.append(Cell(named.street, named.category, hung, lit, waiting))
    return found
