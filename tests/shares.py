"""How a short run takes its part of a long proof: by position, so that neighbours take different parts and together
all of it, the same in every run. The whole is `slow`."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def share(things: Iterable[T], position: int, *, of: int) -> list[T]:
    """Every `of`-th thing, and for the next position the next ones."""
    return list(things)[position % of :: of]
