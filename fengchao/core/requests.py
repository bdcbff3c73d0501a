"""The id of the request being answered: in every answer, every log line and every audit row."""

import re
import uuid
from contextvars import ContextVar

_HONOURED = re.compile(r"[A-Za-z0-9-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_id() -> str:
    """Empty outside a request (commands, jobs)."""
    return _current.get()


def begin(incoming: str | None) -> str:
    """Take the caller's id when it is harmless in a log, or make one. It stays until `end`."""
    request_id = incoming if incoming and _HONOURED.fullmatch(incoming) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def end() -> None:
    _current.set("")
