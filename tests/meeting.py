"""Controls that show what a lock is for, and show it every time: two cores seldom meet in a gap by themselves."""

from threading import Barrier, Semaphore, local

import pytest
from django.db.models import Model, QuerySet

PATIENCE = 30.0  # seconds


class Meeting:
    """The first `parties` threads go on together; who comes later, or again, goes on as he comes."""

    def __init__(self, parties: int) -> None:
        self._together = Barrier(parties, timeout=PATIENCE)
        self._places = Semaphore(parties)
        self._here = local()

    def wait(self) -> None:
        if not getattr(self._here, "was", False) and self._places.acquire(blocking=False):
            self._here.was = True
            self._together.wait()


def read_without_lock(monkeypatch: pytest.MonkeyPatch, model: type[Model], *, parties: int = 2) -> None:
    """`select_for_update` of `model` locks nothing, and `parties` threads have read before the first of them writes."""
    meeting, words = Meeting(parties), type(model._default_manager.all())

    class Unlocked(words):  # type: ignore[misc, valid-type]
        def _fetch_all(self) -> None:
            super()._fetch_all()
            meeting.wait()

    def unlocked(rows: QuerySet[Model], **_: object) -> QuerySet[Model]:
        chained = rows.all()
        chained.__class__ = Unlocked
        return chained

    monkeypatch.setattr(words, "select_for_update", unlocked)
