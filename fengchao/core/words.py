"""Words that people type, as they are kept."""

import re
import unicodedata

from fengchao.core.errors import BadValue

# Eleven digits of a mobile number, however they are set apart, or a landline with its area code; full-width digits have
# been folded before.
PHONE = re.compile(r"(?<!\d)(?:1[3-9](?:[\s\-—.·]*\d){9}|0\d{2,3}[\s\-—]?\d{7,8})(?!\d)")


def sentence(text: str, *, most: int, field: str = "text", needed: bool = False) -> str:
    """The words on one line. BadValue for none where they are `needed`, for too many, and for what is no character."""
    words = " ".join(text.split())
    if needed and not words:
        raise BadValue("请写一句说明。", field=field)
    if len(words) > most or not words.isprintable():
        raise BadValue(f"说明不超过 {most} 个字。", field=field)
    return words


def paragraph(text: str, *, most: int, field: str) -> str:
    """The words with their lines. BadValue for too many and for what is no character."""
    words = text.replace("\r\n", "\n").strip()
    if len(words) > most:
        raise BadValue(f"不能超过 {most} 个字。", field=field)
    if not words.replace("\n", "").replace("\t", "").isprintable():
        raise BadValue("有不能识别的字符，请删掉再提交。", field=field)
    return words


def phone_numbers(text: str) -> list[str]:
    """The telephone numbers in a text, as they stand in it with full-width digits made plain."""
    return [found[0] for found in PHONE.finditer(unicodedata.normalize("NFKC", text))]


def without_phone_numbers(text: str) -> str:
    """The text for people who may read it but call nobody. Untouched where it has no number."""
    return PHONE.sub("〔电话已隐去〕", unicodedata.normalize("NFKC", text)) if phone_numbers(text) else text
