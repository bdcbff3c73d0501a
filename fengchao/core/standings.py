"""How a thing of another app stands now, for a page that only knows its kind and key: each app says it for its own."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Standing:
    """What a thing is called, its state with its colour, and where who asked may read it ("" where he may not)."""

    name: str
    state: str
    tone: str
    address: str = ""


Standings = Callable[[Collection[str], Any], dict[str, Standing]]
"""Takes keys of one kind and the user who reads; gives how each of them stands that is there."""

KINDS: dict[str, Standings] = {}


def register(kind: str, standings: Standings) -> None:
    KINDS[kind] = standings


def of(things: Iterable[tuple[str, str]], user: Any) -> dict[tuple[str, str], Standing]:
    """(kind, key) → how it stands; one look for each kind."""
    wanted: dict[str, set[str]] = {}
    for kind, key in things:
        if kind in KINDS:
            wanted.setdefault(kind, set()).add(key)
    return {(kind, key): found for kind, keys in wanted.items() for key, found in KINDS[kind](keys, user).items()}
