"""What the reporter is told of his report, in words that say what comes next."""

from datetime import datetime

from fengchao.core import notices
from reports.models import Report

WORDS: dict[str, tuple[str, str]] = {
    "accept": ("{what}已受理", "谢谢你，接下来会派给办理单位。"),
    "reject": ("{what}没有受理", "{text}"),
    "ask": ("{what}需要你补充", "{text}"),
    "resolve": ("{what}已办结", "{text}"),
    "disprove": ("{what}经核实不属实", "{text}"),
}
"""Move → (title, text) of the notice. Moves that are not here are read in the report's history."""


def tell(report: Report, move: str, text: str, *, at: datetime) -> None:
    """Leave the reporter a notice of `move`, in the caller's transaction. Nobody is told of his own moves."""
    if move not in WORDS or report.courier is None:
        return
    title, words = (part.format(what=f"“{report.category}”", text=text) for part in WORDS[move])
    notices.tell(report.courier, f"report_{move}", title, text=words, link=report.get_absolute_url(), at=at)
