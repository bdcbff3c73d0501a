"""What is printed: markdown, to be put into README.md as it is."""

import statistics
from collections.abc import Sequence

from benchmarks.load import Answers


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A sentence that says what was done, and the table below it."""
    print(f"{title}\n")
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print(flush=True)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def times(slices: Sequence[Answers]) -> str:
    """The medians over the rounds of the median and of the 99th percentile."""
    return " · ".join(ms(statistics.median(values)) for values in zip(*((a.p50, a.p99) for a in slices), strict=True))


def ratio(tops: Sequence[float], bottoms: Sequence[float]) -> float:
    """The median of the rounds' ratios: each compares two neighbours in time."""
    return statistics.median(top / bottom for top, bottom in zip(tops, bottoms, strict=True))
