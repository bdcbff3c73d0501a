"""Words that people type: what is readable, and which numbers are in them."""

import pytest

from fengchao.core.errors import BadValue
from fengchao.core.words import paragraph, phone_numbers, sentence, without_personal_numbers, without_phone_numbers

NUMBERS = [
    "13812345678", "138 1234 5678", "138-1234-5678", "138—1234—5678", "１３８１２３４５６７８", "+8613812345678",
    "86 13812345678", "008613812345678", "138–1234–5678", "138‐1234‐5678", "138(1234)5678", "138/1234/5678",
    "138_1234_5678", "1 3 8 1 2 3 4 5 6 7 8", "02783512345", "027-83512345", "(027)83512345", "（027）83512345",
]  # fmt: skip
NONE = [
    "", "30.5801,114.2202", "2026-11-24 10:30", "12345678", "138123456789012", "消火栓 119", "1,380 元", "QK-001",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_found_and_hidden(number: str) -> None:
    assert len(phone_numbers(f"打{number}找我")) == 1
    assert without_phone_numbers(f"①打{number}找我㎡") == "①打〔电话已隐去〕找我㎡"


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number_stays(text: str) -> None:
    assert phone_numbers(text) == []
    assert without_personal_numbers(text) == text


def test_the_numbers_of_identity_cards_are_hidden() -> None:
    for number in ("420106199001011234", "42010619900101123X", "４２０１０６１９９００１０１１２３Ｘ"):
        assert without_personal_numbers(f"我是{number}。") == "我是〔证件号已隐去〕。"


@pytest.mark.parametrize("words", ["👨\u200d👩\u200d👧", "一\u200b二", "𱍐", "é́", "☎️"])
def test_what_a_telephone_types_is_readable(words: str) -> None:
    assert sentence(words, most=20) == words
    assert paragraph(f"\u3000\u3000{words}\r\n二\r三", most=20, field="text") == f"{words}\n二\n三"


@pytest.mark.parametrize("words", ["\u200b", "\u200b \u200d", "\ufeff"])
def test_what_shows_nothing_says_nothing(words: str) -> None:
    with pytest.raises(BadValue):
        sentence(words, most=20)
    assert sentence("", most=20) == ""


@pytest.mark.parametrize(
    "mark", ["\0", "\x07", "\x1b", "\x7f", "\x9f", "\u202e", "\u2066", "\ufffd", "\uffff", "\ud800"]
)
def test_what_nobody_types_is_refused(mark: str) -> None:
    with pytest.raises(BadValue):
        paragraph(f"一{mark}二", most=20, field="text")
    with pytest.raises(BadValue):
        sentence(f"一{mark}二", most=20)
