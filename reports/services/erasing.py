"""A reporter leaves: his own words and pictures go as soon as nobody needs them to mend what he told of."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from fengchao.core import photos
from fengchao.core.models import IdempotencyKey, Photo
from fengchao.core.transactions import unit_of_work
from reports.models import Feedback, Report, Step
from reports.querysets import ReportQuerySet
from reports.services.filing import ANSWER_PHOTO, PHOTO
from reports.states import OVER, Party

HIS_PICTURES = (PHOTO, ANSWER_PHOTO)


def erase_words(user: User) -> int:
    """Erase what `user` wrote and photographed in reports that are over; how many. The others stay readable to those
    who work on them until they are over, and go with `erase_of_closed`. Category, position, times and what staff and
    unit wrote stay, without him: they are the district's record of the thing."""
    return _erase(Report.objects.filter(courier_id=user.pk))


def erase_of_closed(at: datetime | None = None) -> int:
    """The timed rule: the same for reports that were still open when their reporter closed his account."""
    return _erase(Report.objects.filter(courier__user__is_active=False, courier__user__phone_hash=None))


def _erase(reports: ReportQuerySet) -> int:
    erased = 0
    for key in list(reports.filter(_has_words(), state__in=OVER).order_by("pk").values_list("pk", flat=True)):
        with unit_of_work():
            # Looked at again under the lock: an appeal may just be upheld.
            report = Report.objects.select_for_update(no_key=True).filter(pk=key, state__in=OVER).first()
            if report is not None:
                _erase_one(report)
                erased += 1
    return erased


def _has_words() -> Q:
    pictures = Photo.objects.filter(kind__in=HIS_PICTURES, subject_key=OuterRef("number"))
    steps = Step.objects.filter(report=OuterRef("pk"), party=Party.REPORTER).exclude(text="")
    ratings = Feedback.objects.filter(report=OuterRef("pk")).exclude(text="")
    own = ~Q(text="") | ~Q(place="") | ~Q(answers={}) | ~Q(client_key="") | Q(by_sms=True)
    return own | Q(Exists(pictures)) | Q(Exists(steps)) | Q(Exists(ratings))


def _erase_one(report: Report) -> None:
    report.text = report.place = report.client_key = ""
    report.answers, report.by_sms = {}, False
    report.save(update_fields=["text", "place", "client_key", "answers", "by_sms"])
    report.steps.filter(party=Party.REPORTER).exclude(text="").update(text="")
    Feedback.objects.filter(report=report).update(text="")
    # Answers that repeats of a move would get hold the report as it was; a repeat is refused by its state now.
    hands = report.steps.exclude(by=None).values("by_id")
    IdempotencyKey.objects.filter(user_id__in=hands, path__contains=f"/{report.number}/").delete()
    for photo in Photo.objects.filter(kind__in=HIS_PICTURES, subject_key=report.number):
        photos.delete(photo)
