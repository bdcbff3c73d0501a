"""The shape of a row in the admin's table of rights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rights:
    """The roles that see, change, add and delete the rows of one model."""

    see: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
