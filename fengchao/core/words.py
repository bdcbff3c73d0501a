"""Words that people type, as they are kept."""

import re
import unicodedata

from fengchao.core.errors import BadValue

# Eleven digits of a mobile number, however they are set apart and with China's code before them or without it, or a
# landline with its area code. Full-width digits have been folded before.
_APART = r"[\s\-_.·/()（）\u2010-\u2015\u2212]*"
PHONE = re.compile(
    rf"(?<!\d)(?:(?:\+|00)?86{_APART})?1{_APART}[3-9](?:{_APART}\d){{9}}(?!\d)"
    r"|(?<!\d)[(（]?0\d{2,3}[)）]?[\s\-\u2010-\u2015\u2212]?\d{7,8}(?!\d)"
)
IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")

# What nobody writes and nobody can read: control characters, halves of pairs, orders to turn the direction of what
# follows, and what stands where bytes were no character. Blanks of every width, joined emoji and characters that
# Python's tables do not know yet are words.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\uffff]")


def is_readable(text: str) -> bool:
    """Whether people can have written it; what shows nothing at all says nothing. Lines and tabs are for the caller to
    allow or not."""
    shows = any(unicodedata.category(one)[0] not in "CZ" or unicodedata.category(one) == "Cn" for one in text)
    return (shows or not text) and _UNREADABLE.search(text) is None


def sentence(text: str, *, most: int, field: str = "text", needed: bool = False) -> str:
    """The words on one line. BadValue for none where they are `needed`, for too many, and for what is no character."""
    words = " ".join(text.split())
    if needed and not words:
        raise BadValue("请写一句说明。", field=field)
    if len(words) > most or not is_readable(words):
        raise BadValue(f"说明不超过 {most} 个字。", field=field)
    return words


def paragraph(text: str, *, most: int, field: str) -> str:
    """The words with their lines. BadValue for too many and for what is no character."""
    words = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(words) > most:
        raise BadValue(f"不能超过 {most} 个字。", field=field)
    if not is_readable(words):
        raise BadValue("有不能识别的字符，请删掉再提交。", field=field)
    return words


def phone_numbers(text: str) -> list[str]:
    """The telephone numbers in a text, as they stand in it with full-width digits made plain."""
    return [found[0] for found in PHONE.finditer(_plain_digits(text))]


def without_phone_numbers(text: str) -> str:
    """The text for people who may read it but call nobody. All but the numbers stays as it is."""
    return _without(PHONE, "〔电话已隐去〕", text)


def without_personal_numbers(text: str) -> str:
    """The text for everybody: without the numbers of telephones and of identity cards."""
    return without_phone_numbers(_without(IDENTITY, "〔证件号已隐去〕", text))


def _without(pattern: re.Pattern[str], mark: str, text: str) -> str:
    kept, end = [], 0
    for found in pattern.finditer(_plain_digits(text)):
        kept += [text[end : found.start()], mark]
        end = found.end()
    return "".join([*kept, text[end:]])


def _plain_digits(text: str) -> str:
    """As long as the text, with each digit of any script as 0 to 9, and full-width signs as their plain ones."""
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else _PLAIN_SIGNS.get(one, one) for one in text)


_PLAIN_SIGNS = {"＋": "+", "－": "-", "．": ".", "／": "/", "＿": "_", "　": " ", "Ｘ": "X", "ｘ": "x"}
