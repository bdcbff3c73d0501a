"""Telephone numbers of places: a mobile number, or a landline with its area code."""

import re
import unicodedata

from fengchao.core.errors import BadValue

CONTACT_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[48]00\d{7}", re.ASCII)


def clean_contact_phone(text: str) -> str:
    """The digits of what people type. Raises BadValue (field contact_phone) for what nobody could call."""
    number = re.sub(r"[\s\-()—]", "", unicodedata.normalize("NFKC", text))
    number = re.sub(r"^(\+86|0086)", "", number)
    if not CONTACT_PHONE.fullmatch(number):
        raise BadValue("请填 11 位手机号，或带区号的座机号。", field="contact_phone")
    return number
