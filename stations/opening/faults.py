"""A text of opening hours that cannot be used is refused with the place of the fault and, where one can guess, how to
write it. One function for the admin's form, imports and dated overrides; and the text as a person reads it."""

import re
import unicodedata

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # its stub forgets the error

from stations.opening.text import BEYOND, QUOTED, parsed
from stations.problems import BadHours

LONGEST = 200
EXAMPLE = "例：Mo-Su 08:00-20:00；全天开放写 24/7。"
UNPADDED = re.compile(r"(?<![\d:])\d:\d\d")
DAYS = dict(zip("一二三四五六日天", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "Su"), strict=True))
ENGLISH = re.compile(r"\b(mon?|tue?s?|wed?|thu?r?s?|fri?|sat?|sun?|ph)(?:day)?\b\.?", re.I)
NUMERALS = dict(zip("一二三四五六七八九十两", (*range(1, 11), 2), strict=True)) | {"十一": 11, "十二": 12}
AFTERNOON = ("下午", "晚上", "晚", "傍晚")
TIME = re.compile(
    r"(?:(凌晨|清晨|早上|上午|早|中午|下午|傍晚|晚上|晚)\s*)?(\d{1,2}|十[一二]|[一二三四五六七八九十两])\s*(?:点钟?|时|:)"
    r"\s*(半|\d{1,2}(?:分)?)?"
)
WORDS_FOR = (
    (r"二十四小时|24\s*小时|全天候?|昼夜", " 00:00-24:00 "), (r"法定节假日|节假日|节日|假日", " PH "),
    (r"周末|双休日", " Sa-Su "), (r"每天|每日|天天|日常", " Mo-Su "), (r"工作日|平日", " Mo-Fr "),
    (r"不开放?|休息|关闭|闭馆|关门", " off "), (r"开放时间|营业时间|时间|开放|营业|开门", " "),
)  # fmt: skip


def check(text: str, *, field: str = "opening_hours") -> str:
    """The text without blanks around it. Raises BadHours, whose message names the place and a way to write it."""
    text = text.strip()
    fault = _fault(text)
    if fault is None:
        return text
    place, what = fault
    better = suggestion(text)
    told = f"可以写成：{better}" if better else EXAMPLE
    raise BadHours(f"{what}{told}", field=field, place=place, suggestion=better)


def suggestion(text: str) -> str:
    """The text in OSM's syntax, "" when that cannot be guessed."""
    guess = _guessed(text)
    return guess if guess and guess != text.strip() and _fault(guess) is None else ""


def _fault(text: str) -> tuple[int, str] | None:
    """(place of the first character at fault, from 1; what is wrong), None for a text that can be used or is blank."""
    if not text:
        return None
    if len(text) > LONGEST:
        return LONGEST + 1, f"太长了，最多 {LONGEST} 个字。"
    bare = QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    for character in bare:
        if not " " <= character <= "~":
            return _seen(text, bare.index(character), "不是 OSM 写法")
    if found := UNPADDED.search(bare):
        return _seen(text, found.start(), "小时要写两位数", found[0])
    try:
        OpeningHours(text)
    except ParserError as error:
        return _seen(text, _column(error) - 1, "看不懂")
    if found := BEYOND.search(bare):
        return _seen(text, found.start(), "这里用不了这种写法", found[0])
    return None if parsed(text) else _seen(text, 0, "一段时间最长 24 小时")


def _seen(text: str, start: int, what: str, piece: str = "") -> tuple[int, str]:
    if start >= len(text):
        return start + 1, "写到末尾还缺内容。"
    shown = piece or text[start : start + 8]
    return start + 1, f"第 {start + 1} 个字起“{shown}”{what}。"


def _column(error: Exception) -> int:
    found = re.search(r"--> \d+:(\d+)", str(error))
    return int(found[1]) if found else 1


def _guessed(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip().strip("。.;,")
    text = re.sub(r"\s*(?:至|到|~|—|–|−|――|～)\s*", "-", text)
    text = re.sub(r"(?:周|星期|礼拜)([一二三四五六日天])\s*-\s*(?:周|星期|礼拜)?([一二三四五六日天])", _range, text)
    text = re.sub(r"(?:周|星期|礼拜)([一二三四五六日天])", lambda found: f" {DAYS[found[1]]} ", text)
    text = ENGLISH.sub(lambda found: "PH" if found[0].lower() == "ph" else found[1][:2].capitalize(), text)
    for pattern, word in WORDS_FOR:
        text = re.sub(pattern, word, text)
    text = TIME.sub(_time, text)
    text = re.sub(r"(?<![\d:])(\d{1,2})-(\d{1,2})(?![\d/])", _whole_hours, text)
    text = re.sub(r"(\d\d:\d\d)-(\d\d):(\d\d)", _same_day, text)
    text = text.replace("、", ",").replace("和", ",").replace("|", ";")
    text = re.sub(r"\s*-\s*", "-", re.sub(r"\s*,\s*", ",", text))
    text = re.sub(r"(:\d\d|off)[\s,;]+(?=(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)\b)", r"\1; ", text)
    text = re.sub(r"(:\d\d)\s+(?=\d\d:)", r"\1,", text)
    text = re.sub(r"(?<=[a-zA-Z])(?=\d\d:)", " ", text)
    text = re.sub(r"\s*;\s*", "; ", re.sub(r"\s+", " ", text)).strip(" ;,")
    return "24/7" if text in ("00:00-24:00", "Mo-Su 00:00-24:00") else text


def _range(found: re.Match[str]) -> str:
    return f" {DAYS[found[1]]}-{DAYS[found[2]]} "


def _time(found: re.Match[str]) -> str:
    part, hour_text, minute_text = found.groups()
    hour = int(hour_text) if hour_text.isdecimal() else NUMERALS[hour_text]
    if part in AFTERNOON and hour < 12:
        hour += 12
    minute = 30 if minute_text == "半" else int((minute_text or "0").removesuffix("分") or 0)
    return f"{hour:02}:{minute:02}"


def _whole_hours(found: re.Match[str]) -> str:
    """8-20点: the second has its minutes already."""
    rest = "" if found.string[found.end() : found.end() + 1] == ":" else ":00"
    return f"{int(found[1]):02}:00-{int(found[2]):02}{rest}"


def _same_day(found: re.Match[str]) -> str:
    """9点到5点 ends in the afternoon, 晚6点到10点 in the evening."""
    start, hour = found[1], int(found[2])
    if f"{hour:02}:{found[3]}" <= start < f"{hour + 12:02}:{found[3]}" and 0 < hour < 12:
        hour += 12
    return f"{start}-{hour:02}:{found[3]}"


_WORDS = {
    "24/7": "全天开放", "Mo-Su": "每天", "Mo-Fr": "周一至周五", "Sa-Su": "周末", "PH": "节假日", "off": "休息",
    "closed": "休息", "unknown": "待确认", "Mo": "周一", "Tu": "周二", "We": "周三", "Th": "周四", "Fr": "周五",
    "Sa": "周六", "Su": "周日",
}  # fmt: skip
_WORD = re.compile(r"24/7|Mo-Su|Mo-Fr|Sa-Su|PH|off|closed|unknown|Mo|Tu|We|Th|Fr|Sa|Su")


def in_words(text: str) -> str:
    """The hours as a person reads them: `Mo-Fr 08:30-17:30; Su off` is 周一至周五 08:30–17:30；周日 休息."""
    if parsed(text.strip()) is None:
        return ""
    words = _WORD.sub(lambda word: _WORDS[word[0]], text.strip()).replace("; ", "；").replace("-周", "至周")
    return re.sub(r"(?<=:\d\d)-(?=\d)", "–", words)
