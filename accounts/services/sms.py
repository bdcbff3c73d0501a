"""How a code leaves the house: one small backend per setting SMS_BACKEND."""

import fcntl
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Send = Callable[[str, str, str, datetime], None]


def _console(phone: str, text: str, code: str, at: datetime) -> None:
    """For development: to the terminal, never to the log."""
    sys.stdout.write(f"SMS → {phone}: {text}\n")
    sys.stdout.flush()


def _file(phone: str, text: str, code: str, at: datetime) -> None:
    """One JSON line a message, whole even when many processes write at once."""
    path = Path(settings.SMS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"phone": phone, "text": text, "code": code, "at": at.isoformat()}, ensure_ascii=False)
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line + "\n")


BACKENDS: dict[str, Send] = {"console": _console, "file": _file}


def send_code(phone: str, code: str, *, at: datetime) -> None:
    try:
        backend = BACKENDS[settings.SMS_BACKEND]
    except KeyError:
        raise ImproperlyConfigured(f"SMS_BACKEND must be one of {', '.join(BACKENDS)}.") from None
    backend(phone, f"【江城蜂巢】验证码 {code}，5 分钟内有效。请勿告诉他人。", code, at)
