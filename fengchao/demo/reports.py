"""What couriers report in the demonstration: each case from filing to its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from random import Random

from accounts.models import Organisation, User
from fengchao.core import clock
from fengchao.core.codes import ALPHABET
from fengchao.demo import categories
from fengchao.demo.copying import copy_lines, reserve
from fengchao.demo.organisations import enforcement
from fengchao.demo.people import Rider
from points.history import checks_set_aside
from reports.models import Assignment, Category, Feedback, Report, Step
from reports.services.deadlines import TRIAGE_DAYS, deadline
from reports.states import AFTERWARDS, DeadlineKind, RejectReason, ReportState
from stations.models import Station

REFUSED, SLOW = 0.07, 0.05  # of the reports
LIKED = (5, 5, 5, 5, 4, 4, 4, 3, 2)
RATED = 0.3
SOON = timedelta(minutes=5)  # the clock looks every ten minutes
NULL = "\\N"
STRIDE = 98_765_432_101  # shares no factor with the number of letters, so no two serials meet
NOT_FOUND = "现场核实没有发现这个情况，欢迎继续上报。"
MENDED = ("已清理完毕", "已修好，现场恢复通行", "已联系责任单位整改完成", "已更换新件")

_REPORT = (
    "id", "number", "courier_id", "client_key", "category_id", "area_id", "text", "place", "lat", "lng", "accuracy_m",
    "answers", "media_url", "call_digest", "happened_at", "filed_at", "expected_on", "by_sms", "state", "state_before",
    "assigned_to_id", "due_on", "long_due_on", "resolved_at", "reject_reason", "was_reopened", "was_appealed", "round",
    "updated_at",
)  # fmt: skip
_STEP = ("report_id", "move", "at", "by_id", "party", "organisation_id", "state_after", "text")
_ASSIGNMENT = ("report_id", "organisation_id", "by_id", "at", "due_on", "ended_at")
_FEEDBACK = ("report_id", "stars", "text", "at")


@dataclass(slots=True)
class Case:
    """One report of the history, and when what became of it."""

    pk: int
    number: str
    rider: Rider
    category: Category
    what: str
    station: Station
    lat: float
    lng: float
    filed: datetime
    accepted: datetime | None = None
    assigned: datetime | None = None
    started: datetime | None = None
    resolved: datetime | None = None
    refused: datetime | None = None
    stars: int = 0


@dataclass
class Cases:
    """All reports of the history; `write` puts them into the database with their steps."""

    rng: Random
    by: User  # who decides for every street of the history
    handlers: dict[int, User]  # by id of the unit
    areas: dict[int, Organisation]  # by id of a station's organisation
    units: dict[int, int]  # area → unit
    told: list[tuple[Category, str]]
    cases: list[Case] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=lambda: _keys())
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    def file(self, at: datetime, rider: Rider, station: Station) -> Case:
        category, what = self.told[int(self.rng.random() * len(self.told))]
        north, east = self.rng.uniform(-0.003, 0.003), self.rng.uniform(-0.003, 0.003)
        case = Case(
            next(self.keys), f"P{_scattered(next(self.serials))}", rider, category, what, station,
            round(station.lat + north, 6), round(station.lng + east, 6), at,
        )  # fmt: skip
        self.cases.append(case)
        return case

    def write(self, now: datetime) -> None:
        with checks_set_aside([model._meta.db_table for model in (Report, Step, Assignment, Feedback)]):
            copy_lines(Report, _REPORT, (self._report(case, now) for case in self.cases))
            copy_lines(Step, _STEP, (step for case in self.cases for step in self._steps(case, now)))
            copy_lines(Assignment, _ASSIGNMENT, (self._assignment(case) for case in self.cases if case.assigned))
            rated = (case for case in self.cases if case.stars and case.resolved)
            copy_lines(Feedback, _FEEDBACK, (f"{case.pk}\t{case.stars}\t\t{_rated(case, now)}\n" for case in rated))

    def _report(self, case: Case, now: datetime) -> str:
        category = case.category
        assigned, due, long_due = NULL, NULL, NULL
        if case.assigned:
            start, days, kind = clock.shanghai_day(case.assigned), category.deadline_days, category.deadline_kind
            assigned = str(self._unit(case))
            due, long_due = (_deadline(start, times * days, kind).isoformat() for times in (1, 3))
        received = _deadline(clock.shanghai_day(case.filed), TRIAGE_DAYS, DeadlineKind.WORK)
        expected = _deadline(received, category.deadline_days, category.deadline_kind)
        filed = case.filed.isoformat()
        newest = (
            _closed(case, now) or case.refused or case.resolved or case.started or case.assigned or case.accepted
            or case.filed
        )  # fmt: skip
        return (
            f"{case.pk}\t{case.number}\t{case.rider.pk}\t\t{category.pk}\t{self._area(case)}\t{case.what}\t"
            f"{case.station.name}附近\t{case.lat}\t{case.lng}\t15\t{{}}\t\t\t{filed}\t{filed}\t{expected}\tf\t"
            f"{_state(case, now)}\t\t{assigned}\t{due}\t{long_due}\t{_when(case.resolved)}\t"
            f"{RejectReason.NOT_TRUE if case.refused else ''}\tf\tf\t0\t{newest.isoformat()}\n"
        )

    def _steps(self, case: Case, now: datetime) -> Iterator[str]:
        """What the moves would have written, in their order."""
        pk, unit = case.pk, self._unit(case)
        works = f"{self.handlers[unit].pk}\tunit\t{unit}"
        secret = case.category.is_confidential
        decides = f"{self.handlers[unit].pk}\tstaff\t{unit}" if secret else f"{self.by.pk}\tstaff\t{self._area(case)}"
        yield f"{pk}\tfile\t{case.filed.isoformat()}\t{case.rider.pk}\treporter\t{NULL}\tsubmitted\t\n"
        if case.refused:
            yield f"{pk}\treject\t{case.refused.isoformat()}\t{decides}\trejected\t{NOT_FOUND}\n"
        if case.accepted:
            yield f"{pk}\taccept\t{case.accepted.isoformat()}\t{decides}\taccepted\t\n"
        if case.assigned:
            yield f"{pk}\tassign\t{case.assigned.isoformat()}\t{decides}\tassigned\t\n"
        if case.started:
            yield f"{pk}\tstart\t{case.started.isoformat()}\t{works}\tin_progress\t\n"
        if case.resolved:
            yield f"{pk}\tresolve\t{case.resolved.isoformat()}\t{works}\tresolved\t{MENDED[pk % len(MENDED)]}\n"
            if closed := _closed(case, now):
                yield f"{pk}\tclose\t{closed.isoformat()}\t{NULL}\tsystem\t{NULL}\tclosed\t\n"

    def _assignment(self, case: Case) -> str:
        assert case.assigned is not None
        unit = self._unit(case)
        by = self.handlers[unit] if case.category.is_confidential else self.by
        due = _deadline(clock.shanghai_day(case.assigned), case.category.deadline_days, case.category.deadline_kind)
        return f"{case.pk}\t{unit}\t{by.pk}\t{case.assigned.isoformat()}\t{due}\t{NULL}\n"

    def _area(self, case: Case) -> int:
        handler = case.category.handler_id
        return handler if case.category.is_confidential and handler else self.areas[case.station.organisation_id].pk

    def _unit(self, case: Case) -> int:
        return case.category.handler_id or self.units[self.areas[case.station.organisation_id].pk]


def build(
    rng: Random, tree: dict[str, Organisation], stations: Sequence[Station], handlers: dict[int, User], by: User
) -> Cases:
    areas = {station.organisation_id: station.organisation.street for station in stations}
    units = {area.pk: tree[enforcement(area.name)].pk for area in areas.values()}
    return Cases(rng, by, handlers, areas, units, categories.build(tree))


@cache
def _deadline(start: date, days: int, kind: str) -> date:
    return deadline(start, days, kind)


def _closed(case: Case, now: datetime) -> datetime | None:
    """When the clock closed it."""
    over = case.resolved is not None and not case.refused and now - case.resolved > AFTERWARDS
    return case.resolved + AFTERWARDS + SOON if over and case.resolved else None


def _state(case: Case, now: datetime) -> ReportState:
    if case.refused:
        return ReportState.REJECTED
    if case.resolved:
        return ReportState.CLOSED if _closed(case, now) else ReportState.RESOLVED
    if case.started:
        return ReportState.IN_PROGRESS
    if case.assigned:
        return ReportState.ASSIGNED
    return ReportState.ACCEPTED if case.accepted else ReportState.SUBMITTED


def _rated(case: Case, now: datetime) -> str:
    assert case.resolved is not None
    return min(case.resolved + timedelta(hours=5), now).isoformat()


def _when(at: datetime | None) -> str:
    return at.isoformat() if at else NULL


def _scattered(serial: int) -> str:
    """Like `codes.random_code`, but never the same twice: among a million random ones two would be."""
    places = len(ALPHABET)
    rest = serial * STRIDE % places**8
    letters = []
    for _ in range(8):
        rest, letter = divmod(rest, places)
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _keys() -> Iterator[int]:
    while True:
        yield from reserve(Report, 1000)
