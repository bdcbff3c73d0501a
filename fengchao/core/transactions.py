"""The transaction a rule owns, and what is kept when the rule refuses."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from fengchao.core.errors import RuleBroken

logger = logging.getLogger(__name__)

OnRefusal = Callable[[RuleBroken], None]


class _Units(threading.local):
    """The units of work open in this thread, which is to say on this thread's database connection."""

    def __init__(self) -> None:
        self.depth = 0
        self.refusals: list[tuple[OnRefusal, RuleBroken]] = []


_units = _Units()


@contextmanager
def unit_of_work(on_refusal: OnRefusal | None = None, *, savepoint: bool = True) -> Iterator[None]:
    """Everything inside happens or nothing does; a refusal may still leave a record.

    When a `RuleBroken` leaves the block its writes are rolled back, and once the outermost unit is over (a unit inside
    another is a savepoint) `on_refusal(exc)` runs in a transaction of its own. So a refused redemption is on record
    even where the service was called inside the unit that holds the idempotency key. Any other exception drops the
    waiting records: the work failed and may be repeated, it was not refused.

    Without a `savepoint` a refusal inside another unit ends that unit too: for what is refused as a whole, since a
    savepoint is two more statements.
    """
    _units.depth += 1
    outermost = _units.depth == 1
    try:
        with transaction.atomic(savepoint=savepoint or outermost):
            yield
    except RuleBroken as refusal:
        if on_refusal is not None:
            _units.refusals.append((on_refusal, refusal))
        raise
    except BaseException:
        if outermost:
            _units.refusals.clear()
        raise
    finally:
        _units.depth -= 1
        if outermost:
            _record_refusals()


def _record_refusals() -> None:
    """Run what waits. A record that cannot be written is logged: the person still gets the refusal, not an error."""
    waiting, _units.refusals = _units.refusals, []
    for on_refusal, refusal in waiting:
        try:
            with transaction.atomic():
                on_refusal(refusal)
        except DatabaseError:
            logger.exception("a refusal could not be recorded: %s", refusal.code)
