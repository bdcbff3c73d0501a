"""What may be filed, where it goes, what is shown before, and that one draft is one report."""

from datetime import date, timedelta

import pytest

from accounts.problems import AccountFrozen
from accounts.services.freezing import freeze
from fengchao.core import clock, photos
from fengchao.core.errors import BadValue, TooMany
from fengchao.core.geo import Position
from fengchao.core.models import Photo
from fengchao.core.photos import PhotoNotYours
from reports import services
from reports.models import Category, Question, Report
from reports.services import answers
from reports.services.deadlines import deadline, due
from reports.services.filing import PER_DAY
from reports.states import DeadlineKind, QuestionKind, ReportState
from stations.models import Station
from tests.factories import courier, outlet
from tests.factories.reports import HERE, ReportScene, picture

pytestmark = pytest.mark.django_db
FAR = Position(30.9, 114.9)


def refused(scene: ReportScene, **given: object) -> str | None:
    """The field that a refusal names; nothing is written."""
    fields = {"text": "井盖松了", "place": "解放大道口", "position": HERE, **given}
    before = Report.objects.count()
    with pytest.raises(BadValue) as refusal:
        services.file(scene.rider, scene.litter, **fields)  # type: ignore[arg-type]
    assert Report.objects.count() == before
    return refusal.value.field


def test_a_report_with_pictures_position_and_words(scene: ReportScene) -> None:
    one, two = picture(scene.rider.user), picture(scene.rider.user, colour="red")
    report, new = services.file(
        scene.rider, scene.litter, text=" 井盖\r\n松了 ", place="解放  大道口", position=HERE, accuracy_m=12,
        photo_ids=[two.pk, one.pk, two.pk], client_key="abc",
    )  # fmt: skip
    assert (new, report.state, report.text, report.place) == (True, ReportState.SUBMITTED, "井盖\n松了", "解放 大道口")
    assert (report.area, report.lat, report.accuracy_m) == (scene.district.street, HERE.lat, 12)
    assert {photo.pk for photo in photos.of(report.number, "report")} == {one.pk, two.pk}
    assert (len(report.number), report.number[0], report.steps.get().move) == (9, "P", "file")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " ", "photo_ids": []}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"text": "a\x07b"}, "text"),
        ({"position": None, "place": " "}, "place"),
        ({"place": "x" * 121}, "place"),
        ({"photo_ids": range(1, 8)}, "photos"),
        ({"photo_ids": [987654321]}, "photos"),
        ({"client_key": "键"}, "client_key"),
        ({"client_key": "k" * 65}, "client_key"),
        ({"happened_at": clock.now() + timedelta(hours=1)}, "happened_at"),
        ({"happened_at": clock.now() - timedelta(days=31)}, "happened_at"),
        ({"answers": {"none": "x"}}, "answers.none"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(scene: ReportScene, given: dict[str, object], field: str) -> None:
    assert refused(scene, **given) == field


def test_pictures_must_be_his_and_unused(scene: ReportScene) -> None:
    other, mine = picture(scene.unit), picture(scene.rider.user)
    assert refused(scene, photo_ids=[other.pk]) == "photos"
    scene.filed()
    services.file(scene.rider, scene.litter, place="这里", photo_ids=[mine.pk])
    with pytest.raises(PhotoNotYours):
        services.file(scene.rider, scene.litter, place="这里", photo_ids=[mine.pk])
    assert Photo.objects.get(pk=mine.pk).kind == "report"


def test_one_draft_is_one_report_and_another_courier_may_use_its_key(scene: ReportScene) -> None:
    first, new = services.file(scene.rider, scene.litter, text="一", place="这里", client_key="k1")
    again, repeated = services.file(scene.rider, scene.litter, text="二", place="那里", client_key="k1")
    assert (new, repeated, again.pk, again.text) == (True, False, first.pk, "一")
    other = courier(outlet(scene.district.community))
    assert services.file(other, scene.litter, text="三", place="这里", client_key="k1")[1] is True
    assert Report.objects.count() == 2


def test_a_frozen_account_and_too_many_in_a_day(scene: ReportScene) -> None:
    at = clock.now()
    for _ in range(PER_DAY):
        services.file(scene.rider, scene.litter, text="一", place="这里", at=at)
    with pytest.raises(TooMany):
        services.file(scene.rider, scene.litter, text="一", place="这里", at=at)
    other = courier(outlet(scene.district.community))
    freeze(other, by=scene.chief, reason="换号")
    other.refresh_from_db()
    with pytest.raises(AccountFrozen):
        services.file(other, scene.litter, text="一", place="这里")


def test_the_area_is_the_nearest_stations_street_then_the_chosen_ones_then_his_outlets(scene: ReportScene) -> None:
    elsewhere = Station.objects.create(
        code="HJ-1", name="韩家墩蜂巢", grade=1, organisation=scene.district.other_street, address="某路", lat=FAR.lat,
        lng=FAR.lng,
    )  # fmt: skip

    def area(**given: object) -> str:
        return services.file(scene.rider, scene.litter, text="一", place="这里", **given)[0].area.name  # type: ignore[arg-type]

    assert area(position=FAR) == "韩家墩街道"
    assert area(position=HERE, station=elsewhere) == "古田街道"
    assert area(station=elsewhere) == "韩家墩街道"
    assert area() == "古田街道"
    scene.rider.outlet = None
    assert area() == "硚口区"
    assert area(position=Position(31.5, 113.0), station=elsewhere) == "韩家墩街道"


def test_similar_ones_are_open_near_and_of_the_category(scene: ReportScene) -> None:
    near, mended = scene.filed(), scene.in_state(ReportState.RESOLVED)
    beyond = Position(HERE.lat + 0.00095, HERE.lng)  # 106 m
    services.file(scene.rider, scene.litter, text="远", position=beyond)
    secret = scene.filed(category=scene.scam)
    assert services.similar(scene.litter, HERE) == [near]
    assert services.similar(scene.litter, HERE)[0].distance_m == 0  # type: ignore[attr-defined]
    assert services.similar(scene.scam, HERE) == []
    assert {near.state, mended.state, secret.state} == {"submitted", "resolved"}


def test_questions_are_read_as_people_mean_them(scene: ReportScene) -> None:
    ask = {"category": scene.litter}
    Question.objects.create(
        **ask, code="size", label="多大", kind=QuestionKind.SINGLE, choices=["小", "大"], is_required=True
    )
    Question.objects.create(**ask, code="kinds", label="什么", kind=QuestionKind.MULTI, choices=["木", "铁", "布"])
    Question.objects.create(**ask, code="bags", label="几袋", kind=QuestionKind.NUMBER)
    Question.objects.create(**ask, code="since", label="从何时", kind=QuestionKind.DATETIME)
    given = {"size": "大", "kinds": ["布", "木"], "bags": " 3 ", "since": "2026-11-20T08:00"}
    kept = answers.cleaned(scene.litter, given)
    assert kept == {"size": "大", "kinds": ["木", "布"], "bags": 3, "since": "2026-11-20T08:00:00+08:00"}
    assert answers.in_words(scene.litter, kept) == [
        ("多大", "大"), ("什么", "木、布"), ("几袋", "3"), ("从何时", "2026-11-20 08:00"),
    ]  # fmt: skip
    for code, bad in (
        ("size", "中"), ("size", ""), ("size", True), ("kinds", ["金"]), ("kinds", [1]), ("bags", "三"),
        ("bags", "nan"), ("bags", "1e400"), ("since", "昨天"), ("bags", {"a": 1}),
    ):  # fmt: skip
        with pytest.raises(BadValue) as refusal:
            answers.cleaned(scene.litter, {**given, code: bad})
        assert refusal.value.field == f"answers.{code}"


@pytest.mark.parametrize(
    ("start", "days", "kind", "end"),
    [
        (date(2026, 11, 24), 3, DeadlineKind.WORK, date(2026, 11, 27)),
        (date(2026, 11, 27), 1, DeadlineKind.WORK, date(2026, 11, 30)),  # a Friday
        (date(2026, 11, 27), 1, DeadlineKind.CALENDAR, date(2026, 11, 28)),
        (date(2026, 9, 30), 1, DeadlineKind.WORK, date(2026, 10, 8)),  # over the golden week
        (date(2026, 10, 9), 1, DeadlineKind.WORK, date(2026, 10, 10)),  # a Saturday worked in exchange
    ],
)
def test_days_are_counted_as_offices_count_them(start: date, days: int, kind: str, end: date) -> None:
    assert deadline(start, days, kind) == end


def test_overdue_begins_the_day_after_the_last_and_three_times_later_is_a_list(scene: ReportScene) -> None:
    at = clock.now()
    report = scene.in_state(ReportState.IN_PROGRESS, at=at)
    assert (report.due_on, report.long_due_on) == due(scene.litter, at)
    end, far_end = clock.day_bounds(report.due_on)[1], clock.day_bounds(report.long_due_on)[1]
    for moment, late, long in ((end - timedelta(seconds=1), 0, 0), (end, 1, 0), (far_end, 1, 1)):
        assert (Report.objects.overdue(moment).count(), Report.objects.long_overdue(moment).count()) == (late, long)
    scene.make(report, "resolve")
    assert Report.objects.overdue(far_end).count() == 0


def test_only_the_lower_level_in_use_can_be_filed(scene: ReportScene) -> None:
    group = scene.litter.parent
    assert set(Category.objects.fileable()) == {scene.litter, scene.scam}
    Category.objects.filter(pk=group.pk).update(is_active=False)  # type: ignore[union-attr]
    assert set(Category.objects.fileable()) == {scene.scam}
