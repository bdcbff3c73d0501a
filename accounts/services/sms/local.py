"""Where no provider is: the terminal, or a file that tests and demonstrations read."""

import fcntl
import json
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings


def console(phone: str, code: str, at: datetime) -> None:
    """For development: to the terminal, never to the log."""
    _print(phone, _text(code))


def console_notice(phone: str, text: str, at: datetime) -> None:
    _print(phone, _notice(text))


def file(phone: str, code: str, at: datetime) -> None:
    """One JSON line a message, whole even when many processes write at once."""
    _append({"phone": phone, "text": _text(code), "code": code, "at": at.isoformat()})


def file_notice(phone: str, text: str, at: datetime) -> None:
    _append({"phone": phone, "text": _notice(text), "at": at.isoformat()})


def _text(code: str) -> str:
    return f"【江城蜂巢】验证码 {code}，5 分钟内有效。请勿告诉他人。"


def _notice(text: str) -> str:
    return f"【江城蜂巢】{text}，登录后可以查看。"


def _print(phone: str, text: str) -> None:
    sys.stdout.write(f"SMS → {phone}: {text}\n")
    sys.stdout.flush()


def _append(message: dict[str, str]) -> None:
    path = Path(settings.SMS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as messages:
        fcntl.flock(messages, fcntl.LOCK_EX)
        messages.write(json.dumps(message, ensure_ascii=False) + "\n")
