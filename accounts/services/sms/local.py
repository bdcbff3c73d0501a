"""Where no provider is: the terminal, or a file that tests and demonstrations read."""

import fcntl
import json
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings


def _text(code: str) -> str:
    return f"【江城蜂巢】验证码 {code}，5 分钟内有效。请勿告诉他人。"


def console(phone: str, code: str, at: datetime) -> None:
    """For development: to the terminal, never to the log."""
    sys.stdout.write(f"SMS → {phone}: {_text(code)}\n")
    sys.stdout.flush()


def file(phone: str, code: str, at: datetime) -> None:
    """One JSON line a message, whole even when many processes write at once."""
    path = Path(settings.SMS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    message = {"phone": phone, "text": _text(code), "code": code, "at": at.isoformat()}
    with path.open("a", encoding="utf-8") as messages:
        fcntl.flock(messages, fcntl.LOCK_EX)
        messages.write(json.dumps(message, ensure_ascii=False) + "\n")
