"""Words that people write beside what they do."""

from fengchao.core.errors import BadValue
from fengchao.core.words import is_readable

LONGEST = 200


def reason_in(text: str, what: str, *, field: str = "reason") -> str:
    """`text` in one line. Raises BadValue when it says nothing, too much, or holds control characters."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST or not is_readable(text):
        raise BadValue(f"请写明{what}（不超过 {LONGEST} 个字）。", field=field)
    return text
