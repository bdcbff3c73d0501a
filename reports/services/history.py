"""The steps of a report as sentences, for whoever may read them. No step names a person."""

from collections.abc import Iterable

from fengchao.core.history import Line
from reports.models import Report, Step
from reports.states import TONES, Party, ReportState

SENTENCES = {
    "file": "{who}提交了上报",
    "accept": "{where}受理了",
    "reject": "{where}没有受理",
    "assign": "{where}派给办理单位",
    "return": "{where}退回，要改派别的单位",
    "start": "{where}开始办理",
    "ask": "{where}请{reporter}补充",
    "answer": "{who}补充了情况",
    "resolve": "{where}办结了",
    "reopen": "{who}要求重办",
    "close": "满 14 天，已结案",
    "appeal": "{who}提出申诉",
    "disprove": "{where}核实后认为不属实",
    "category": "{where}改了类别",
}


def in_words(report: Report, *, as_reporter: bool) -> list[Line]:
    """Oldest first. The reporter is “你” to himself and “上报人” to everybody else."""
    return lines(report.steps.select_related("organisation").order_by("pk"), as_reporter=as_reporter)


def lines(steps: Iterable[Step], *, as_reporter: bool) -> list[Line]:
    """`in_words` where the steps have been read already, with their organisations."""
    return [_line(step, as_reporter=as_reporter) for step in steps]


def _line(step: Step, *, as_reporter: bool) -> Line:
    state = ReportState(step.state_after)
    return Line(step.at, _sentence(step, as_reporter=as_reporter), step.text, state, state.label, TONES[state])


def _sentence(step: Step, *, as_reporter: bool) -> str:
    reporter = "你" if as_reporter else "上报人"
    where = step.organisation.name if step.organisation else Party(step.party).label
    who = reporter if step.party == Party.REPORTER else where
    return SENTENCES[step.move].format(who=who, where=where, reporter=reporter)
