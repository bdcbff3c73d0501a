"""Blurring: what lies in the boxes is gone for everybody, what lies outside stays, and the old bytes are deleted."""

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image, ImageChops, ImageStat

from accounts.models import User
from fengchao.core import images, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.images import Box
from fengchao.core.models import AuditLog, Photo
from fengchao.core.photos import ReplacedMeanwhile
from reports import services
from reports.models import Report
from reports.problems import MayNot, SelfDealing
from reports.services import blurring
from tests.factories import page_client, staff_client
from tests.factories.reports import HERE, ReportScene

pytestmark = pytest.mark.django_db
BOX = Box(25, 25, 50, 50)
INSIDE, OUTSIDE = (40, 30, 120, 90), (0, 0, 160, 24)
Part = tuple[int, int, int, int]
Commit = Callable[..., Any]


def noise(seed: int = 1) -> bytes:
    """A picture in which every patch is another: as hard to keep as to hide."""
    small = Image.frombytes("RGB", (20, 15), random.Random(seed).randbytes(20 * 15 * 3))
    file = io.BytesIO()
    small.resize((160, 120), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def picture_of(photo: Photo, size: str = "full") -> Image.Image:
    with default_storage.open(photo.file_name(size)) as file, Image.open(file) as picture:
        return picture.convert("RGB")


def difference(one: Image.Image, other: Image.Image, part: Part | None = None) -> float:
    """Of the pixels in `part`, on average, between 0 and 255."""
    apart = ImageChops.difference(one.crop(part), other.crop(part)) if part else ImageChops.difference(one, other)
    return sum(ImageStat.Stat(apart).mean) / 3


def roughest_cell(picture: Image.Image) -> float:
    """How much pixels differ inside a cell of the covered part, away from its edges, which the format smears."""
    corners = [(40 + 20 * nr, 30 + 20 * row) for nr in range(4) for row in range(3)]
    cells = [picture.crop((x + 6, y + 6, x + 14, y + 14)) for x, y in corners]
    return max(max(ImageStat.Stat(cell).stddev) for cell in cells)


@pytest.fixture
def report(scene: ReportScene) -> Report:
    taken = photos.take_in(SimpleUploadedFile("a.png", noise(), "image/png"), by=scene.rider.user)
    return services.file(scene.rider, scene.litter, text="井盖", place="路口", position=HERE, photo_ids=[taken.pk])[0]


@pytest.fixture
def photo(report: Report) -> Photo:
    return Photo.objects.get(subject_key=report.number)


def test_inside_is_gone_and_outside_stays(
    scene: ReportScene, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    before, small_before = picture_of(photo), picture_of(photo, "thumb")
    with django_capture_on_commit_callbacks(execute=True):
        after_photo = services.blur(photo, [BOX], by=scene.street)
    after, small_after = picture_of(after_photo), picture_of(after_photo, "thumb")
    assert (after.size, after_photo.pk) == (before.size, photo.pk)
    for was, now in ((before, after), (small_before, small_after)):
        assert difference(was, now, INSIDE) > 30
        assert difference(was, now, OUTSIDE) < 6
    # At most four by three flat cells.
    assert roughest_cell(after) < 4
    assert roughest_cell(before) > 20


def test_cells_say_nothing_of_what_differs_by_a_stroke() -> None:
    """A letter more or less in the box gives the same cells: nothing that could be worked out afterwards."""

    def covered(stroke: bool) -> bytes:
        picture = Image.new("RGB", (160, 120), (200, 200, 200))
        if stroke:
            picture.paste((120, 120, 120), (70, 50, 73, 62))
        file = io.BytesIO()
        picture.save(file, "WEBP", lossless=True)
        file.seek(0)
        return images.covered(file, [BOX]).full

    assert covered(True) == covered(False)


def test_the_old_bytes_are_gone(scene: ReportScene, photo: Photo, django_capture_on_commit_callbacks: Commit) -> None:
    old = [photo.file_name(size) for size in photos.SIZES]
    assert [default_storage.exists(name) for name in old] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):
        services.blur(photo, [BOX], by=scene.street)
    photo.refresh_from_db()
    new = [photo.file_name(size) for size in photos.SIZES]
    assert [default_storage.exists(name) for name in (*old, *new)] == [False, False, True, True]
    facts = AuditLog.objects.get(verb="report.blurred")
    assert (facts.actor_id, facts.changed["photo"], facts.changed["boxes"]) == (scene.street.pk, photo.pk, 1)


def test_a_file_that_another_picture_shares_stays_for_it(
    scene: ReportScene, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    other = photos.take_in(SimpleUploadedFile("a.png", noise(), "image/png"), by=scene.street)
    assert other.digest == photo.digest
    before = picture_of(other)
    with django_capture_on_commit_callbacks(execute=True):
        services.blur(photo, [BOX], by=scene.street)
    other.refresh_from_db()
    assert difference(before, picture_of(other)) == 0
    photo.refresh_from_db()
    assert photo.digest != other.digest


def test_a_rollback_keeps_the_old_file(scene: ReportScene, photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(blurring.audit, "record", fails)
    with pytest.raises(RuntimeError):
        services.blur(photo, [BOX], by=scene.street)
    fresh = Photo.objects.get(pk=photo.pk)
    assert (fresh.digest, fresh.replaced_at, default_storage.exists(fresh.file_name("full"))) == (
        photo.digest,
        None,
        True,
    )
    assert connection.run_on_commit == []


def test_everybody_sees_the_blurred_one_under_a_new_address(
    scene: ReportScene, report: Report, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    before = photos.address(photo)
    rider = page_client(scene.rider.user)
    was = b"".join(rider.get(before).streaming_content)
    with django_capture_on_commit_callbacks(execute=True):
        blurred = services.blur(photo, [BOX], by=scene.street)
    after = photos.address(blurred)
    assert (before.partition("?")[0], after != before) == (after.partition("?")[0], True)
    assert [b"".join(rider.get(address).streaming_content) == was for address in (before, after)] == [False, False]
    report = services.assign(services.accept(report, by=scene.street), organisation=scene.city_unit, by=scene.street)
    assert b"".join(staff_client(scene.unit).get(after).streaming_content) != was


@pytest.mark.parametrize(
    "boxes",
    [
        [],
        [BOX] * 21,
        [BOX] * 1000,
        [Box(float("nan"), 0, 10, 10)],
        [Box(0, 0, float("inf"), 10)],
        [Box(-1, 0, 10, 10)],
        [Box(95, 0, 10, 10)],
        [Box(0, 95, 10, 10)],
        [Box(0, 0, 0, 10)],
        [Box(0, 0, 10, -5)],
        [BOX, Box(200, 200, 1, 1)],
    ],
)
def test_boxes_that_are_none_are_refused(scene: ReportScene, photo: Photo, boxes: list[Box]) -> None:
    with pytest.raises(BadValue) as refusal:
        services.blur(photo, boxes, by=scene.street)
    photo.refresh_from_db()
    assert (refusal.value.field, photo.replaced_at) == ("boxes", None)


def test_the_whole_picture_may_be_covered(
    scene: ReportScene, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.blur(photo, [Box(0, 0, 100, 100)], by=scene.street)


def test_who_may_not(scene: ReportScene, report: Report, photo: Photo) -> None:
    for stranger in (scene.elsewhere, scene.police, scene.unit, scene.rider.user):
        with pytest.raises(NotThere):
            services.blur(photo, [BOX], by=stranger)
    services.assign(services.accept(report, by=scene.street), organisation=scene.city_unit, by=scene.street)
    with pytest.raises(MayNot):
        services.blur(photo, [BOX], by=scene.unit)
    scene.rider.user.memberships.create(organisation=scene.district.street, role="street_admin")
    with pytest.raises(SelfDealing):
        services.blur(photo, [BOX], by=User.objects.get(pk=scene.rider.user.pk))
    unused = photos.take_in(SimpleUploadedFile("b.png", noise(2), "image/png"), by=scene.street)
    with pytest.raises(NotThere):
        services.blur(unused, [BOX], by=scene.street)


def test_who_was_slower_does_not_bring_the_old_picture_back(
    scene: ReportScene, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    redrawn = blurring.preview(photo, [Box(0, 0, 10, 10)], by=scene.second)
    with django_capture_on_commit_callbacks(execute=True):
        services.blur(photo, [BOX], by=scene.street)
    with pytest.raises(ReplacedMeanwhile):
        photos.replace(photo, redrawn)


# --- The page


def page(report: Report, photo: Photo) -> str:
    return f"/admin/reports/report/{report.pk}/blur/{photo.pk}/"


def test_the_page_previews_and_saves_without_a_script(
    scene: ReportScene, report: Report, photo: Photo, django_capture_on_commit_callbacks: Commit
) -> None:
    street = staff_client(scene.street)
    assert street.get(page(report, photo)).status_code == 200
    rows = {"x": ["25", ""], "y": ["25", ""], "w": ["50", ""], "h": ["50", ""]}
    seen = street.post(page(report, photo), {**rows, "then": "preview"})
    photo.refresh_from_db()
    assert (seen.status_code, "data:image/webp;base64," in seen.content.decode(), photo.replaced_at) == (
        200,
        True,
        None,
    )
    with django_capture_on_commit_callbacks(execute=True):
        saved = street.post(page(report, photo), {**rows, "then": "save"})
    assert saved["Location"] == f"/admin/reports/report/{report.pk}/change/"
    assert "已打码" in street.get(saved["Location"]).content.decode()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, "请先框出要打码的地方"),
        ({"x": ["1"], "y": ["1"], "w": ["1"]}, "第 1 个框要填四个数字"),
        ({"x": ["a"], "y": ["1"], "w": ["1"], "h": ["1"]}, "第 1 个框要填四个数字"),
        ({"x": ["nan"], "y": ["1"], "w": ["1"], "h": ["1"]}, "第 1 个框要填数字"),
        ({"x": ["90"], "y": ["1"], "w": ["20"], "h": ["1"]}, "第 1 个框超出了照片"),
        ({side: ["1"] * 400 for side in "xywh"}, "最多框 20 处"),
    ],
)
def test_the_page_refuses_in_words(
    scene: ReportScene, report: Report, photo: Photo, rows: dict[str, list[str]], said: str
) -> None:
    answer = staff_client(scene.street).post(page(report, photo), {**rows, "then": "save"})
    assert (answer.status_code, said in answer.content.decode()) == (400, True)


def test_the_page_is_for_who_decides(scene: ReportScene, report: Report, photo: Photo) -> None:
    assert staff_client(scene.elsewhere).get(page(report, photo)).status_code == 404
    assert staff_client(scene.unit).get(page(report, photo)).status_code == 403
    other = scene.filed()
    assert staff_client(scene.street).get(page(other, photo)).status_code == 404
