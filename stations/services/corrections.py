"""Corrections of a station's data: proposed by couriers, decided by street or district, kept with their history."""

from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import Courier, User
from fengchao.core import audit, clock, limits, notices
from fengchao.core.errors import BadValue, NotAllowed, NotThere, TooMany
from fengchao.core.transactions import unit_of_work
from fengchao.core.words import is_readable
from points.events import declare
from points.ledger import Source
from points.models import Account
from points.services import earn
from stations import opening
from stations.models import Observation, Station
from stations.problems import CorrectionDecided, NothingToCorrect, OwnCorrection, TooManyCorrections
from stations.rules import may_decide_corrections
from stations.services.observations import clean_note
from stations.states import CORRECTION_MOVES, CorrectionState, Kind, Subject

TEXT_LENGTH = 200
A_DAY = timedelta(days=1)
PER_DAY = 5  # of one courier: each costs a member of staff a look
ACCEPTED = declare("correction_accepted", "更正蜂巢信息被采纳", Account.Kind.CHECKINS)
"""The event of the earning rule for an accepted correction."""


def propose(
    courier: Courier, station: Station, subject: str, proposed: str, *, note: str = "", at: datetime | None = None
) -> Observation:
    """Keep what `courier` would change about `station`, for the staff to decide; nothing changes yet.

    The same words again, while they wait, are the first ones. Raises BadValue, NothingToCorrect, TooManyCorrections
    beyond five in 24 hours. Locks the courier's row.
    """
    at = at or clock.now()
    if subject not in Subject.values:
        raise BadValue("请选择要更正什么。", field="subject")
    before = _now(station, subject)
    text, note = _clean(subject, proposed, most=None if subject == Subject.OTHER else station), clean_note(note)
    if text == before:
        raise NothingToCorrect
    with unit_of_work():
        Courier.objects.select_for_update(no_key=True).get(pk=courier.pk)
        mine = Observation.objects.pending().filter(by=courier.user, station=station, subject=subject, proposed=text)
        if (waiting := mine.first()) is not None:
            return waiting
        try:
            limits.hit(f"corrections:{courier.pk}", limit=PER_DAY, window=A_DAY, at=at)
        except TooMany as full:
            raise TooManyCorrections(retry_after=full.retry_after or 1) from full
        return Observation.objects.create(
            station=station, kind=Kind.CORRECTION, by=courier.user, at=at, day=clock.shanghai_day(at), note=note,
            subject=subject, before=before, proposed=text, state=CorrectionState.PENDING,
        )  # fmt: skip


def accept(correction: Observation, *, by: User, value: str = "", at: datetime | None = None) -> Observation:
    """Change the station's field to `value`, or to the proposed words when it is empty, and credit the courier.

    What is about something else (`other`) changes nothing by itself: whoever accepts has seen to it. Raises NotAllowed,
    NotThere out of scope, OwnCorrection, CorrectionDecided the second time, BadValue for a value that the field does
    not take (opening hours in OSM's syntax). Whoever proposed it is told. Locks the correction, then the station.
    """
    at = at or clock.now()
    with unit_of_work():
        locked = _locked(correction, by, CorrectionState.ACCEPTED)
        applied = ""
        if locked.subject != Subject.OTHER:
            applied = _applied(locked, value.strip() or locked.proposed, by)
        _decide(locked, CorrectionState.ACCEPTED, by=by, at=at, applied=applied)
        courier = Courier.objects.filter(pk=locked.by_id, frozen_at=None).first()
        award = courier and earn(courier, ACCEPTED, source=Source("observation", str(locked.pk)), by=by, at=at)
        _tell(locked, "你的更正采纳了", f"改好了，加 {award.credited:,} 分。谢谢。" if award else "改好了。谢谢。", at)
    return locked


def reject(correction: Observation, *, note: str, by: User, at: datetime | None = None) -> Observation:
    """Leave the station as it is, in words the courier reads. Raises what `accept` raises, BadValue without words."""
    note = " ".join(note.split())
    if not note or len(note) > TEXT_LENGTH or not is_readable(note):
        raise BadValue(f"请写下原因（不超过 {TEXT_LENGTH} 个字）。", field="note")
    with unit_of_work():
        locked = _locked(correction, by, CorrectionState.REJECTED)
        at = at or clock.now()
        _decide(locked, CorrectionState.REJECTED, by=by, at=at, note=note)
        _tell(locked, "你的更正没有采纳", f"没有改：{note}", at)
    return locked


def _locked(correction: Observation, by: User, to: CorrectionState) -> Observation:
    if not may_decide_corrections(by):
        raise NotAllowed
    in_scope = Observation.objects.corrections().in_scope(by).select_related("station")
    locked = in_scope.select_for_update(of=("self",)).filter(pk=correction.pk).first()
    if locked is None:
        raise NotThere
    if locked.by_id == by.pk:
        raise OwnCorrection
    if to not in CORRECTION_MOVES.get(CorrectionState(locked.state), ()):
        raise CorrectionDecided
    return locked


def _applied(correction: Observation, value: str, by: User) -> str:
    station = Station.objects.select_for_update(of=("self",)).get(pk=correction.station_id)
    subject = correction.subject
    text = _clean(subject, value, most=station)
    if subject == Subject.OPENING_HOURS:
        text = opening.check(text, field="value")
    before = getattr(station, subject)
    setattr(station, subject, text)
    station.save()  # whole, for a name brings its initials along; the row is locked
    audit.record(by, "station.corrected", station, {subject: [before, text], "correction": correction.pk})
    return text


def _decide(
    correction: Observation, state: CorrectionState, *, by: User, at: datetime, note: str = "", applied: str = ""
) -> None:
    correction.state, correction.decided_by, correction.decided_at = state, by, at
    correction.decision_note, correction.applied = note, applied
    correction.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "applied"])
    audit.record(by, f"correction.{state}", correction, {"subject": correction.subject, "note": note})


def _tell(correction: Observation, title: str, outcome: str, at: datetime) -> None:
    """Whoever proposed it hears what became of it, and is led to the station."""
    station, about = correction.station, correction.get_subject_display()
    about = f"{station.name}的{about}" if correction.subject != Subject.OTHER else f"你说的{station.name}的情况"
    notices.tell(
        correction.by, f"correction_{correction.state}", title, text=f"{about}{outcome}",
        link=reverse("station", args=[station.code]), about=str(correction.pk), at=at,
    )  # fmt: skip


def _now(station: Station, subject: str) -> str:
    return "" if subject == Subject.OTHER else str(getattr(station, subject))


def _clean(subject: str, text: str, *, most: Station | None) -> str:
    """As the field takes it: on one line and no longer than there is room for."""
    words = " ".join(text.split())
    room = TEXT_LENGTH if most is None else getattr(most._meta.get_field(subject), "max_length", TEXT_LENGTH)
    if not words or not is_readable(words):
        raise BadValue("请写下正确的内容。", field="proposed")
    if len(words) > room:
        raise BadValue(f"太长了，不超过 {room} 个字。", field="proposed")
    return words
