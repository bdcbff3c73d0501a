"""What a client sends: query or form, as texts that may be spelt in more than one way."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.http import QueryDict

from fengchao.core import clock, geo
from fengchao.core.errors import BadValue
from fengchao.core.geo import Position
from fengchao.core.words import is_readable
from reports.services.answers import NUMBER

MOST_ROWS = 1_000
MOST_NUMBERS = 500  # what fits into an address of 8,190 characters
ROWS_OF_A_PAGE = 50
LAST_PAGE = 1_000_000
STATUSES = ("open", "closed")
TEXT_LENGTH = 8_000  # no single value of the specification is longer

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]*)\](?:\[\d{0,4}\])?")
_LOST_PLUS = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d(?::?\d\d)?)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{2,6})?)?")


@dataclass(frozen=True)
class Span:
    """From `start` until before `end`; None is open."""

    start: datetime | None
    end: datetime | None


class Parameters:
    """The values under their names. What is empty is absent; what says two different things is refused."""

    def __init__(self, *sources: QueryDict) -> None:
        self._found: dict[str, list[str]] = {}
        for source in sources:
            for name in source:
                if said := [text for sent in source.getlist(name) if (text := _plain(name, sent))]:
                    self._found.setdefault(name, []).extend(said)

    def text(self, name: str) -> str:
        """The one value; "" when there is none."""
        found = set(self._found.get(name, ()))
        if len(found) > 1:
            raise BadValue("只能提供一个值。", field=name)
        return found.pop() if found else ""

    def texts(self, name: str) -> list[str]:
        """Values between commas, in one parameter or several."""
        joined = ",".join(self._found.get(name, ()))
        return [part for text in joined.split(",") if (part := text.strip())]

    def flag(self, name: str) -> bool:
        text = self.text(name).lower()
        if text not in ("", "true", "false", "1", "0"):
            raise BadValue("只能是 true 或 false。", field=name)
        return text in ("true", "1")

    def count(self, name: str, *, most: int) -> int | None:
        if not (text := self.text(name)):
            return None
        if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise BadValue(f"要是 1 到 {most} 的整数。", field=name)
        return int(text)

    def status(self) -> set[str]:
        """Which of `open` and `closed` are wanted."""
        wanted = {text.lower() for text in self.texts("status")} or set(STATUSES)
        if not wanted <= set(STATUSES):
            raise BadValue("只能是 open 或 closed。", field="status")
        return wanted

    def span(self, after: str, before: str) -> Span:
        """Both ends belong to it, a date or a second as a whole."""
        found = Span(self._moment(after), self._moment(before, is_end=True))
        if found.start and found.end and found.start >= found.end:
            raise BadValue("开始时间要早于结束时间。", field=after)
        return found

    def position(self) -> Position | None:
        return geo.given(self._number("lat"), self._number("long"))

    def attributes(self) -> dict[str, list[str]]:
        """Code → the different answers under `attribute[code]` and `attribute[code][]`."""
        found: dict[str, list[str]] = {}
        for name, texts in self._found.items():
            if not name.startswith("attribute"):
                continue
            if (match := _ATTRIBUTE.fullmatch(name)) is None:
                raise BadValue("要写成 attribute[代码] 或 attribute[代码][]。", field=name[:40])
            found[match[1]] = list(dict.fromkeys([*found.get(match[1], ()), *texts]))
        return found

    def digest(self, *names: str) -> str:
        """Of what these parameters and the attributes say, to know a call that is sent again."""
        said = [[name, self._found.get(name)] for name in names]
        return sha256(json.dumps([said, sorted(self.attributes().items())]).encode()).hexdigest()

    def _number(self, name: str) -> float | None:
        if not (text := self.text(name)):
            return None
        if not NUMBER.fullmatch(text):
            raise BadValue("经纬度必须是数字。", field=name)
        return float(text)

    def _moment(self, name: str, *, is_end: bool = False) -> datetime | None:
        if not (text := with_plus(self.text(name).upper())):
            return None
        try:
            at = datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "")
        except ValueError:
            raise BadValue("时间要写成 2026-11-24T08:00:00+08:00 的样子。", field=name) from None
        if not 1900 < at.year < 2200:  # at the ends of the calendar other time zones have no date
            raise BadValue("年份不对。", field=name)
        if _DAY.fullmatch(text):
            day = at.date() + timedelta(days=1) if is_end else at.date()
            return datetime.combine(day, time(), clock.SHANGHAI)
        at = (at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)).astimezone(UTC)
        return at + timedelta(**{"microseconds" if at.microsecond else "seconds": 1}) if is_end else at


def _plain(name: str, sent: Any) -> str:
    if not isinstance(sent, str):
        raise BadValue("不接收文件，图片请用 media_url 给出地址。", field=name[:40])
    if len(sent) > TEXT_LENGTH:
        raise BadValue("内容太长。", field=name[:40])
    text = sent.replace("\r\n", "\n").strip()
    if not is_readable(text):
        raise BadValue("有不能识别的字符，请用 UTF-8 编码。", field=name[:40])
    return text


def with_plus(text: str) -> str:
    """A blank in front of an offset was a `+` that nobody encoded."""
    match = _LOST_PLUS.fullmatch(text)
    return f"{match[1]}+{match[2]}" if match else text
