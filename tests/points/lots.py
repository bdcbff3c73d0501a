"""An oracle for expiry that keeps what the ledger does without: one lot for every award, spent first in, first out.

Each lot knows how much of it is left. Where first in, first out leaves a choice, the decisions are those that
`expire_points` documents:

- a hold takes the oldest points, as a purchase would; ended, it gives them back as an undone purchase does;
- an undone purchase gives back the youngest of what was spent;
- an award taken back leaves with its lot: what of it was spent or expired is owed by the other lots, the oldest first,
  and where they have nothing left, by those to come.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Lot:
    year: int
    points: int
    left: int


@dataclass
class Lots:
    """A courier's points when they live `years` years after theirs."""

    years: int
    lots: list[Lot] = field(default_factory=list)
    debt: int = 0
    held: int = 0

    @property
    def posted(self) -> int:
        return self.available + self.held

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots) - self.debt

    def earn(self, points: int, year: int) -> Lot:
        lot = Lot(year, points, points)
        self.lots.append(lot)
        owed, self.debt = self.debt, 0
        self.take(owed)
        return lot

    def take(self, points: int) -> None:
        """From the oldest; what is not there is owed."""
        for lot in self.lots:
            part = min(lot.left, points)
            lot.left -= part
            points -= part
        self.debt += points

    def give_back(self, points: int) -> None:
        """To the youngest that were taken from, after what is owed."""
        part = min(self.debt, points)
        self.debt -= part
        points -= part
        for lot in reversed(self.lots):
            part = min(lot.points - lot.left, points)
            lot.left += part
            points -= part
        assert points == 0

    def claw_back(self, lot: Lot) -> None:
        self.lots = [other for other in self.lots if other is not lot]
        self.take(lot.points - lot.left)

    def hold(self, points: int) -> None:
        self.take(points)
        self.held += points

    def end_hold(self, points: int) -> None:
        self.give_back(points)
        self.held -= points

    def keep_hold(self, points: int) -> None:
        """What was held is spent: nothing moves between the lots."""
        self.held -= points

    def overdue(self, year: int) -> int:
        """What expires in `year`; where something is owed nothing is left."""
        return sum(lot.left for lot in self.lots if lot.year + self.years < year)

    def expire(self, year: int) -> int:
        points = self.overdue(year)
        for lot in self.lots:
            if lot.year + self.years < year:
                lot.left = 0
        return points

    def expiring(self, year: int) -> list[tuple[int, int]]:
        """(last year, points) as the courier is told: with what is held, which may come back, and what is overdue with
        the nearest date."""
        whole = Lots(self.years, [Lot(lot.year, lot.points, lot.left) for lot in self.lots], self.debt)
        whole.give_back(self.held)
        ends: Counter[int] = Counter()
        if whole.available > 0:
            for lot in whole.lots:
                ends[max(year, lot.year + self.years)] += lot.left
        return [(end, points) for end, points in sorted(ends.items()) if points]
