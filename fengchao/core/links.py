"""Where what a line of the books came from can be read: each app says it for its own kind; the books know none."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

Addresses = Callable[[Collection[str], Any], dict[str, str]]
"""Takes keys of one kind and the user who reads; gives the address of each that he may open."""

PAGES: dict[str, Addresses] = {}


def register(kind: str, addresses: Addresses) -> None:
    """Say where things of `kind` (a transfer's `source_kind`) stand."""
    PAGES[kind] = addresses


def of(sources: Iterable[tuple[str, str]], user: Any) -> dict[tuple[str, str], str]:
    """(kind, key) → address, of those `user` may open; one look for each kind."""
    wanted: dict[str, set[str]] = {}
    for kind, key in sources:
        if kind in PAGES:
            wanted.setdefault(kind, set()).add(key)
    return {(kind, key): address for kind, keys in wanted.items() for key, address in PAGES[kind](keys, user).items()}
