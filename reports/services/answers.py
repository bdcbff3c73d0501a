"""Answers to a category's own questions: read as people mean them, kept as plain values."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fengchao.core import clock
from fengchao.core.errors import BadValue
from fengchao.core.words import is_readable
from reports.models import Category, Question
from reports.states import QuestionKind

NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?")
MOST = {QuestionKind.STRING: 200, QuestionKind.TEXT: 1000}


def cleaned(category: Category, given: Mapping[str, Any]) -> dict[str, Any]:
    """Code → value of each question that is answered. Raises BadValue naming `answers.<code>` for one that does not
    fit, is missing though required, or is asked by no question of the category."""
    questions = {question.code: question for question in category.questions.all()}
    for code in given:
        if code not in questions:
            raise BadValue("这个类别没有这个问题。", field=f"answers.{str(code)[:40]}")
    found = {}
    for code, question in questions.items():
        value = _read(question, given.get(code))
        if value is not None:
            found[code] = value
        elif question.is_required:
            raise BadValue(f"请回答：{question.label}", field=f"answers.{code}")
    return found


def in_words(category: Category, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(question, answer) pairs to read. What is no longer asked is left out."""
    return [
        (question.label, _spoken(question, answers[question.code]))
        for question in category.questions.all()
        if question.code in answers
    ]


def _read(question: Question, value: Any) -> Any:
    """The plain value; None when nothing was answered."""
    if question.kind == QuestionKind.MULTI:
        return _many(question, value)
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unfit(question)
    text = str(value).replace("\r\n", "\n").strip()
    if question.kind == QuestionKind.NUMBER:
        return _number(question, text)
    if question.kind == QuestionKind.DATETIME:
        return _moment(question, text)
    if question.kind == QuestionKind.SINGLE:
        if text not in question.choices:
            raise _unfit(question)
        return text
    if len(text) > MOST[QuestionKind(question.kind)] or not is_readable(text):
        raise _unfit(question)
    return text


def _many(question: Question, value: Any) -> list[str] | None:
    chosen = value if isinstance(value, list) else [] if value in (None, "") else [value]
    if any(not isinstance(one, str) or one not in question.choices for one in chosen):
        raise _unfit(question)
    return [option for option in question.choices if option in chosen] or None


def _number(question: Question, text: str) -> int | float:
    number = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number) or abs(number) > 1e12:
        raise _unfit(question)
    return int(number) if number.is_integer() else number


def _moment(question: Question, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _unfit(question) from None
    if not 1900 < at.year < 2200:  # at the ends of the calendar other time zones have no date
        raise _unfit(question)
    return (at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)).isoformat()


def _spoken(question: Question, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    if question.kind == QuestionKind.DATETIME:
        return f"{datetime.fromisoformat(str(value)).astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return str(value)


def _unfit(question: Question) -> BadValue:
    return BadValue(f"“{question.label}”填得不对，请检查。", field=f"answers.{question.code}")
