"""One JSON object a line on standard error: with the request id, without personal data."""

import json
import logging
import re
from datetime import UTC, datetime

from fengchao.core import requests

PHONE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
EXTRAS = ("method", "route", "status", "ms")


def scrub(text: str) -> str:
    """A safety net: nothing should log a number in the first place."""
    return PHONE.sub("[phone]", text)


class RequestFilter(logging.Filter):
    """Gives every record the id of its request, and takes from Django's own lines the path, which may hold a code."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = requests.current_id()
        if record.name == "django.request":
            record.msg, record.args = "request failed", ()
        return True


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", ""),
        }
        for name in EXTRAS:
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return scrub(json.dumps(line, ensure_ascii=False, default=str))
