"""A street, a unit and a courier around reports, and reports in any state, made by the services."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Courier, Organisation, User
from accounts.roles import Role
from fengchao.core import clock, photos
from fengchao.core.geo import Position
from fengchao.core.models import Photo
from points.models import EarningRule
from reports import services
from reports.models import Category, Report
from reports.states import AFTERWARDS, DeadlineKind, ReportState
from stations.models import Station
from tests.factories.people import courier, outlet, staff
from tests.factories.places import District, Kind, district, organisation

HERE = Position(30.5801, 114.2202)


@dataclass
class ReportScene:
    """Who meets in a report: `rider` tells, `street` and `second` decide, `unit` works, `police` sees secrets."""

    district: District
    station: Station
    city_unit: Organisation
    police_unit: Organisation
    litter: Category
    scam: Category
    rider: Courier
    street: User
    second: User
    unit: User
    police: User
    chief: User
    elsewhere: User

    def filed(self, *, category: Category | None = None, at: datetime | None = None, text: str = "井盖松了") -> Report:
        return services.file(self.rider, category or self.litter, text=text, place="解放大道口", position=HERE, at=at)[
            0
        ]

    def in_state(self, state: ReportState, *, at: datetime | None = None) -> Report:
        """A report that went the shortest way to `state`."""
        report = self.filed(at=at)
        for move in WAYS[ReportState.RESOLVED if state == ReportState.CLOSED else state]:
            report = self.make(report, move, at=at)
        if state == ReportState.CLOSED:
            services.close_due((at or clock.now()) + AFTERWARDS + timedelta(seconds=1))
            report.refresh_from_db()
        assert report.state == state
        return report

    def make(self, report: Report, move: str, *, by: User | None = None, at: datetime | None = None) -> Report:
        """Any move of the table, by whom it belongs to unless `by` says otherwise, with what it needs."""
        street, unit, rider = by or self.street, by or self.unit, by or self.rider.user
        after = [picture(unit).pk] if move == "resolve" else []
        made = {
            "accept": lambda: services.accept(report, by=by or self._reviewer(report), at=at),
            "reject": lambda: services.reject(
                report, reason="not_true", text="现场没有", by=by or self._reviewer(report), at=at
            ),
            "assign": lambda: services.assign(report, organisation=self.city_unit, by=street, at=at),
            "return": lambda: services.send_back(report, reason="不归我们管", by=unit, at=at),
            "start": lambda: services.start(report, by=unit, at=at),
            "ask": lambda: services.ask(report, text="在哪个门口？", by=street, at=at),
            "answer": lambda: services.answer(report, text="东门", by=rider, at=at),
            "resolve": lambda: services.resolve(report, text="换了新井盖", photo_ids=after, by=unit, at=at),
            "reopen": lambda: services.reopen(report, text="又松了", by=rider, at=at),
            "appeal": lambda: services.appeal(report, text="真的有", by=rider, at=at),
            "disprove": lambda: services.disprove(report, text="照片是旧的", by=street, at=at),
        }
        return made[move]()

    def _reviewer(self, report: Report) -> User:
        return self.second if report.state == ReportState.APPEALED else self.street


WAYS: dict[ReportState, tuple[str, ...]] = {
    ReportState.SUBMITTED: (),
    ReportState.ACCEPTED: ("accept",),
    ReportState.ASSIGNED: ("accept", "assign"),
    ReportState.IN_PROGRESS: ("accept", "assign", "start"),
    ReportState.WAITING_FOR_REPORTER: ("accept", "assign", "ask"),
    ReportState.RESOLVED: ("accept", "assign", "start", "resolve"),
    ReportState.REJECTED: ("reject",),
    ReportState.APPEALED: ("reject", "appeal"),
}
"""`closed` is the clock's, after `resolved`."""


def report_scene() -> ReportScene:
    place = district()
    city_unit = organisation(place.root, kind=Kind.DEPARTMENT, name="区城管局")
    police_unit = organisation(place.root, kind=Kind.DEPARTMENT, name="区公安分局")
    station = Station.objects.create(
        code="GT-1",
        name="古田蜂巢",
        grade=1,
        organisation=place.community,
        address="古田路 1 号",
        lat=HERE.lat,
        lng=HERE.lng,
    )
    group = Category.objects.create(code="rubbish", name="积存垃圾")
    litter = Category.objects.create(
        code="litter", name="暴露垃圾", parent=group, handler=city_unit, deadline_days=3, points_accepted=10,
        points_resolved=60, points_duplicate=5,
    )  # fmt: skip
    scam = Category.objects.create(
        code="scam", name="各类诈骗", handler=police_unit, is_confidential=True, deadline_days=7,
        deadline_kind=DeadlineKind.CALENDAR, points_accepted=10, points_resolved=60,
    )  # fmt: skip
    for event, title in (("accepted", "受理"), ("resolved", "办结"), ("duplicate", "补充")):
        EarningRule.objects.create(
            event=f"report_{event}",
            title=f"随手拍 · {title}",
            programme="reports",
            points=1,
            valid_from="2020-01-01T00:00Z",
        )
    return ReportScene(
        district=place, station=station, city_unit=city_unit, police_unit=police_unit, litter=litter, scam=scam,
        rider=courier(outlet(place.community)),
        street=staff(Role.STREET_ADMIN, place.street, name="街道甲"),
        second=staff(Role.STREET_ADMIN, place.street, name="街道乙"),
        unit=staff(Role.HANDLER, city_unit, name="城管丙"),
        police=staff(Role.HANDLER, police_unit, name="民警丁"),
        chief=staff(Role.DISTRICT_ADMIN, place.root, name="区管戊"),
        elsewhere=staff(Role.STREET_ADMIN, place.other_street, name="别街己"),
    )  # fmt: skip


def picture(by: User, *, colour: str = "green") -> Photo:
    """An upload of `by` that nothing uses yet."""
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return photos.take_in(SimpleUploadedFile("a.jpg", file.getvalue(), "image/jpeg"), by=by)
