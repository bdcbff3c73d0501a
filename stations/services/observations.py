"""Facilities as people find them: who says it, how long it holds, what is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from accounts.models import Courier, User
from fengchao.core import audit, clock, limits
from fengchao.core.errors import BadValue, NotAllowed, TooMany
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from points.events import declare
from points.ledger import Source
from points.models import Account
from points.services import earn
from stations.models import Facility, Observation, Station
from stations.problems import FacilityNotHere, TooManyObservations
from stations.querysets import StationQuerySet
from stations.rules import serves
from stations.states import LASTS, OUT_OF_ORDER, CorrectionState, Kind, Value

NOTE_LENGTH = 100
AN_HOUR = timedelta(hours=1)
BY_A_COURIER = 12  # a station has about eight facilities; who says more in an hour is not looking
BY_STAFF = 120  # one worker may go through all facilities of several stations
SAID_TWICE = timedelta(minutes=10)  # the same again within this is a second tap, not news
CONFIRMED = declare("station_confirmed", "确认蜂巢信息没错", Account.Kind.CHECKINS)
"""The event of the earning rule for a confirmation."""


@dataclass(frozen=True)
class Condition:
    """What is known of a facility now. `at` says how old it is; nothing else of who said it is public."""

    value: str
    at: datetime
    expires_at: datetime

    @property
    def label(self) -> str:
        return Value(self.value).label

    @property
    def out_of_order(self) -> bool:
        return self.value in OUT_OF_ORDER


def observe(
    station: Station,
    facility: Facility,
    value: str,
    *,
    by: User,
    as_staff: bool = False,
    note: str = "",
    at: datetime | None = None,
) -> Observation:
    """Keep that `by` finds `facility` of `station` to be `value`; it holds 2 h (crowded) or 72 h (broken, ok).

    The same value of the same person again within ten minutes, while it is the last word, is the first one. Raises
    BadValue, FacilityNotHere, NotAllowed for staff who do not serve the station, TooManyObservations beyond 12 an hour
    of a courier and 120 of staff. Locks the count of the person, so parallel taps come one after another.
    """
    at = at or clock.now()
    if value not in Value.values:
        raise BadValue("情况只能是 ok、broken、crowded。", field="value")
    note = clean_note(note)
    if as_staff and not serves(by, station):
        raise NotAllowed
    if not station.facilities.filter(pk=facility.pk).exists():
        raise FacilityNotHere
    with unit_of_work():
        _count(by, BY_STAFF if as_staff else BY_A_COURIER, at)
        lately = Observation.objects.filter(station=station, facility=facility, at__gt=at - SAID_TWICE)
        last = lately.order_by("-at", "-pk").first()
        if last and (last.by_id, last.value) == (by.pk, value):
            limits.take_back(_counter(by))
            return last
        made = Observation.objects.create(
            station=station, kind=Kind.FACILITY, facility=facility, value=value, note=note, by=by, as_staff=as_staff,
            at=at, day=clock.shanghai_day(at), expires_at=at + LASTS[Value(value)],
        )  # fmt: skip
        if as_staff:
            audit.record(by, "station.observed", station, {"facility": facility.code, "value": value})
    return made


def confirm(courier: Courier, station: Station, *, at: datetime | None = None) -> tuple[Observation, int]:
    """Keep that `courier` finds the data of `station` right, once a Shanghai day, and what that earned him just now.

    A second time on the day gives the first row and 0. The award follows the rule `station_confirmed` and its caps.
    Locks the courier's row, so any number of parallel confirmations are one. Raises TooManyObservations.
    """
    at = at or clock.now()
    day = clock.shanghai_day(at)
    with unit_of_work():
        Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        said = Observation.objects.filter(by=courier.user, station=station, day=day, kind=Kind.CONFIRMATION).first()
        if said is not None:
            return said, 0
        _count(courier.user, BY_A_COURIER, at)
        made = Observation.objects.create(station=station, kind=Kind.CONFIRMATION, by=courier.user, at=at, day=day)
        posting = earn(courier, CONFIRMED, source=Source("observation", str(made.pk)), at=at)
    return made, posting.credited if posting else 0


def with_conditions(stations: StationQuerySet, at: datetime) -> StationQuerySet:
    """The set, whose own query brings along what is known of its facilities at `at`: `conditions_read` has it."""
    said = Observation.objects.live(at).filter(station=OuterRef("pk")).newest_of_each()
    facts = JSONObject(facility="facility_id", value="value", at="at", expires_at="expires_at")
    found: StationQuerySet = stations.annotate(conditions_told=ArraySubquery(said.values(facts=facts)))
    return found


def conditions_read(station: Station) -> dict[int, Condition]:
    """Facility → the last word that still holds, of a station that `with_conditions` has read."""
    told: list[dict[str, Any]] = station.conditions_told  # type: ignore[attr-defined]  # by with_conditions
    return {
        one["facility"]: Condition(
            one["value"], datetime.fromisoformat(one["at"]), datetime.fromisoformat(one["expires_at"])
        )
        for one in told
    }


def mark(stations: Iterable[Station], at: datetime) -> list[Station]:
    """Put on every facility of `stations`, whose facilities are prefetched, its `condition` at `at` (a Condition or
    None), in one query for all of them."""
    found = list(stations)
    said = conditions([station.pk for station in found], at)
    for station in found:
        for facility in station.facilities.all():
            facility.condition = said.get((station.pk, facility.pk))  # type: ignore[attr-defined]  # for a face
    return found


def conditions(stations: list[int] | None, at: datetime) -> dict[tuple[int, int], Condition]:
    """(station, facility) → the last word that still holds. None asks for all stations."""
    live = Observation.objects.live(at)
    rows: Any = (live if stations is None else live.filter(station__in=stations)).newest_of_each()
    return {
        (station, facility): Condition(value, said, until)
        for station, facility, value, said, until in rows.values_list(
            "station_id", "facility_id", "value", "at", "expires_at"
        )
    }


def erase_words(user: User, *, at: datetime) -> None:
    """What `user` wrote in his own words goes; what he proposed and nobody has decided is withdrawn."""
    mine = Observation.objects.filter(by=user)
    mine.pending().update(state=CorrectionState.WITHDRAWN, decided_at=at, proposed="")
    mine.exclude(note="").update(note="")


def clean_note(text: str) -> str:
    """Raises BadValue for too many words, and for characters that are none."""
    words = " ".join(text.split())
    if len(words) > NOTE_LENGTH or not is_readable(words):
        raise BadValue(f"备注不超过 {NOTE_LENGTH} 个字。", field="note")
    return words


def _count(by: User, most: int, at: datetime) -> None:
    try:
        limits.hit(_counter(by), limit=most, window=AN_HOUR, at=at)
    except TooMany as full:
        raise TooManyObservations(retry_after=full.retry_after or 1) from full


def _counter(by: User) -> str:
    return f"observations:{by.pk}"
