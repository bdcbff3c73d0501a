"""One JSON object a line on standard error: with the request id, without personal data."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from gunicorn.glogging import Logger

from fengchao.core import requests

PHONE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
QUOTING = ("Invalid request from", "Error handling request")  # how gunicorn begins such lines
EXTRAS = ("method", "route", "status", "ms")


def scrub(text: str) -> str:
    """A safety net: nothing should log a number in the first place."""
    return PHONE.sub("[phone]", text)


class RequestFilter(logging.Filter):
    """Gives every record the id of its request, and takes from Django's and gunicorn's own lines what was sent: the
    address may hold a code, a request that nobody can read anything at all."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = requests.current_id()
        quotes = record.name == "gunicorn.error" and str(record.msg).startswith(QUOTING)
        if record.name == "django.request" or quotes:
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


class GunicornLogger(Logger):
    """gunicorn's own lines, which go round Django's settings, in the same form and as bare."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
            handler.addFilter(RequestFilter())
