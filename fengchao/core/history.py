"""A line of a case's history, as pages and API show it. Each app makes its own sentences."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Line:
    """When, what happened, what was said, and the state after it with its name and colour. Names no person."""

    at: datetime
    sentence: str
    text: str
    state: str
    label: str
    tone: str
