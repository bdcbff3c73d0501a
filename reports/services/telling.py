"""What the reporter is told of his report, in words that say what comes next."""

from datetime import datetime
from functools import partial

from django.db import transaction

from fengchao.core import notices
from reports.models import Report
from reports.tasks import tell_by_text

WORDS: dict[str, tuple[str, str]] = {
    "accept": ("{what}已受理", "谢谢你，接下来会派给办理单位。"),
    "reject": ("{what}没有受理", "{text}"),
    "ask": ("{what}需要你补充", "{text}"),
    "resolve": ("{what}已办结", "{text}"),
    "disprove": ("{what}经核实不属实", "{text}"),
}
"""Move → (title, text) of the notice. Moves that are not here are read in the report's history."""

LAST_DAY = "report_ends"


def tell(report: Report, move: str, text: str, *, at: datetime) -> None:
    """Leave the reporter a notice of `move`, in the caller's transaction, and after it a text message where he asked
    for them. Nobody is told of his own moves."""
    if move not in WORDS or report.courier is None:
        return
    title, words = (part.format(what=f"“{report.category}”", text=text) for part in WORDS[move])
    notices.tell(report.courier, f"report_{move}", title, text=words, link=report.get_absolute_url(), at=at)
    if report.by_sms:
        # On a screen that others may see, a confidential report does not say what it is about.
        short = "你的上报有新进展" if report.category.is_confidential else title
        key = f"report:{report.pk}:{move}:{at.isoformat()}"
        transaction.on_commit(partial(tell_by_text.enqueue, report.pk, short, key), robust=True)


def tell_last_day(report: Report, *, at: datetime) -> None:
    """Leave the reporter, once for each report, word of the end of his 14 days."""
    assert report.courier is not None  # the caller asked for those with one
    words = "觉得没办好，可以要求重办；办得好不好，也欢迎评价。"
    title = f"“{report.category}”还有一天结案"
    link = report.get_absolute_url()
    notices.tell(report.courier, LAST_DAY, title, text=words, link=link, about=report.number, at=at)
