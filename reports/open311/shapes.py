"""Categories and reports in the words of GeoReport. Nothing in here says who reported."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from fengchao.core import clock
from fengchao.core.words import without_personal_numbers
from reports import rules
from reports.models import Category, Question, Report, Step
from reports.services import history
from reports.states import FREE_TEXT, LISTS, OVER, QuestionKind, RejectReason, ReportState

NOTICE = "stop-notice"
"""Code of the attribute that asks nothing: what to do before reporting (“请先拨打 110/119”)."""

ROUGHLY = 3  # decimals of a degree


def service(category: Category) -> dict[str, Any]:
    """Of a category with its parent and questions."""
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": category.hint or None,
        "metadata": bool(_attributes(category)),
        "type": "realtime",
        "keywords": category.parent.name if category.parent else None,
        "group": category.parent.name if category.parent else None,
    }


def definition(category: Category) -> dict[str, Any]:
    return {"service_code": category.code, "attributes": _attributes(category)}


def requests(reports: Sequence[Report], *, extensions: bool) -> list[dict[str, Any]]:
    """Of rows that `ReportQuerySet.shown` gives, in one query more, or three with the extensions."""
    related: list[Any] = ["duplicate_of__category"]
    if extensions:
        steps = Prefetch("steps", Step.objects.select_related("organisation").order_by("pk"))
        related += [steps, "category__questions"]
    prefetch_related_objects(list(reports), *related)
    return [{**_request(report), **(_extensions(report) if extensions else {})} for report in reports]


def _request(report: Report) -> dict[str, Any]:
    is_public = rules.words_are_public(report)
    lat, lng = _position(report, is_exact=is_public or report.api_key_id is not None)
    return {
        "service_request_id": report.number,
        "status": "closed" if report.state in OVER else "open",
        "status_notes": _notes(report),
        "service_name": report.category.name,
        "service_code": report.category.code,
        "description": without_personal_numbers(report.text) or None if is_public else None,
        "agency_responsible": (report.assigned_to or report.area).name,
        "service_notice": report.category.stop_notice or None,
        "requested_datetime": _time(report.filed_at),
        "updated_datetime": _time(report.updated_at),
        "expected_datetime": _end_of(report.due_on or report.expected_on),
        "address": without_personal_numbers(report.place) or None if is_public else None,
        "address_id": None,
        "zipcode": None,
        "lat": lat,
        "long": lng,
        "media_url": report.media_url or None if is_public else None,
    }


def _position(report: Report, *, is_exact: bool) -> tuple[float | None, float | None]:
    """Where the thing is, or within some 50 m of where a courier stood, until staff have found that there is one."""
    if report.lat is None or report.lng is None or is_exact:
        return report.lat, report.lng
    return round(report.lat, ROUGHLY), round(report.lng, ROUGHLY)


def _extensions(report: Report) -> dict[str, Any]:
    """What GeoReport leaves to the city: our own state and times, what was answered, and how it went, each step without
    the words that staff and reporter wrote to each other."""
    lines = history.lines(report.steps.all(), as_reporter=False)
    return {
        "extended_attributes": {
            "state": report.state,
            "state_name": ReportState(report.state).label,
            "happened_datetime": _time(report.happened_at),
            "resolved_datetime": _time(report.resolved_at) if report.resolved_at else None,
            "reject_reason": report.reject_reason or None,
            "duplicate_of": _duplicate_of(report),
        },
        "attributes": _answers(report) if rules.words_are_public(report) else [],
        "notes": [{"datetime": _time(line.at), "summary": line.sentence, "status": line.state} for line in lines],
    }


def _notes(report: Report) -> str:
    label = str(ReportState(report.state).label)
    if not report.reject_reason:
        return label
    first = _duplicate_of(report)
    return f"{label}：{RejectReason(report.reject_reason).label}{f'，先报的是 {first}' if first else ''}"


def _duplicate_of(report: Report) -> str | None:
    first = report.duplicate_of
    return first.number if first and not first.category.is_confidential else None


def _attributes(category: Category) -> list[dict[str, Any]]:
    asked = [_attribute(question, order) for order, question in enumerate(category.questions.all(), 1)]
    if not category.stop_notice:
        return asked
    told = {
        "variable": False, "code": NOTICE, "datatype": QuestionKind.TEXT.value, "required": False,
        "datatype_description": None, "order": len(asked) + 1, "description": category.stop_notice, "values": [],
    }  # fmt: skip
    return [*asked, told]


def _attribute(question: Question, order: int) -> dict[str, Any]:
    return {
        "variable": True,
        "code": question.code,
        "datatype": question.kind,
        "required": question.is_required,
        "datatype_description": _FORMS.get(question.kind),
        "order": order,
        "description": question.label,
        "values": [{"key": option, "name": option} for option in question.choices],
    }


_FORMS = {QuestionKind.DATETIME.value: "如 2026-11-24T08:00:00+08:00", QuestionKind.MULTI.value: "可以选几项"}


def _answers(report: Report) -> list[dict[str, Any]]:
    """What was chosen, counted or dated. Free words may name a person, and stay with those who work on the report."""
    return [
        {"code": question.code, "description": question.label, "values": _values(question, given)}
        for question in report.category.questions.all()
        if question.kind not in FREE_TEXT and (given := report.answers.get(question.code)) is not None
    ]


def _values(question: Question, given: Any) -> list[dict[str, str]]:
    chosen = given if isinstance(given, list) else [given]
    words = [str(one) for one in chosen if question.kind not in LISTS or one in question.choices]
    return [{"key": shown, "name": shown} for shown in map(without_personal_numbers, words)]


def _time(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")


def _end_of(day: date) -> str:
    return datetime.combine(day, time(23, 59, 59), clock.SHANGHAI).isoformat()
