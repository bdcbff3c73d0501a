"""Faces, plates and numbers on a picture of a report are blurred by the staff before others see it."""

import math
from collections.abc import Sequence

from accounts.models import User
from fengchao.core import audit, images, photos
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.images import Box
from fengchao.core.models import Photo
from fengchao.core.transactions import unit_of_work
from reports import rules
from reports.models import Report
from reports.problems import MayNot, SelfDealing
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO
from reports.services.turns import locked_for

MOST_BOXES = 20
SMALLEST = 0.5  # percent: less is a slip of the pointer
HAIR = 0.01  # by which a box drawn to the edge may pass it


def blur(photo: Photo, boxes: Sequence[Box], *, by: User) -> Photo:
    """Blur `boxes` (percent of the picture) past recognition. The new picture takes the place of the old one for
    everybody, the reporter too; the old bytes are deleted unless a picture of another thing shares them.

    Raises BadValue for boxes that are none, NotThere, MayNot for who does not decide about the report, SelfDealing, and
    ReplacedMeanwhile. Locks the report, then the picture.
    """
    redrawn = preview(photo, boxes, by=by)
    with unit_of_work():
        report = locked_for(_report_of(photo, by), by)
        _refuse(report, by)
        replaced = photos.replace(photo, redrawn)
        audit.record(by, "report.blurred", report, {"number": report.number, "photo": photo.pk, "boxes": len(boxes)})
    return replaced


def preview(photo: Photo, boxes: Sequence[Box], *, by: User) -> images.Redrawn:
    """What `blur` would make of it. Nothing is kept."""
    good = checked(boxes)
    _refuse(_report_of(photo, by), by)
    with photos.opened(photo) as file:
        return images.covered(file, good)


def checked(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, which lie inside the picture. BadValue says which does not; NaN lies nowhere."""
    if not boxes:
        raise BadValue("请先框出要打码的地方。", field="boxes")
    if len(boxes) > MOST_BOXES:
        raise BadValue(f"一张照片一次最多框 {MOST_BOXES} 处。", field="boxes")
    return [_inside(box, nr) for nr, box in enumerate(boxes, 1)]


def _inside(box: Box, nr: int) -> Box:
    if not all(math.isfinite(side) for side in box):
        raise BadValue(f"第 {nr} 个框要填数字。", field="boxes")
    if box.w < SMALLEST or box.h < SMALLEST:
        raise BadValue(f"第 {nr} 个框太小，宽和高至少 {SMALLEST}%。", field="boxes")
    if box.x < 0 or box.y < 0 or box.x + box.w > 100 + HAIR or box.y + box.h > 100 + HAIR:
        raise BadValue(f"第 {nr} 个框超出了照片。", field="boxes")
    return box


def _report_of(photo: Photo, by: User) -> Report:
    if photo.kind not in (PHOTO, ANSWER_PHOTO, AFTER_PHOTO):
        raise NotThere
    report: Report | None = Report.objects.in_scope(by).shown().filter(number=photo.subject_key).first()
    if report is None:
        raise NotThere
    return report


def _refuse(report: Report, by: User) -> None:
    if not rules.triages(by, report):
        raise MayNot
    if rules.is_reporter(by, report):
        raise SelfDealing
